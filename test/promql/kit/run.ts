import type {Labels} from '../../../src/promql/labels.ts';
import {describeParseError, parseQuery} from '../../../src/promql/parse.ts';
import {type Answer, defaultSettings, evaluateInstant, evaluateRange, type Settings} from '../../../src/promql/query.ts';
import {unquote} from '../../../src/promql/quote.ts';
import {SampleStore} from '../../../src/promql/store.ts';
import type {Entry, NotedSeries} from './notation.ts';
import type {Case, Expectation} from './script.ts';
import {type Command, parseTime} from './script.ts';

/** The scripts of Prometheus run with names removed at the end. */
export const scriptSettings: Settings = {...defaultSettings, delayedNameRemoval: true};

export type Outcome = {readonly line: number; readonly query: string; readonly failure: string | undefined};

/** Runs the commands of a script one after the other; one outcome for each case. Native histograms are left out of loads. */
export function runScript(commands: readonly Command[], settings: Settings = scriptSettings): Outcome[] {
	let store = new SampleStore('everything');
	const outcomes: Outcome[] = [];
	for (const command of commands) {
		if (command.type === 'clear') store = new SampleStore('everything');
		else if (command.type === 'load') load(store, command.series, command.stepMs);
		else if (command.type === 'unreadable') {
			outcomes.push({line: command.line, query: command.text, failure: `not read: ${command.reason}`});
		} else outcomes.push({line: command.case.line, query: command.case.query, failure: failureOf(command.case, store, settings)});
	}
	return outcomes;
}

function load(store: SampleStore, series: readonly NotedSeries[], stepMs: number): void {
	// Of two lines with the same labels the last one counts.
	for (const {labels, entries} of new Map(series.map(one => [one.labels.key, one])).values()) {
		const stored = store.series(labels);
		if (!stored.ok || !stored.value) throw new Error(`the store refused ${labels}`);
		for (const [i, entry] of entries.entries()) {
			if (typeof entry === 'number') stored.value.append(i * stepMs, entry);
			else if (entry === 'stale') stored.value.appendStale(i * stepMs);
		}
	}
}

type Outcomes = {readonly ok: true; readonly value: Answer} | {readonly ok: false; readonly message: string};

function ask(one: Case, store: SampleStore, settings: Settings): Outcomes {
	const range = 'timeMs' in one.at ? {stepMs: 0, rangeMs: 0} : {stepMs: one.at.stepMs, rangeMs: one.at.endMs - one.at.startMs};
	const parsed = parseQuery(one.query, range);
	if (!parsed.ok) return {ok: false, message: describeParseError(parsed.error)};
	const query = {text: one.query, expr: parsed.value};
	const answer =
		'timeMs' in one.at ? evaluateInstant(query, store, one.at.timeMs, settings) : evaluateRange(query, store, one.at, settings);
	return answer.ok ? answer : {ok: false, message: answer.error.message};
}

/** A case must not take those after it along, whatever happens in it. */
function failureOf(one: Case, store: SampleStore, settings: Settings): string | undefined {
	try {
		return compare(one, store, settings);
	} catch (error) {
		return `threw: ${(error as Error).stack}`;
	}
}

function compare(one: Case, store: SampleStore, settings: Settings): string | undefined {
	const outcome = ask(one, store, settings);
	const failing = one.expectations.filter(({type}) => type === 'fail');
	if (!outcome.ok) {
		if (failing.length === 0) return `failed: ${outcome.message}`;
		const unmet = failing.find(expectation => !meets(outcome.message, expectation));
		return unmet && `failed with "${outcome.message}", expected "${unmet.text}"`;
	}
	if (failing.length > 0) return 'was expected to fail';
	return failureOfAnnotations(one, outcome.value) ?? failureOfValue(one, outcome.value) ?? failureAsRange(one, store, settings);
}

const meets = (message: string, {match, text}: Expectation): boolean => {
	if (match === 'msg') return message === text || message.replace(/ \(\d+:\d+\)$/, '') === text;
	return match === undefined || new RegExp(text).test(message);
};

function failureOfAnnotations(one: Case, answer: Answer): string | undefined {
	for (const [type, got] of [['warn', answer.warnings] as const, ['info', answer.infos] as const]) {
		const wanted = one.expectations.filter(expectation => expectation.type === type);
		if (one.expectations.some(expectation => expectation.type === `no_${type}`) && got.length > 0)
			return `no ${type}, got ${got}`;
		const unmet = wanted.find(expectation => !got.some(message => meets(message, expectation)));
		if (unmet) return `expected ${type} "${unmet.text}", got ${JSON.stringify(got)}`;
		const stray = wanted.length > 0 && got.find(message => !wanted.some(expectation => meets(message, expectation)));
		if (stray) return `unexpected ${type} "${stray}"`;
	}
	return undefined;
}

/** Equal within 1e-6 of their size, as promqltest has it. */
export function almostEqual(a: number, b: number): boolean {
	if (Number.isNaN(a) && Number.isNaN(b)) return true;
	if (a === b) return true;
	const difference = Math.abs(a - b);
	const sum = Math.abs(a) + Math.abs(b);
	if (a === 0 || b === 0 || sum < 2 ** -1022) return difference < 1e-6 * 2 ** -1022;
	return difference / Math.min(sum, Number.MAX_VALUE) < 1e-6;
}

