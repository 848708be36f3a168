import {expect, test} from 'vitest';
import {PageParser} from '../../src/promql/exposition.ts';
import {defaultStoreLimits, SampleStore} from '../../src/promql/store.ts';
import {BirthWatch} from '../../src/sources/scrape-births.ts';
import {type KeptOrNot, TargetPages} from '../../src/sources/scrape-pages.ts';
import {pageTargets} from '../../src/sources/scrape-targets.ts';
import {mayBeWanted, wantedSeries} from '../../src/sources/scrape-wanted.ts';
import {guardrail} from './prometheus-kit.ts';
import {answers, target} from './scrape-kit.ts';

/** One target whose pages are handed in as text. */
function rig(query = 'x', limits = defaultStoreLimits) {
	const guardrails = [guardrail('g', query, {bound: {op: '=', value: 0}})];
	const wanted = wantedSeries({guardrails}, [], 300_000);
	const store = new SampleStore(wanted, limits);
	const targets = pageTargets([target('http://h:1/metrics')]);
	if (!targets.ok || !targets.value[0]) throw new Error('no target');
	const births = new BirthWatch(guardrails);
	const pages = new TargetPages({target: targets.value[0], store, births, mayBeWanted: mayBeWanted(wanted)});
	const parser = new PageParser<KeptOrNot>();
	return {
		store,
		births,
		pages,
		page(text: string, timeMs: number): void {
			const page = parser.parse(new TextEncoder().encode(text));
			if (!page.ok) throw new Error(page.error.message);
			for (const _ of pages.lookUp(page.value));
			pages.append(page.value, timeMs);
		},
		at: (timeMs: number, text = query) => answers(store, text, timeMs),
	};
}

const x = (rest = ''): string => `x{instance="h:1", job="service"${rest}}`;

test('a page becomes samples of its series, dated when the scrape began', () => {
	const {page, at} = rig();
	page('x 1\n', 1_000);
	page('x 2\n', 2_000);
	expect(at(1_500)).toEqual({[x()]: 1});
	expect(at(2_000)).toEqual({[x()]: 2});
	expect(at(999)).toEqual({});
});

test('what no question selects is not kept', () => {
	const {page, store} = rig('x{code="500"}');
	page('x{code="500"} 1\nx{code="200"} 1\ny 1\n', 1_000);
	expect(store.seriesCount).toBe(1);
});

test('a series that is gone from the page is gone from the next answer, and may come back', () => {
	const {page, at} = rig();
	page('x{a="1"} 1\nx{a="2"} 2\n', 1_000);
	page('x{a="2"} 3\n', 2_000);
	expect(at(2_500)).toEqual({'x{a="2", instance="h:1", job="service"}': 3});
	page('x{a="1"} 7\nx{a="2"} 4\n', 3_000);
	expect(Object.values(at(3_000))).toEqual([7, 4]);
});

test('a failed scrape ends all series of its target at once, and the next page brings them back', () => {
	const {page, pages, at} = rig();
	page('x{a="1"} 1\nx{a="2"} 2\n', 1_000);
	pages.fail(2_000);
	expect(at(2_500)).toEqual({});
	expect(Object.keys(at(1_999))).toHaveLength(2);
	page('x{a="1"} 5\nx{a="2"} 6\n', 3_000);
	expect(Object.values(at(3_000))).toEqual([5, 6]);
});

test('samples that the page dates itself keep their dates, and get no stale marker', () => {
	const {page, at} = rig();
	page('x 1 1500\n', 2_000);
	expect(at(1_600)).toEqual({[x()]: 1});
	page('', 3_000);
	expect(at(3_500)).toEqual({[x()]: 1});
});

test('a sample dated more than ten minutes ahead is not believed', () => {
	const {page, at} = rig();
	page('x 1 700000\n', 2_000);
	expect(at(800_000)).toEqual({});
});

test('of the same series twice on one page the first counts', () => {
	const {page, at} = rig();
	page('x 1\nx 2\n', 1_000);
	expect(at(1_000)).toEqual({[x()]: 1});
});

