import fc from 'fast-check';
import {expect, test} from 'vitest';
import {readingErrors} from '../../src/core/reading.ts';
import {decodeAnswer, parseFloatText} from '../../src/sources/prometheus-answer.ts';
import {faultOfError} from '../../src/sources/prometheus-fault.ts';

const decode = (body: unknown, status = 200) => decodeAnswer({status, text: JSON.stringify(body)});

test('whatever the server sends, decoding ends with an answer or a fault of a known kind', () => {
	const check = (status: number, text: string): void => {
		const answer = decodeAnswer({status, text});
		if (answer.ok) expect(answer.value.samples.every(({value}) => typeof value === 'number')).toBe(true);
		else expect(readingErrors).toContain(answer.error.kind);
	};
	fc.assert(fc.property(fc.integer({min: 100, max: 599}), fc.string(), check));
	fc.assert(fc.property(fc.constantFrom(200, 400, 422, 500), fc.json(), check));
});

test('a point that is not a time and a number in a text never passes as a value', () => {
	const odd = fc
		.jsonValue()
		.filter(point => !(Array.isArray(point) && typeof point[0] === 'number' && typeof point[1] === 'string'));
	fc.assert(
		fc.property(odd, fc.constantFrom('vector', 'scalar'), (point, resultType) => {
			const result = resultType === 'scalar' ? point : [{metric: {}, value: point}];
			expect(decode({status: 'success', data: {resultType, result}})).toMatchObject({ok: false, error: {kind: 'malformed'}});
		}),
	);
});

test.each([
	['1', 1],
	['-0.5', -0.5],
	['1e+06', 1_000_000],
	['1.5E-3', 0.0015],
	['NaN', Number.NaN],
	['+Inf', Number.POSITIVE_INFINITY],
	['Inf', Number.POSITIVE_INFINITY],
	['-Inf', Number.NEGATIVE_INFINITY],
	['', undefined],
	[' 1', undefined],
	['0x10', undefined],
	['1_000', undefined],
	['twelve', undefined],
	['constructor', undefined],
	['Infinity', undefined],
])('the text %j is the number %s', (text, value) => {
	expect(parseFloatText(text)).toBe(value);
});

test('a label called __proto__ is a label', () => {
	const text = '{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__proto__":"x"},"value":[1,"2"]}]}}';
	const answer = decodeAnswer({status: 200, text});
	expect(answer.ok && Object.entries(answer.value.samples[0]?.labels ?? {})).toEqual([['__proto__', 'x']]);
});

test('the time of evaluation is read to the millisecond', () => {
	const answer = decode({status: 'success', data: {resultType: 'vector', result: [{metric: {}, value: [1795223962.098, '1']}]}});
	expect(answer).toMatchObject({ok: true, value: {evaluatedAtMs: 1_795_223_962_098}});
});

test.each([
	[{code: 'ECONNREFUSED', message: 'connect ECONNREFUSED'}, 'refused'],
	[{errors: [{code: 'ECONNREFUSED', message: 'x'}], message: 'both addresses'}, 'refused'],
	[{cause: {code: 'ENOTFOUND', message: 'x'}, message: 'fetch failed'}, 'refused'],
	[{code: 'UND_ERR_SOCKET', message: 'other side closed'}, 'reset'],
	[{code: 'ECONNRESET', message: 'Client network socket disconnected before secure TLS connection was established'}, 'tls'],
	[{code: 'UND_ERR_CONNECT_TIMEOUT', message: 'Connect Timeout Error'}, 'timeout'],
	[{code: 'CERT_HAS_EXPIRED', message: 'certificate has expired'}, 'tls'],
	[{code: 'ERR_SSL_WRONG_VERSION_NUMBER', message: 'wrong version number'}, 'tls'],
	[{code: 'HPE_INVALID_CONSTANT', message: 'Expected HTTP/'}, 'malformed'],
	[{message: 'no code at all'}, 'internal'],
	['just a text', 'internal'],
	[undefined, 'internal'],
])('the error %j is of kind %s', (error, kind) => {
	expect(faultOfError(error).kind).toBe(kind);
});
