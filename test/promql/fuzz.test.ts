import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {PageParser} from '../../src/promql/exposition.ts';
import {labelsOf} from '../../src/promql/labels.ts';
import {parseQuery, renderCaret} from '../../src/promql/parse.ts';
import {printExpr} from '../../src/promql/print.ts';
import {defaultSettings, evaluateInstant, evaluateRange} from '../../src/promql/query.ts';
import {SampleStore} from '../../src/promql/store.ts';
import {randomSeries} from './kit/random-data.ts';
import {QueryMaker, Random} from './kit/random-query.ts';

/** Each property ends after so long, however far it came: the tests are for every commit. */
const bounded = {interruptAfterTimeLimit: 4_000, markInterruptAsFailure: false, numRuns: 3_000} as const;

const withoutSpans = (value: unknown): unknown =>
	JSON.parse(
		JSON.stringify(value, (key, inner) => {
			if (key.toLowerCase().endsWith('span')) return undefined;
			return typeof inner === 'number' && !Number.isFinite(inner) ? String(inner) : inner;
		}),
	);

const pieces =
	'a sum rate by without ( ) [ ] { } , : = != =~ "x" \'y\' `z` 5m 1 0x1 .5 + - * / ^ % > <= == and or unless on ignoring group_left bool offset @ start end # \\ \n inf nan'.split(
		' ',
	);
const soup = fc
	.array(fc.oneof(fc.constantFrom(...pieces), fc.string({maxLength: 3})), {maxLength: 25})
	.map(words => words.join(' '));
const made = fc.integer().map(seed => new QueryMaker(new Random(seed), 0, 3_600_000).query());
const mutated = fc.tuple(made, fc.nat(), fc.nat(3), fc.string({maxLength: 2})).map(([query, at, length, insert]) => {
	const start = at % (query.length + 1);
	return query.slice(0, start) + insert + query.slice(start + length);
});

describe('the query parser', () => {
	test('answers every text with a tree that prints and parses again, or with a fault inside the text', () => {
		fc.assert(
			fc.property(fc.oneof(soup, mutated, fc.string()), text => {
				const parsed = parseQuery(text);
				if (parsed.ok) {
					const again = parseQuery(printExpr(parsed.value));
					expect(again.ok && withoutSpans(again.value)).toEqual(withoutSpans(parsed.value));
				} else {
					expect(parsed.error.position.offset).toBeLessThanOrEqual(text.length);
					expect(renderCaret(text, parsed.error)).toContain('^');
				}
			}),
			bounded,
		);
	});
});

describe('the evaluator', () => {
	const store = new SampleStore('everything');
	for (const {labels, samples} of randomSeries(new Random(1), 0, 60, 15_000)) {
		const series = store.series(labelsOf(Object.entries(labels)));
		if (!series.ok || !series.value) throw new Error('not taken in');
		for (const [timeMs, value] of samples) {
			if (value === 'stale') series.value.appendStale(timeMs);
			else series.value.append(timeMs, value);
		}
	}
	const settings = {...defaultSettings, touchedMax: 100_000};

	test('answers every query that parses, or says why not, in either dialect and either mode of dropping names', () => {
		const modes = fc.record({dialect: fc.constantFrom('3.x' as const, '2.x' as const), delayedNameRemoval: fc.boolean()});
		fc.assert(
			fc.property(fc.oneof(made, mutated), modes, fc.integer({min: -100_000, max: 2_000_000}), (text, mode, timeMs) => {
				const parsed = parseQuery(text);
				if (!parsed.ok) return;
				const answer = evaluateInstant({text, expr: parsed.value}, store, timeMs, {...settings, ...mode});
				if (!answer.ok) expect(answer.error.message).not.toBe('');
				if (!answer.ok || answer.value.value.type !== 'vector') return;
				const keys = answer.value.value.samples.map(({labels}) => labels.key);
				expect(new Set(keys).size).toBe(keys.length);
			}),
			bounded,
		);
	});

	test('gives at every step of a range query what an instant query gives there', () => {
		fc.assert(
			fc.property(made, fc.integer({min: 0, max: 60}), (text, step) => {
				const parsed = parseQuery(text);
				if (!parsed.ok || /start\(\)|end\(\)/.test(text)) return;
				const query = {text, expr: parsed.value};
				const [startMs, endMs] = [step * 15_000, step * 15_000 + 60_000];
				const range = evaluateRange(query, store, {startMs, endMs, stepMs: 30_000}, settings);
				// A range query fails where one of its steps does, or where two names meet at different steps.
				if (!range.ok || range.value.value.type !== 'matrix') return;
				for (const timeMs of [startMs, startMs + 30_000, endMs]) {
					const instant = evaluateInstant(query, store, timeMs, settings);
					if (!instant.ok || instant.value.value.type === 'string' || instant.value.value.type === 'matrix')
						throw new Error(text);
					const {value} = instant.value;
					const want = value.type === 'scalar' ? [['', value.value]] : value.samples.map(one => [one.labels.key, one.value]);
					const got = range.value.value.series.flatMap(({labels, points}) =>
						points.filter(point => point.timeMs === timeMs).map(point => [labels.key, point.value]),
					);
					expect(new Map(got as [string, number][])).toEqual(new Map(want as [string, number][]));
				}
			}),
			bounded,
		);
	});
});

