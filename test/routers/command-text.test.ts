import fc from 'fast-check';
import {expect, test} from 'vitest';
import {compileParse, fillArgv, toolWeights} from '../../src/routers/command-text.ts';

test.each([
	[5, 100, 0, {candidate: '5', baseline: '95'}],
	[12.5, 100, 1, {candidate: '12.5', baseline: '87.5'}],
	[5, 1, 2, {candidate: '0.05', baseline: '0.95'}],
	[7.3, 1000, 0, {candidate: '73', baseline: '927'}],
	[0, 100, 2, {candidate: '0.00', baseline: '100.00'}],
	[100, 1, 1, {candidate: '1.0', baseline: '0.0'}],
])('%s percent on a scale of %s with %s decimals', (percent, scale, decimals, weights) => {
	expect(toolWeights(percent, {scale, decimals})).toEqual(weights);
});

test.each([
	[0.4, 100, 0],
	[99.7, 100, 0],
	[12.5, 10, 0],
	[1, 1, 1],
])('%s percent can not be said on a scale of %s with %s decimals', (percent, scale, decimals) => {
	expect(toolWeights(percent, {scale, decimals})).toBeNull();
});

test('the two weights always add up to the scale', () => {
	fc.assert(
		fc.property(fc.double({min: 0, max: 100, noNaN: true}), fc.integer({min: 0, max: 4}), (percent, decimals) => {
			const weights = toolWeights(percent, {scale: 100, decimals});
			if (weights) expect(Number(weights.candidate) + Number(weights.baseline)).toBeCloseTo(100, 6);
		}),
	);
});

test('placeholders are filled wherever they stand, and nothing else is', () => {
	const argv = ['tool', '{candidate}', 'a={candidate},b={baseline}', '{Candidate}', '{}', '$candidate'];
	expect(fillArgv(argv, {candidate: '5', baseline: '95'})).toEqual(['tool', '5', 'a=5,b=95', '{Candidate}', '{}', '$candidate']);
});

const read = (parse: Parameters<typeof compileParse>[0], stdout: string) => {
	const compiled = compileParse(parse);
	if (!compiled.ok) throw new Error(compiled.error);
	return compiled.value(stdout);
};

test.each([
	['the whole match', String.raw`\d+`, 'weight 5 of 100', 5],
	['the first group', String.raw`canary=(\d+),stable=(\d+)`, 'canary=5,stable=95', 5],
	['the group named weight', String.raw`(\w+) (?P<weight>[\d.]+)%`, 'canary 12.5%', 12.5],
	['any line', String.raw`^canary:\s*(\d+)$`, 'stable: 95\ncanary: 5\n', 5],
])('a regex gives %s', (_, regex, stdout, value) => {
	expect(read({regex}, stdout)).toEqual({ok: true, value});
});

test('a group that caught no number is named', () => {
	expect(read({regex: String.raw`^\d+(\.\d+)?$`}, '25')).toEqual({
		ok: false,
		error: 'what is in the first group is no number: ""',
	});
});

test.each([
	['"25 %"', 25],
	['5e-1', 0.5],
])('JSON text %s is a number', (json, value) => {
	expect(read({jsonPath: '$.w'}, `{"w": ${json}}`)).toEqual({ok: true, value});
});

test.each(['true', 'null', '[5]', '"0x10"', '""', '{"a": 1}'])('JSON %s is no number', json => {
	expect(read({jsonPath: '$.w'}, `{"w": ${json}}`)).toMatchObject({ok: false, error: expect.stringContaining('is no number')});
});

test('a pattern that RE2 does not know is refused with its reason', () => {
	expect(compileParse({regex: '(?=a)'})).toMatchObject({
		ok: false,
		error: expect.stringContaining('is no regular expression of RE2'),
	});
});

test('a pattern that would hang other engines does not hang this one', () => {
	const startedMs = performance.now();
	expect(read({regex: '^(a+)+$'}, `${'a'.repeat(5_000)}b`)).toMatchObject({ok: false});
	expect(performance.now() - startedMs).toBeLessThan(1_000);
});
