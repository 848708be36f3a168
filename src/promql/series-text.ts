import {nameLabel, type VectorSelector} from './ast.ts';
import {type Labels, labelsOf} from './labels.ts';
import {parseQuery} from './parse.ts';
import {printExpr} from './print.ts';
import {isStaleAt} from './samples.ts';
import {vectorSelectorsOf} from './split.ts';
import type {StoredSeries} from './store-series.ts';

/**
 * Raw series as text, to be kept beside a journal: one JSON a line, only ever added to, so that a line cut off costs its second.
 *
 *     {"format":1,"source":"scrape","dialect":"3.x","selectors":["up","a{b=\"c\"}"]}   begins a run; numbers of series start again
 *     ["s",3,{"__name__":"a","b":"c"}]                                                    series 3
 *     ["t",1790000000000,[3,1.5],[4,9]]                                                   at that time 3 is 1.5, and 4 to 9 are as they were
 *     ["x",1790000001000,[3]]                                                             3 has ended (Prometheus' stale marker)
 *     ["b",3,1790000000000,[0,1000],[1.5,"NaN"]]                                          several samples of 3: times from the first on
 *     ["q",1790000001012]                                                                questions were answered as of that time, from all that stands above
 *     ["end","what ended it"]
 */
export type SeriesHead = {
	readonly format: 1;
	readonly source: 'scrape' | 'prometheus';
	readonly dialect: '2.x' | '3.x';
	readonly selectors: readonly string[];
	/** Of a server's record: what was asked for. */
	readonly fromMs?: number;
	readonly toMs?: number;
};

type NumText = number | 'NaN' | '+Inf' | '-Inf' | '-0';

const toText = (value: number): NumText => {
	if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : value;
	return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
};

const fromText = (text: unknown): number => {
	if (typeof text === 'number') return text;
	return text === '+Inf'
		? Number.POSITIVE_INFINITY
		: text === '-Inf'
			? Number.NEGATIVE_INFINITY
			: text === '-0'
				? -0
				: Number.NaN;
};

/** What one line says. `fromMs`: no sample of it is older. */
export type SeriesLine =
	| {readonly kind: 'head'; readonly head: SeriesHead}
	| {readonly kind: 'series'; readonly id: number; readonly labels: Labels}
	| {
			readonly kind: 'samples';
			readonly fromMs: number;
			readonly ids: readonly number[];
			readonly values: readonly number[];
			readonly same: readonly number[];
	  }
	| {readonly kind: 'stale'; readonly fromMs: number; readonly ids: readonly number[]}
	| {
			readonly kind: 'block';
			readonly fromMs: number;
			readonly id: number;
			readonly times: readonly number[];
			readonly values: readonly number[];
	  }
	| {readonly kind: 'asked'; readonly fromMs: number}
	| {readonly kind: 'end'; readonly why: string};

/** One line read back; undefined for what is none (a torn last line, a line of a later version). */
export function decodeSeriesLine(line: string): SeriesLine | undefined {
	let parsed: unknown;
	try {
		parsed = JSON.parse(line);
	} catch {
		return undefined;
	}
	if (!Array.isArray(parsed)) {
		const head = parsed as SeriesHead | null;
		return head?.format === 1 && Array.isArray(head.selectors) ? {kind: 'head', head} : undefined;
	}
	const [kind, first, second, third, fourth] = parsed as [string, never, never, never, never];
	switch (kind) {
		case 's':
			return {kind: 'series', id: first, labels: labelsOf(Object.entries(second as Record<string, string>))};
		case 't': {
			const pairs = second as readonly (number | NumText)[];
			const ids = pairs.filter((_, index) => index % 2 === 0) as number[];
			return {
				kind: 'samples',
				fromMs: first,
				ids,
				values: pairs.filter((_, index) => index % 2 === 1).map(fromText),
				same: third ?? [],
			};
		}
		case 'x':
			return {kind: 'stale', fromMs: first, ids: second};
		case 'b': {
			const fromMs = second as number;
			return {
				kind: 'block',
				id: first,
				fromMs,
				times: (third as number[]).map(ms => fromMs + ms),
				values: (fourth as unknown[]).map(fromText),
			};
		}
		case 'q':
			return {kind: 'asked', fromMs: first};
		case 'end':
			return {kind: 'end', why: String(first)};
		default:
			return undefined;
	}
}

/** Writes what is new in stored series. One run: its series are numbered as they come. */
export class SeriesEncoder {
	readonly #known = new Map<string, {readonly id: number; untilMs: number; value: number}>();
	readonly #clean: (text: string) => string;

	/** `clean` takes secrets out of what others wrote: the values of labels. */
	constructor(clean: (text: string) => string) {
		this.#clean = clean;
	}

	head(head: SeriesHead): string {
		return `${JSON.stringify({...head, selectors: head.selectors.map(this.#clean)})}\n`;
	}