type Line = {readonly labels: Labels; readonly points: readonly {timeMs: number; value: number}[]};

function linesOf(one: Case, answer: Answer): readonly Line[] {
	const {value} = answer;
	if (value.type === 'matrix') return value.series;
	if (value.type !== 'vector') throw new Error(`${one.line}: a ${value.type}, not series`);
	return value.samples.map(({labels, value: number}) => ({labels, points: [{timeMs: value.timeMs, value: number}]}));
}

function expectedPoints(entries: readonly Entry[], startMs: number, stepMs: number): Line['points'] {
	return entries.flatMap((entry, i) => (typeof entry === 'number' ? [{timeMs: startMs + i * stepMs, value: entry}] : []));
}

function failureOfValue(one: Case, answer: Answer): string | undefined {
	const string = one.expectations.find(({type}) => type === 'string');
	if (string || answer.value.type === 'string') {
		const got = answer.value.type === 'string' ? answer.value.value : undefined;
		return got !== undefined && got === unquote(string?.text ?? '') ? undefined : `expected string ${string?.text}, got ${got}`;
	}
	const scalar = one.results.find(result => typeof result === 'number');
	if (answer.value.type === 'scalar') {
		const isEqual = scalar !== undefined && almostEqual(scalar, answer.value.value);
		return isEqual ? undefined : `expected ${scalar}, got ${answer.value.value}`;
	}
	const expected = expectedLines(one);
	const lines = linesOf(one, answer);
	const isOrdered = one.expectations.some(({type}) => type === 'ordered');
	return isOrdered ? differenceInOrder(expected, lines) : difference(expected, lines);
}

function expectedLines(one: Case): readonly Line[] {
	const range = one.expectations.find(({type}) => type === 'range');
	const [, from = '0', , step = '0'] = /from (\S+) to (\S+) step (\S+)/.exec(range?.text ?? '') ?? [];
	const start = range ? parseTime(from) : 'timeMs' in one.at ? one.at.timeMs : one.at.startMs;
	const stepMs = range ? parseTime(step) : 'timeMs' in one.at ? 0 : one.at.stepMs;
	return one.results
		.filter(result => typeof result !== 'number')
		.map(({labels, entries}) => ({labels, points: expectedPoints(entries, start, stepMs)}))
		.filter(({points}) => points.length > 0 || 'timeMs' in one.at);
}

const show = ({labels, points}: Line): string =>
	`${labels} ${points.map(({timeMs, value}) => `${value}@${timeMs / 1000}`).join(' ')}`;

function differenceInOrder(expected: readonly Line[], got: readonly Line[]): string | undefined {
	if (expected.length !== got.length) return `expected ${expected.length} series in order, got ${got.length}`;
	for (const [i, want] of expected.entries()) {
		const line = got[i] as Line;
		if (want.labels.key !== line.labels.key || difference([want], [line]))
			return `at ${i} expected ${show(want)}, got ${show(line)}`;
	}
	return undefined;
}

function difference(expected: readonly Line[], got: readonly Line[]): string | undefined {
	const left = new Map(got.map(line => [line.labels.key, line]));
	if (left.size !== got.length) return `a set of labels stands twice: ${got.map(show).join('; ')}`;
	for (const want of expected) {
		const line = left.get(want.labels.key);
		left.delete(want.labels.key);
		if (!line) return `missing ${show(want)}; got ${got.map(show).join('; ') || 'nothing'}`;
		const isSame =
			line.points.length === want.points.length &&
			line.points.every(({timeMs, value}, i) => timeMs === want.points[i]?.timeMs && almostEqual(value, want.points[i].value));
		if (!isSame) return `expected ${show(want)}, got ${show(line)}`;
	}
	return left.size === 0 ? undefined : `unexpected ${[...left.values()].map(show).join('; ')}`;
}

/** An instant query must give the same as the middle step of a range query (promqltest checks this too). */
function failureAsRange(one: Case, store: SampleStore, settings: Settings): string | undefined {
	if (!('timeMs' in one.at) || one.expectations.some(({type}) => ['ordered', 'string', 'range'].includes(type))) return undefined;
	const {timeMs} = one.at;
	const minute = 60_000;
	const parsed = parseQuery(one.query, {stepMs: minute, rangeMs: 2 * minute});
	if (!parsed.ok || dependsOnQuery.test(one.query)) return undefined;
	const times = {startMs: timeMs - minute, endMs: timeMs + minute, stepMs: minute};
	const answer = evaluateRange({text: one.query, expr: parsed.value}, store, times, settings);
	if (!answer.ok)
		return answer.error.message.includes('expression type') ? undefined : `as a range query: ${answer.error.message}`;
	if (answer.value.value.type !== 'matrix') return undefined;
	const middle = answer.value.value.series
		.map(({labels, points}) => ({labels, points: points.filter(point => point.timeMs === timeMs)}))
		.filter(({points}) => points.length > 0);
	const [scalar] = one.results;
	const expected =
		typeof scalar === 'number' ? middle.map(({labels}) => ({labels, points: [{timeMs, value: scalar}]})) : expectedLines(one);
	const failure = difference(expected, middle);
	return failure && `as a range query: ${failure}`;
}

/** `start()`, `end()` and their like are something else in a range query. */
const dependsOnQuery = /\b(?:start|end|step|range)\s*\(/;
