import {type Labels, labelsOf} from '../../../src/promql/labels.ts';
import {parseQuery} from '../../../src/promql/parse.ts';

/** One entry of a series: a number, a gap, a stale marker, or a native histogram (kept as text, for it is not supported). */
export type Entry = number | 'gap' | 'stale' | {readonly histogram: string};

export type NotedSeries = {readonly labels: Labels; readonly entries: readonly Entry[]};

/** Reads `name{a="b"} 0+10x3 _ stale`, the short notation of promqltest and promtool. */
export function parseSeries(line: string): NotedSeries {
	const {metric, rest} = splitMetric(line.trim());
	return {labels: parseMetric(metric), entries: parseEntries(rest)};
}

/** The metric ends at the first blank outside braces and quotes. */
function splitMetric(line: string): {metric: string; rest: string} {
	let inBraces = false;
	let quote = '';
	for (let i = 0; i < line.length; i++) {
		const char = line[i] as string;
		if (quote) {
			if (char === '\\' && quote !== '`') i++;
			else if (char === quote) quote = '';
		} else if ('"\'`'.includes(char)) quote = char;
		else if (char === '{') inBraces = true;
		else if (char === '}') inBraces = false;
		else if (!inBraces && /\s/.test(char) && !/^\s*\{(?!\{)/.test(line.slice(i)))
			return {metric: line.slice(0, i), rest: line.slice(i)};
	}
	return {metric: line, rest: ''};
}

export function parseMetric(text: string): Labels {
	if (/^\{\s*\}$/.test(text)) return labelsOf([]);
	// A selector of plain equalities is written as a metric is; `{}` after a name is one too.
	const parsed = parseQuery(text.startsWith('{') ? text.replace('{', '{__keep__="x",') : text);
	if (!parsed.ok || parsed.value.kind !== 'vector') throw new Error(`not a metric: ${text}`);
	return labelsOf(parsed.value.matchers.filter(({name}) => name !== '__keep__').map(({name, value}) => [name, value]));
}

const number = String.raw`[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|0x[0-9a-fA-F]+|[iI]nf|[nN]a[nN])`;
const expanding = new RegExp(`^(${number})([+-](?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?)x(\\d+)$`);
const repeated = new RegExp(`^(${number}|_|stale)x(\\d+)$`);

const toNumber = (text: string): number => {
	const plain = text.toLowerCase().replace('+', '');
	if (plain === 'inf') return Number.POSITIVE_INFINITY;
	if (plain === '-inf') return Number.NEGATIVE_INFINITY;
	return plain === 'nan' ? Number.NaN : Number(plain);
};

export function parseEntries(text: string): Entry[] {
	const words = text.match(/\{\{.*?\}\}(?:[+-]\{\{.*?\}\})?(?:x\d+)?|\S+/g) ?? [];
	return words.flatMap(parseWord);
}

function parseWord(word: string): Entry[] {
	if (word.startsWith('{{')) {
		const count = /x(\d+)$/.exec(word)?.[1];
		return Array.from({length: count === undefined ? 1 : Number(count) + 1}, () => ({histogram: word}));
	}
	if (word === '_') return ['gap'];
	if (word === 'stale') return ['stale'];
	const steps = expanding.exec(word);
	if (steps) {
		const [, start = '', change = '', count = ''] = steps;
		let value = toNumber(start);
		return Array.from({length: Number(count) + 1}, (_, i) => {
			if (i > 0) value += toNumber(change);
			return value;
		});
	}
	const again = repeated.exec(word);
	if (again) {
		const [, what = '', count = ''] = again;
		// `5x2` is three fives, `_x2` is two gaps.
		if (what === '_') return Array.from({length: Number(count)}, () => 'gap' as const);
		return Array.from({length: Number(count) + 1}, () => parseWord(what)[0] as Entry);
	}
	if (new RegExp(`^${number}$`).test(word)) return [toNumber(word)];
	throw new Error(`not an entry of a series: ${word}`);
}
