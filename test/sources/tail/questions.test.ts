import {expect, test} from 'vitest';
import {redact} from '../../../src/base/redact.ts';
import {createErrorCollector} from '../../../src/core/error-groups.ts';
import type {LogQuestion, TailOptions} from '../../../src/core/tail-options.ts';
import {createLogJudge} from '../../../src/sources/tail/log-judge.ts';
import {openQuestion} from '../../../src/sources/tail/questions.ts';
import {createSpending} from '../../../src/sources/tail/spending.ts';

const log: TailOptions = {
	...{name: 'app', paths: [], side: 'candidate', levels: ['error', 'fatal']},
	format: {kind: 'json', fields: {level: ['level'], code: ['code'], message: ['msg'], time: []}},
};
const question: LogQuestion = {guardrailId: 'g', logs: [], measure: 'count', windowMs: 10_000};

function open(over: Partial<LogQuestion>, options: Partial<TailOptions> = {}, linesPerSecond = 1_000) {
	const asked = openQuestion({...question, ...over});
	const counts = {lines: 0, matched: 0, dropped: 0};
	const collector = createErrorCollector();
	const spending = createSpending({linesPerSecond, urgentLinesPerSecond: 1_000, cpuMsPerSecond: 1e9});
	const judge = createLogJudge({...log, ...options}, {questions: [asked], collector, counts, spending});
	asked.setReadable(true);
	const see = (...lines: string[]) => lines.map(line => judge.judge(line, 1_000, true).hit);
	return {asked, counts, collector, judge, see, value: (nowMs = 1_000) => asked.changed(nowMs, redact)?.value};
}

const error = (msg: string, code = 'X', level = 'error'): string => JSON.stringify({level, msg, code});

test('without a match it counts what the levels of the log let through', () => {
	const {see, value} = open({});
	expect(see(error('a'), error('b', 'X', 'info'), error('c', 'X', 'fatal'))).toEqual([true, false, true]);
	expect(value()).toBe(2);
});

test('a match is looked for in the raw line, a code and a level are compared exactly', () => {
	expect(open({match: 'row-level security'}).see(error('violates row-level security'), error('other'))).toEqual([true, false]);
	expect(open({code: 'P1'}).see(error('P1 in the text', 'P12'), error('x', 'P1'))).toEqual([false, true]);
	expect(open({level: 'warning'}).see(error('a'), error('b', 'X', 'warn'))).toEqual([false, true]);
});

test('a rate is per second over the whole window', () => {
	const {see, value} = open({measure: 'rate'});
	see(error('a'), error('b'), error('c'));
	expect(value()).toBeCloseTo(0.3);
});

test('the first answer is zero, the same answer is not given twice, and the window runs dry', () => {
	const {see, value} = open({});
	expect(value()).toBe(0);
	expect(value()).toBeUndefined();
	see(error('a'));
	expect(value()).toBe(1);
	expect(value(5_000)).toBeUndefined();
	expect(value(12_000)).toBe(0);
});

test('an unreadable log is no zero, but lines that were counted stay counted', () => {
	const {asked, see, value} = open({});
	asked.setReadable(false);
	expect(value()).toBeNull();
	see(error('a'));
	expect(value()).toBe(1);
});

test('another log is not asked', () => {
	expect(open({logs: ['other']}).see(error('a'))).toEqual([false]);
});

test('its lines are looked at even when there is no time for the rest', () => {
	const {see, counts, value} = open({match: 'boom'}, {}, 1);
	const lines = Array.from({length: 20}, (_, index) => error(index % 2 === 0 ? 'boom' : 'noise'));
	see(...lines);
	expect(value()).toBe(10);
	expect(counts).toEqual({lines: 20, matched: 11, dropped: 9});
});

test('the sample has lost its secrets', () => {
	const {asked, see} = open({});
	see(error('login with password=hunter2'));
	expect(asked.changed(1_000, redact)?.sample).not.toContain('hunter2');
});

test('lines older than the tail are grouped, but not counted', () => {
	const {judge, counts, value} = open({});
	judge.judge(error('old'), 1_000, false);
	expect(counts.matched).toBe(1);
	expect(value()).toBe(0);
});

test('include and exclude are asked before anything is parsed', () => {
	const {see, counts} = open({}, {include: 'checkout', exclude: 'healthz'});
	see(error('checkout broke'), error('checkout healthz broke'), error('other'));
	expect(counts).toEqual({lines: 3, matched: 1, dropped: 0});
});

test('in a plain log an indented line belongs to the one before it', () => {
	const {see, counts, collector} = open({}, {format: {kind: 'plain'}, levels: ['error']});
	see('Error: boom', '    at f (a.js:1)', '\tat g', '', '[info] fine', '\uFEFF[error] bad 7');
	expect(counts).toEqual({lines: 6, matched: 2, dropped: 0});
	expect(collector.take(String).map(({signature, level}) => [signature, level])).toEqual([
		['Error: boom', 'error'],
		['[error] bad #', 'error'],
	]);
});
