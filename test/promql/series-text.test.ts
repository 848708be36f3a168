import fc from 'fast-check';
import {expect, test} from 'vitest';
import {labelsOf} from '../../src/promql/labels.ts';
import {isStaleAt} from '../../src/promql/samples.ts';
import {bareSelectors, decodeSeriesLine, notAmong, SeriesEncoder} from '../../src/promql/series-text.ts';
import {SampleStore} from '../../src/promql/store.ts';

const plain = (text: string): string => text;

/** Every sample of every series, as text. */
function contents(store: SampleStore): string[] {
	return [...store.all()]
		.flatMap(({labels, times, values, from, to}) =>
			Array.from({length: to - from}, (_, i) => {
				const value = isStaleAt(values, from + i) ? 'stale' : Object.is(values[from + i], -0) ? '-0' : String(values[from + i]);
				return `${labels} ${times[from + i]} ${value}`;
			}),
		)
		.sort();
}

/** The lines put back into a store, as a reader does. */
function decoded(text: string): SampleStore {
	const store = new SampleStore('everything');
	let byId = new Map<number, {series: ReturnType<typeof seriesOf>; value: number}>();
	const seriesOf = (labels: Parameters<SampleStore['series']>[0]) => {
		const made = store.series(labels);
		if (!made.ok || !made.value) throw new Error('refused');
		return made.value;
	};
	for (const raw of text.split('\n')) {
		const line = decodeSeriesLine(raw);
		if (line?.kind === 'head') byId = new Map();
		if (line?.kind === 'series') byId.set(line.id, {series: seriesOf(line.labels), value: Number.NaN});
		if (line?.kind === 'stale') for (const id of line.ids) byId.get(id)?.series.appendStale(line.fromMs);
		if (line?.kind !== 'samples') continue;
		for (const [index, id] of line.ids.entries()) {
			const known = byId.get(id)!;
			known.value = line.values[index]!;
			known.series.append(line.fromMs, known.value);
		}
		for (let index = 0; index < line.same.length; index += 2) {
			for (let id = line.same[index]!; id <= line.same[index + 1]!; id++) {
				const known = byId.get(id)!;
				known.series.append(line.fromMs, known.value);
			}
		}
	}
	return store;
}

const value = fc.oneof(fc.constantFrom(0, 0, 1, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY), fc.double());
const step = fc.record({series: fc.nat(5), value, stale: fc.boolean(), flush: fc.boolean()});

test('whatever is stored is read back to the bit, stale markers among it', () => {
	fc.assert(
		fc.property(fc.array(step, {maxLength: 80}), steps => {
			const store = new SampleStore('everything');
			const encoder = new SeriesEncoder(plain);
			let text = encoder.head({format: 1, source: 'scrape', dialect: '3.x', selectors: ['up']});
			for (const [index, {series, value: number, stale, flush}] of steps.entries()) {
				const made = store.series(
					labelsOf([
						['__name__', 'a'],
						['n', `é${series}`],
					]),
				);
				if (!made.ok || !made.value) throw new Error('refused');
				const timeMs = 1_790_000_000_000 + Math.floor(index / 3) * 250;
				if (stale) made.value.appendStale(timeMs);
				else made.value.append(timeMs, number);
				if (flush) text += encoder.news(store.all());
			}
			text += encoder.news(store.all());
			expect(contents(decoded(text))).toEqual(contents(store));
		}),
	);
});

test('a torn line costs its own samples, and a new run numbers its series anew', () => {
	const write = (n: string, number: number): string => {
		const store = new SampleStore('everything');
		const made = store.series(labelsOf([['__name__', n]]));
		if (made.ok) made.value?.append(number * 1_000, number);
		const encoder = new SeriesEncoder(plain);
		return encoder.head({format: 1, source: 'scrape', dialect: '3.x', selectors: []}) + encoder.news(store.all());
	};
	const text = `${write('a', 1)}["t",2000,[0,\n${write('b', 3)}`;
	expect(contents(decoded(text))).toEqual(['a 1000 1', 'b 3000 3']);
});

test('the values of labels are cleaned, names are not', () => {
	const store = new SampleStore('everything');
	const made = store.series(
		labelsOf([
			['__name__', 'secret_total'],
			['path', 'secret'],
		]),
	);
	if (made.ok) made.value?.append(1, 1);
	const text = new SeriesEncoder(one => one.replaceAll('secret', '•••')).news(store.all());
	expect(text).toContain('{"__name__":"secret_total","path":"•••"}');
});

test('a query is answered by a record whose selectors hold its own', () => {
	const kept = bareSelectors(['sum(rate(a_total{job="x"}[5m] offset 1m)) / b', 'max_over_time(c{n=~"1|2"}[1h:1m] @ 5)']);
	expect(kept).toEqual(['a_total{job="x"}', 'b', 'c{n=~"1|2"}']);
	expect(notAmong('rate(a_total{code="500",job="x"}[1m]) / b{n="1"}', kept)).toBeUndefined();
	expect(notAmong('rate(a_total[1m])', kept)).toBe('a_total');
	expect(notAmong('c{n="1"} + b', kept)).toBe('c{n="1"}');
});
