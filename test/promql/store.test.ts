import {expect, test} from 'vitest';
import {labelsOf} from '../../src/promql/labels.ts';
import {parseQuery} from '../../src/promql/parse.ts';
import {evaluateInstant} from '../../src/promql/query.ts';
import {isStaleAt, writeStale} from '../../src/promql/samples.ts';
import {vectorSelectorsOf} from '../../src/promql/split.ts';
import {defaultStoreLimits, SampleStore, wantedOf} from '../../src/promql/store.ts';
import {StoredSeries} from '../../src/promql/store-series.ts';

const parsed = (text: string) => {
	const result = parseQuery(text);
	if (!result.ok) throw new Error(result.error.message);
	return result.value;
};

const labels = (name: string, more: Record<string, string> = {}) => labelsOf(Object.entries({__name__: name, ...more}));

const storeFor = (queries: readonly string[], limits = {}) =>
	new SampleStore(
		wantedOf(
			queries.flatMap(query => vectorSelectorsOf(parsed(query))),
			300_000,
		),
		{...defaultStoreLimits, ...limits},
	);

const added = (store: SampleStore, name: string, more: Record<string, string> = {}): StoredSeries => {
	const series = store.series(labels(name, more));
	if (!series.ok || !series.value) throw new Error('not taken in');
	return series.value;
};

test('the stale marker is a NaN that can be told from other NaNs', () => {
	const values = new Float64Array([Number.NaN, 1, Number.NaN, 0 / 0]);
	writeStale(values, 2);
	expect([0, 1, 2, 3].map(i => isStaleAt(values, i))).toEqual([false, false, true, false]);
	expect(Number.isNaN(values[2])).toBe(true);
});

test('the marker survives that its series moves and grows', () => {
	const series = new StoredSeries(labels('a'), 1_000_000, 10_000);
	series.append(1, 1);
	series.appendStale(2);
	for (let i = 3; i < 500; i++) series.append(i, i);
	expect(isStaleAt(series.values, series.from + 1)).toBe(true);
	expect(isStaleAt(series.values, series.from)).toBe(false);
});

test('a series keeps what its reach asks for and no more, in little more memory than that', () => {
	const series = new StoredSeries(labels('a'), 60_000, 10_000);
	for (let i = 0; i < 5_000; i++) series.append(i * 1_000, i);
	expect(series.count).toBe(61);
	expect(series.times[series.from]).toBe(4_939_000);
	expect(series.times.length).toBeLessThan(150);
});

test('a series has an upper bound of samples whatever its reach is', () => {
	const series = new StoredSeries(labels('a'), Number.POSITIVE_INFINITY, 100);
	for (let i = 0; i < 1_000; i++) series.append(i, i);
	expect([series.count, series.values[series.to - 1]]).toEqual([100, 999]);
});

test('times go forward only, and a marker stands once', () => {
	const series = new StoredSeries(labels('a'), 60_000, 100);
	expect(series.appendStale(5)).toBe(false);
	expect([series.append(10, 1), series.append(10, 2), series.append(9, 3)]).toEqual([true, false, false]);
	expect([series.appendStale(11), series.appendStale(12), series.endsStale]).toEqual([true, false, true]);
});

test('only series that a query selects are taken in', () => {
	const store = storeFor(['rate(hits_total{side="canary"}[1m]) > 5', 'up']);
	expect(store.series(labels('hits_total', {side: 'stable'}))).toEqual({ok: true, value: undefined});
	expect(added(store, 'hits_total', {side: 'canary'}).keepMs).toBe(360_000);
	expect(added(store, 'up').keepMs).toBe(300_000);
	expect(store.seriesCount).toBe(2);
});

test('the same labels are the same series', () => {
	const store = storeFor(['up']);
	expect(added(store, 'up', {a: '1'})).toBe(added(store, 'up', {a: '1'}));
});

test('each limit says what it is', () => {
	const store = storeFor(['{__name__=~".+"}'], {seriesMax: 1, labelsPerSeriesMax: 3, labelLengthMax: 10});
	expect(store.series(labels('a', {b: '1', c: '2', d: '3'}))).toEqual({
		ok: false,
		error: {kind: 'too-many-labels', count: 4, max: 3},
	});
	expect(store.series(labels('a', {b: 'x'.repeat(11)}))).toEqual({
		ok: false,
		error: {kind: 'label-too-long', label: 'b', length: 11, max: 10},
	});
	added(store, 'a');
	expect(store.series(labels('b'))).toEqual({ok: false, error: {kind: 'too-many-series', max: 1}});
	expect(store.series(labels('a')).ok).toBe(true);
});

test('a selection follows series that come and go', () => {
	const store = storeFor(['up']);
	const query = {text: 'count(up)', expr: parsed('count(up)')};
	const count = (atMs: number): unknown => {
		const answer = evaluateInstant(query, store, atMs);
		return answer.ok && answer.value.value.type === 'vector' ? (answer.value.value.samples[0]?.value ?? 0) : answer;
	};
	const first = added(store, 'up', {a: '1'});
	first.append(1_000, 1);
	expect(count(2_000)).toBe(1);
	added(store, 'up', {a: '2'}).append(400_000, 1);
	expect(count(400_000)).toBe(1);
	expect([store.forgetOld(361_000), store.has(first)]).toEqual([0, true]);
	expect([store.forgetOld(362_000), store.has(first), store.seriesCount]).toEqual([1, false, 1]);
	expect(count(400_000)).toBe(1);
});

test('the size of the store is what its arrays take', () => {
	const store = storeFor(['up']);
	const series = added(store, 'up');
	for (let i = 0; i < 100; i++) series.append(i * 1_000, i);
	expect(store.size()).toEqual({samples: 100, bytes: series.times.length * 16});
});
