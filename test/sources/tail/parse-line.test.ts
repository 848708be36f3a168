import fc from 'fast-check';
import {RE2JS} from 're2js';
import {describe, expect, test} from 'vitest';
import type {TailFields} from '../../../src/core/tail-options.ts';
import {canonicalLevel, levelInProse} from '../../../src/sources/tail/levels.ts';
import {parseLogfmt} from '../../../src/sources/tail/logfmt.ts';
import {compileParser, parseLineTime} from '../../../src/sources/tail/parse-line.ts';

const fields: TailFields = {
	level: ['level', 'severity'],
	code: ['code', 'err.code'],
	message: ['msg', 'err.message'],
	time: ['time'],
};
const json = compileParser({kind: 'json', fields});
const logfmt = compileParser({kind: 'logfmt', fields});
const plain = compileParser({kind: 'plain'});

describe('JSON lines', () => {
	test.each([
		['{"level":"ERROR","msg":"boom","code":"X7","time":"2026-01-02T03:04:05Z"}', 'error', 'X7', 'boom'],
		['{"level":50,"msg":"pino"}', 'error', '', 'pino'],
		['{"severity":"WARNING","err":{"message":"inner","code":23505}}', 'warn', '23505', 'inner'],
		['{"level":"error","err.code":"flat","err":{"code":"nested"},"msg":"m"}', 'error', 'flat', 'm'],
		['{"level":"error","msg":{"text":"object"}}', 'error', '', '{"text":"object"}'],
		['{"level":"error"}', 'error', '', '{"level":"error"}'],
		['{"msg":"no level"}', '', '', 'no level'],
		['{"__proto__":{"level":"error"},"msg":"m"}', '', '', 'm'],
		['TypeError: x is not a function', 'error', '', 'TypeError: x is not a function'],
		['panic: runtime error', 'fatal', '', 'panic: runtime error'],
		['just words', '', '', 'just words'],
		['null', '', '', 'null'],
		['[1,2]', '', '', '[1,2]'],
	])('%s', (line, level, code, message) => {
		const parsed = json(line);
		expect([parsed.level, parsed.code, parsed.message]).toEqual([level, code, message]);
	});
});

describe('logfmt', () => {
	test('pairs, quotes, escapes, bare keys', () => {
		expect([
			...parseLogfmt('level=error msg="it \\"broke\\"\\n" empty= flag code=X7 code=Y url=a=b ="x" q"r" tail="open'),
		]).toEqual([
			['level', 'error'],
			['msg', 'it "broke"\n'],
			['empty', ''],
			['flag', 'true'],
			['code', 'X7'],
			['url', 'a=b'],
			['tail', 'open'],
		]);
	});

	test('prose is no logfmt', () => {
		expect(parseLogfmt('something broke here').size).toBe(0);
		expect(logfmt('ERROR something broke').level).toBe('error');
	});

	test('a line to its parts', () => {
		expect(logfmt('time=2026 level=warning code=E1 msg="slow query" err.message=x')).toEqual({
			...{level: 'warn', code: 'E1', message: 'slow query', time: '2026'},
		});
	});
});

describe('plain lines', () => {
	test.each([
		['2026/11/21 01:00:00 [error] 12#0: timed out', 'error'],
		['2026-11-21 01:00:00.1 ERROR main broke', 'error'],
		['<warn> low', 'warn'],
		['error: no such file', 'error'],
		['ts lvl=crit x', 'fatal'],
		['no error in this sentence', ''],
		['INFO handler said [error]', 'info'],
		['information about errors', ''],
		['', ''],
	])('%j plainly says %j', (line, level) => expect(levelInProse(line)).toBe(level));

	test('with a pattern its groups say what is what', () => {
		const pattern = RE2JS.compile('^(?P<time>\\S+) (?P<level>[A-Z]+) \\[(?P<code>[^\\]]+)\\] (?P<message>.*)$');
		const parse = compileParser({kind: 'plain', pattern});
		expect(parse('12:00 WARN [E1] it broke')).toEqual({level: 'warn', code: 'E1', message: 'it broke', time: '12:00'});
		expect(parse('of another kind')).toEqual({level: '', code: '', message: 'of another kind', time: ''});
	});

	test('without one the line is the message', () => {
		expect(plain('it broke')).toEqual({level: '', code: '', message: 'it broke', time: ''});
	});
});

test('levels have one name each', () => {
	expect(['WARNING', ' Err ', 'critical', '60', 'CONSTRUCTOR', 'verbose'].map(canonicalLevel)).toEqual([
		...['warn', 'error', 'fatal', 'fatal', 'constructor', 'verbose'],
	]);
});

test('times of lines', () => {
	const ms = Date.UTC(2026, 0, 2, 3, 4, 5);
	expect(['2026-01-02T03:04:05Z', '2026-01-02 03:04:05Z', `${ms}`, `${ms / 1_000}`, `${ms}000000`].map(parseLineTime)).toEqual([
		...[ms, ms, ms, ms, ms],
	]);
	expect(['', 'yesterday', '42'].map(parseLineTime)).toEqual([undefined, undefined, undefined]);
});

test('no line makes a parser throw', () => {
	fc.assert(
		fc.property(fc.oneof(fc.string({unit: 'binary'}), fc.json(), fc.string()), line => {
			for (const parse of [json, logfmt, plain]) expect(typeof parse(line).message).toBe('string');
		}),
	);
});
