import {expect, test} from 'vitest';
import {labelsOf} from '../../src/promql/labels.ts';
import {parseQuery} from '../../src/promql/parse.ts';
import {defaultSettings, evaluateInstant, evaluateRange} from '../../src/promql/query.ts';
import {SampleStore} from '../../src/promql/store.ts';

function storeOf(seriesCount: number, samples: number, value = 'x'): SampleStore {
	const store = new SampleStore('everything');
	for (let i = 0; i < seriesCount; i++) {
		const series = store.series(
			labelsOf([
				['__name__', 'm'],
				['i', `${i}`],
				['v', `${value}${i}`],
			]),
		);
		if (!series.ok || !series.value) throw new Error('not taken in');
		for (let s = 0; s < samples; s++) series.value.append(s * 1_000, s);
	}
	return store;
}

const query = (text: string) => {
	const parsed = parseQuery(text);
	if (!parsed.ok) throw new Error(parsed.error.message);
	return {text, expr: parsed.value};
};

test('a query that would look at too much ends with an error', () => {
	const answer = evaluateInstant(query('sum_over_time(m[1h])'), storeOf(10, 3_600), 3_600_000, {
		...defaultSettings,
		touchedMax: 30_000,
	});
	expect(answer).toEqual({ok: false, error: {kind: 'limit', message: 'query would look at more than 30000 samples'}});
});

test('nested subqueries end within their limit, not within an hour', () => {
	const text = 'max_over_time(sum_over_time(count_over_time(m[1h:1ms])[1h:1ms])[1h:1ms])';
	const started = performance.now();
	expect(evaluateInstant(query(text), storeOf(1, 100), 100_000, {...defaultSettings, touchedMax: 200_000})).toMatchObject({
		ok: false,
		error: {kind: 'limit'},
	});
	expect(performance.now() - started).toBeLessThan(2_000);
});

test('a range query has a bound of steps', () => {
	const answer = evaluateRange(query('m'), storeOf(1, 1), {startMs: 0, endMs: 1e12, stepMs: 1_000});
	expect(answer).toEqual({ok: false, error: {kind: 'limit', message: 'a range query has at most 11000 steps'}});
});

test('a range query takes no range vector', () => {
	expect(evaluateRange(query('m[5m]'), storeOf(1, 1), {startMs: 0, endMs: 1, stepMs: 1})).toMatchObject({ok: false});
});

test.each(['(a+)+$', '(a|aa)+$', '(.*a){20}', '((a{0,30}){0,30}){0,30}', '(?i)(A+)+B'])(
	'the hostile pattern %s does not hang',
	pattern => {
		const store = storeOf(50, 1, 'a'.repeat(2_000));
		const parsed = parseQuery(`m{v=~"${pattern}"}`);
		const started = performance.now();
		if (parsed.ok) evaluateInstant({text: '', expr: parsed.value}, store, 0);
		expect(performance.now() - started).toBeLessThan(3_000);
	},
);

test('a faulty pattern is a parse error at its place', () => {
	expect(parseQuery('m{v=~"a{1001}"}')).toMatchObject({ok: false, error: {position: {column: 6}}});
	expect(parseQuery('m{v=~"(?=a)"}')).toMatchObject({ok: false});
	expect(parseQuery('m{v=~"a)(b"}')).toMatchObject({ok: false});
});
