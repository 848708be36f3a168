import {expect, test} from 'vitest';
import {followJsonPath, parseJsonPath} from '../../src/routers/json-path.ts';

const document = {
	services: [{traffic: {candidate: 5}}, {traffic: {candidate: '25'}}],
	'a b': {'x.y': 1},
	matrix: [[1, 2], [3]],
	empty: {},
	nothing: null,
};

const at = (path: string): unknown => {
	const steps = parseJsonPath(path);
	if (!steps.ok) throw new Error(steps.error);
	const found = followJsonPath(document, steps.value);
	return found.ok ? found.value : new Error(found.error);
};

test.each([
	['services[0].traffic.candidate', 5],
	['$.services[1].traffic.candidate', '25'],
	['$["a b"]["x.y"]', 1],
	["['a b']['x.y']", 1],
	['matrix[1][0]', 3],
	['$.nothing', null],
])('%s leads somewhere', (path, value) => {
	expect(at(path)).toEqual(value);
});

test.each([
	['services[2].traffic', '$.services has no [2] (it is a list of 2)'],
	['services[0].canary', '$.services[0] has no "canary" (it has traffic)'],
	['nothing.weight', '$.nothing has no "weight" (it is null)'],
	['empty.weight', '$.empty has no "weight" (it is empty)'],
	['matrix[0][0].x', '$.matrix[0][0] has no "x" (it is a number)'],
	['toString', '$ has no "toString" (it has services, a b, matrix, empty, nothing)'],
	['__proto__', '$ has no "__proto__"'],
])('%s ends at what is missing, and says what is there', (path, message) => {
	expect(String(at(path))).toContain(message);
});

test.each(['', '$', '.a', '$a', 'a..b', 'a.', 'a[', 'a[x]', 'a[*]', '$..a', 'a[?(@.b)]', 'a b', '["x]'])(
	'%j is no path',
	path => {
		expect(parseJsonPath(path)).toMatchObject({ok: false, error: expect.stringContaining('is no JSON path')});
	},
);

test('what is no path is told from where on', () => {
	expect(parseJsonPath('services[*].weight')).toEqual({
		ok: false,
		error: '"services[*].weight" is no JSON path: it makes no sense from "[*].weight" on',
	});
});