test('NaN on the page is a value, not the end of the series', () => {
	const {page, at} = rig();
	page('x NaN\n', 1_000);
	expect(at(1_000)).toEqual({[x()]: Number.NaN});
});

test('up and its companions are kept for every target', () => {
	const {pages, at} = rig();
	pages.report(1_000, {up: 0, scrape_duration_seconds: 0.25, scrape_samples_scraped: 0});
	expect(at(1_000, 'up')).toEqual({'up{instance="h:1", job="service"}': 0});
	expect(Object.values(at(1_000, 'scrape_duration_seconds'))).toEqual([0.25]);
	expect(Object.values(at(1_000, 'scrape_samples_scraped'))).toEqual([0]);
});

const increase = 'increase(x[1m])';

test('a counter born above zero after the first page is an increase of what it was born with', () => {
	const {page, births} = rig(increase);
	page('y 1\n', 1_000);
	page('y 1\nx{kind="rls"} 3\n', 2_000);
	const [birth, ...more] = births.of('g', 2_500);
	expect(more).toEqual([]);
	expect(birth).toMatchObject({amount: 3, labels: {kind: 'rls'}});
	expect(birth?.note).toMatch(/was born at 3/);
	expect(births.of('g', 70_000)).toEqual([]);
});

test('what stands on the first page was there before, however high it counts', () => {
	const {page, births} = rig(increase);
	page('x 17\n', 1_000);
	expect(births.of('g', 1_000)).toEqual([]);
});

test('a target that comes late or comes back brings no births of series that are known', () => {
	const {page, pages, births} = rig(increase);
	pages.fail(500);
	page('x 17\n', 1_000);
	pages.fail(2_000);
	page('x 18\n', 3_000);
	expect(births.of('g', 3_000)).toEqual([]);
});

test('a restart does not hide a violation of another kind', () => {
	const {page, pages, births} = rig(increase);
	page('x{kind="a"} 17\n', 1_000);
	pages.fail(2_000);
	page('x{kind="b"} 1\n', 3_000);
	expect(births.of('g', 3_000).map(({amount}) => amount)).toEqual([1]);
});

test('a counter born at zero is no increase, then or later', () => {
	const {page, births} = rig(increase);
	page('y 1\n', 1_000);
	page('y 1\nx 0\n', 2_000);
	page('y 1\nx 5\n', 3_000);
	expect(births.of('g', 3_000)).toEqual([]);
});

test('what goes over a limit is not kept, and that is said', () => {
	const {page, pages, store} = rig('x', {...defaultStoreLimits, seriesMax: 2, labelLengthMax: 20});
	page(`x{a="1"} 1\nx{a="${'z'.repeat(30)}"} 1\nx{a="2"} 1\nx{a="3"} 1\nx{a="4"} 1\n`, 1_000);
	expect(store.seriesCount).toBe(2);
	expect(pages.refusals).toEqual([
		'1 series are not kept: a label has 30 characters, more than 20',
		'2 series are not kept: more than 2 are asked for',
	]);
});

test('a series that was dropped for its age is kept anew when the page dates it again', () => {
	const {page, pages, store, at} = rig();
	page('x 1 1000\n', 1_000);
	page('x 1 1000\n', 9_000_000);
	expect(store.forgetOld(9_000_000)).toBe(1);
	pages.recheck();
	page('x 2 9001000\n', 9_001_000);
	expect(at(9_001_000)).toEqual({[x()]: 2});
});

test('what is asked for by labels of the target, of any name, or by exported labels is found', () => {
	const find = (query: string): number => {
		const {page, store} = rig(query);
		page('x{job="inner",code="500"} 1\ny 1\n', 1_000);
		return store.seriesCount;
	};
	expect(find('{job="service"}')).toBe(2);
	expect(find('x{instance="h:1",code=~"5.."}')).toBe(1);
	expect(find('x{exported_job="inner"}')).toBe(1);
	expect(find('x{job="inner"}')).toBe(0);
	expect(find('{code="",job="service"}')).toBe(1);
});