const samplePage = [
	'# HELP hits_total Requests.',
	'# TYPE hits_total counter',
	'hits_total{code="200",path="/a\\"b\\\\c\\nd"} 1027 1700000000000',
	'hits_total{code="500"} 3',
	'# TYPE lat_seconds histogram',
	'lat_seconds_bucket{le="0.5"} 12',
	'lat_seconds_bucket{le="+Inf"} 15',
	'lat_seconds_sum 1.53e1',
	'bare NaN',
	'{"quöted","l.b"="x"} -0.1',
	'',
].join('\n');

describe('the page parser', () => {
	const formats = fc.constantFrom('text' as const, 'openmetrics' as const);
	const dialects = fc.constantFrom('3.x' as const, '2.x' as const);
	const change = fc.record({at: fc.nat(), remove: fc.nat(3), insert: fc.uint8Array({maxLength: 4})});

	const mutate = (bytes: Uint8Array, changes: readonly {at: number; remove: number; insert: Uint8Array}[]): Uint8Array => {
		let result = [...bytes];
		for (const {at, remove, insert} of changes) {
			const start = at % (result.length + 1);
			result = [...result.slice(0, start), ...insert, ...result.slice(start + remove)];
		}
		return Uint8Array.from(result);
	};

	const base = new TextEncoder().encode(samplePage);
	const strictBase = new TextEncoder().encode(`${samplePage.replaceAll(' 1700000000000', ' 1700000000.5')}# EOF\n`);

	test('answers every page with samples or with a place inside it', () => {
		fc.assert(
			fc.property(formats, dialects, fc.array(change, {maxLength: 4}), (format, dialect, changes) => {
				const bytes = mutate(format === 'text' ? base : strictBase, changes);
				const page = new PageParser({format, dialect}).parse(bytes);
				if (!page.ok) {
					expect(page.error.line).toBeGreaterThanOrEqual(1);
					expect(page.error.column).toBeGreaterThanOrEqual(1);
					return;
				}
				expect(page.value.series.length).toBe(page.value.count);
				for (const {labels} of page.value.series) expect(labels.get('__name__')).not.toBe('');
			}),
			bounded,
		);
	});

	test('reads a page after any other page as it reads it alone', () => {
		const show = (parser: PageParser<unknown>, bytes: Uint8Array): unknown => {
			const page = parser.parse(bytes);
			if (!page.ok) return page.error;
			const {series, values, timesMs} = page.value;
			return series.map(({labels}, i) => [labels.key, values[i], timesMs?.[i] ?? Number.NaN]);
		};
		fc.assert(
			fc.property(formats, fc.array(fc.array(change, {maxLength: 2}), {minLength: 2, maxLength: 4}), (format, pages) => {
				const parser = new PageParser({format});
				for (const changes of pages) {
					const bytes = mutate(format === 'text' ? base : strictBase, changes);
					expect(show(parser, bytes.slice())).toEqual(show(new PageParser({format}), bytes));
				}
			}),
			bounded,
		);
	});
});