	/** The lines for all samples that came since the last call; empty when none did. */
	news(all: Iterable<StoredSeries>): string {
		const lines: string[] = [];
		const rounds = new Map<number, {values: (number | NumText)[]; same: number[]; stale: number[]}>();
		for (const series of all) {
			const {times, values, from, to, labels} = series;
			let known = this.#known.get(labels.key);
			if (series.count === 0 || (known && known.untilMs >= series.newestMs)) continue;
			if (!known) {
				known = {id: this.#known.size, untilMs: Number.NEGATIVE_INFINITY, value: Number.NaN};
				this.#known.set(labels.key, known);
				lines.push(this.#definition(known.id, labels));
			}
			let first = to;
			while (first > from && (times[first - 1] as number) > known.untilMs) first--;
			for (let i = first; i < to; i++) {
				const timeMs = times[i] as number;
				const round = rounds.get(timeMs) ?? {values: [], same: [], stale: []};
				rounds.set(timeMs, round);
				if (series.mayBeStale && isStaleAt(values, i)) round.stale.push(known.id);
				else if (Object.is(values[i], known.value) && !Number.isNaN(known.value)) round.same.push(known.id);
				else {
					known.value = values[i] as number;
					round.values.push(known.id, toText(known.value));
				}
			}
			known.untilMs = series.newestMs;
		}
		for (const [timeMs, {values, same, stale}] of [...rounds].sort(([a], [b]) => a - b)) {
			if (values.length + same.length > 0)
				lines.push(JSON.stringify(['t', timeMs, values, ...(same.length > 0 ? [rangesOf(same)] : [])]));
			if (stale.length > 0) lines.push(JSON.stringify(['x', timeMs, stale]));
		}
		return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
	}

	/** Several samples of one series at once. */
	block(labels: Labels, times: readonly number[], values: readonly number[]): string {
		let known = this.#known.get(labels.key);
		const lines: string[] = [];
		if (!known) {
			known = {id: this.#known.size, untilMs: 0, value: Number.NaN};
			this.#known.set(labels.key, known);
			lines.push(this.#definition(known.id, labels));
		}
		const firstMs = times[0] ?? 0;
		lines.push(JSON.stringify(['b', known.id, firstMs, times.map(ms => ms - firstMs), values.map(toText)]));
		return `${lines.join('\n')}\n`;
	}

	/** A series that was written before ended at this time. */
	stale(labels: Labels, timeMs: number): string {
		const known = this.#known.get(labels.key);
		return known ? `${JSON.stringify(['x', timeMs, [known.id]])}\n` : '';
	}

	asked(timeMs: number): string {
		return `${JSON.stringify(['q', timeMs])}\n`;
	}

	end(why: string): string {
		return `${JSON.stringify(['end', why])}\n`;
	}

	#definition(id: number, labels: Labels): string {
		const clean = labels.entries().map(([name, value]) => [name, name === nameLabel ? value : this.#clean(value)] as const);
		return JSON.stringify(['s', id, Object.fromEntries(clean)]);
	}
}

/** `[1,2,3,7]` → `[1,3,7,7]`. */
function rangesOf(ids: readonly number[]): number[] {
	const ranges: number[] = [];
	for (const id of ids) {
		if (ranges.length > 0 && ranges.at(-1) === id - 1) ranges[ranges.length - 1] = id;
		else ranges.push(id, id);
	}
	return ranges;
}

/** The selectors of these queries, bare: without range, offset or time. Queries that don't parse have none. */
export function bareSelectors(queries: readonly string[]): readonly string[] {
	const selectors = queries.flatMap(text => {
		const parsed = parseQuery(text);
		return parsed.ok ? vectorSelectorsOf(parsed.value).map(({selector}) => bareText(selector)) : [];
	});
	return [...new Set(selectors)];
}

const bareText = ({at: _, ...selector}: VectorSelector): string => printExpr({...selector, offsetMs: 0} as VectorSelector);

/** The first selector of a query whose series are not all among those that were kept; undefined when all are. */
export function notAmong(query: string, kept: readonly string[]): string | undefined {
	const known = kept.flatMap(text => {
		const parsed = parseQuery(text);
		return parsed.ok && parsed.value.kind === 'vector' ? [parsed.value.matchers] : [];
	});
	const parsed = parseQuery(query);
	if (!parsed.ok) return query;
	const missing = vectorSelectorsOf(parsed.value).find(({selector}) => {
		const has = (one: VectorSelector['matchers'][number]): boolean =>
			selector.matchers.some(({name, op, value}) => name === one.name && op === one.op && value === one.value);
		// A selector with more conditions selects fewer series.
		return !known.some(matchers => matchers.every(has));
	});
	return missing && bareText(missing.selector);
}
