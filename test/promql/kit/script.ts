import {parseDuration} from '../../../src/promql/duration.ts';
import {type NotedSeries, parseSeries} from './notation.ts';

export type Expectation = {
	readonly type: 'fail' | 'warn' | 'info' | 'no_warn' | 'no_info' | 'ordered' | 'string' | 'range';
	readonly match?: 'msg' | 'regex';
	readonly text: string;
};

export type Case = {
	readonly line: number;
	readonly query: string;
	readonly at: {readonly timeMs: number} | {readonly startMs: number; readonly endMs: number; readonly stepMs: number};
	readonly expectations: readonly Expectation[];
	/** A bare number is the result of a scalar query. */
	readonly results: readonly (NotedSeries | number)[];
};

export type Command =
	| {readonly type: 'clear'}
	| {
			readonly type: 'load';
			readonly stepMs: number;
			readonly series: readonly NotedSeries[];
			readonly withNhcb: boolean;
			readonly unread: readonly string[];
	  }
	| {readonly type: 'eval'; readonly case: Case}
	/** A block that could not be read: it counts as a case that fails. */
	| {readonly type: 'unreadable'; readonly line: number; readonly text: string; readonly reason: string};

/** Reads a script of Prometheus' promqltest language. */
export function parseScript(text: string): Command[] {
	const commands: Command[] = [];
	const lines = text.split('\n').map((line, i) => ({text: line.trim(), number: i + 1}));
	let at = 0;
	const block = (): {text: string; number: number}[] => {
		const body = [];
		for (at++; at < lines.length && lines[at]?.text !== ''; at++) {
			const line = lines[at] as {text: string; number: number};
			if (/^(?:eval|load|clear)\b/.test(line.text)) break;
			if (!line.text.startsWith('#')) body.push(line);
		}
		return body;
	};
	while (at < lines.length) {
		const line = lines[at] as {text: string; number: number};
		if (line.text === '' || line.text.startsWith('#')) at++;
		else if (line.text === 'clear') {
			commands.push({type: 'clear'});
			at++;
		} else commands.push(readBlock(line, block()));
	}
	return commands;
}

function readBlock(line: {text: string; number: number}, body: {text: string; number: number}[]): Command {
	try {
		if (line.text.startsWith('load')) return parseLoad(line.text, body);
		if (line.text.startsWith('eval')) return {type: 'eval', case: parseCase(line, body)};
		throw new Error('unknown command');
	} catch (error) {
		return {type: 'unreadable', line: line.number, text: line.text, reason: (error as Error).message};
	}
}

/** Times and steps: a duration, or seconds. */
export function parseTime(text: string): number {
	const sign = text.startsWith('-') ? -1 : 1;
	const plain = text.replace(/^-/, '');
	return sign * (parseDuration(plain) ?? Number(plain) * 1000);
}

function parseLoad(head: string, body: {text: string; number: number}[]): Command {
	const [, nhcb, step = ''] = /^load(_with_nhcb)?\s+(\S+)/.exec(head) ?? [];
	const unread: string[] = [];
	const series = body.flatMap(({text}) => {
		try {
			return [parseSeries(text)];
		} catch {
			unread.push(text);
			return [];
		}
	});
	return {type: 'load', stepMs: parseTime(step), withNhcb: nhcb !== undefined, series, unread};
}

const head =
	/^eval(?:_(fail|warn|ordered|info))?\s+(?:instant(?:\s+at\s+(\S+))?|range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+?))\s+(.+)$/;

function parseCase(line: {text: string; number: number}, body: {text: string; number: number}[]): Case {
	const [, kind, instant, from, to, step, query] = head.exec(line.text) ?? [];
	if (query === undefined) throw new Error(`line ${line.number}: not an eval: ${line.text}`);
	const expectations: Expectation[] = kind ? [{type: kind as Expectation['type'], text: ''}] : [];
	const results: (NotedSeries | number)[] = [];
	for (const {text} of body) {
		const expectation = parseExpectation(text);
		if (expectation) expectations.push(expectation);
		else results.push(parseResult(text));
	}
	const at =
		from === undefined
			? {timeMs: parseTime(instant ?? '0')}
			: {startMs: parseTime(from), endMs: parseTime(to ?? ''), stepMs: parseTime(step ?? '')};
	return {line: line.number, query, at, expectations, results};
}

function parseExpectation(text: string): Expectation | undefined {
	const old = /^expected_fail_(message|regexp)\s+(.*)$/.exec(text);
	if (old) return {type: 'fail', match: old[1] === 'message' ? 'msg' : 'regex', text: old[2] ?? ''};
	const rangeVector = /^expect range vector (.*)$/.exec(text);
	if (rangeVector) return {type: 'range', text: rangeVector[1] ?? ''};
	const string = /^expect string (.*)$/.exec(text);
	if (string) return {type: 'string', text: string[1] ?? ''};
	const plain = /^expect\s+(fail|warn|info|no_warn|no_info|ordered)(?:\s+(msg|regex):\s*(.*))?$/.exec(text);
	if (!plain) return undefined;
	const [, type, match, message = ''] = plain;
	return {type: type as Expectation['type'], text: message, ...(match ? {match: match as 'msg' | 'regex'} : {})};
}

function parseResult(text: string): NotedSeries | number {
	const scalar = /^[+-]?(?:[\d.]+(?:[eE][+-]?\d+)?|[iI]nf|[nN]a[nN])$/.test(text);
	return scalar
		? Number(text.toLowerCase().replace(/^\+/, '').replace('inf', 'Infinity').replace('nan', 'NaN'))
		: parseSeries(text);
}
