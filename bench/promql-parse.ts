import {setImmediate as turn} from 'node:timers/promises';
import parsePrometheusTextFormat from 'parse-prometheus-text-format';
import {PageParser} from '../src/promql/exposition.ts';
import {aim, median, progress, round, spread} from './kit/figures.ts';
import {metricsPage, timed} from './kit/promql-page.ts';

const runs = 40;

/**
 * Reading a page of 20,000 series (about 2 MB): the pages of one target one after the other, the first page alone, a page whose
 * series have changed places, and the same page by `parse-prometheus-text-format`. And a first page of 5 MB in slices: how long
 * does the longest slice hold up everything else?
 */
export async function run(): Promise<object> {
	const pages = Array.from({length: runs + 10}, (_, tick) => metricsPage(20, 1_000, tick));
	const megabytes = (pages[0] as Uint8Array).length / 1e6;
	const parser = new PageParser();
	for (const page of pages.slice(0, 10)) parser.parse(page);
	const steady = median(timed(runs, i => void parser.parse(pages[i + 10] as Uint8Array)));
	const first = median(timed(10, i => void new PageParser().parse(pages[i] as Uint8Array)));
	const moved = median(timed(10, i => void parser.parse(reversed(pages[i] as Uint8Array))));
	const text = new TextDecoder().decode(pages[0]);
	progress('  parse-prometheus-text-format …');
	timed(2, () => void parsePrometheusTextFormat(text));
	const npm = median(timed(8, () => void parsePrometheusTextFormat(text)));
	const perSecond = (ms: number): number => round((megabytes / ms) * 1_000);
	return {
		name: 'promql-parse',
		page: {megabytes: round(megabytes), series: 20_000},
		milliseconds: {steady, first, moved, npm},
		megabytesPerSecond: {steady: perSecond(steady), first: perSecond(first), moved: perSecond(moved), npm: perSecond(npm)},
		npmOverSteady: {figure: round(npm / steady), atLeast: 10, unit: '×', met: npm / steady >= 10},
		firstPage: await firstPage(),
	};
}

/** The same series, last line first: nothing stands where it stood. */
const reversed = (page: Uint8Array): Uint8Array =>
	new TextEncoder().encode(`${new TextDecoder().decode(page).trim().split('\n').toReversed().join('\n')}\n`);

/** A first page of 5 MB read as a source reads it: a slice, then whatever else waits, then the next slice. */
async function firstPage(): Promise<object> {
	const page = metricsPage(50, 1_000, 0);
	const slicesMs: number[] = [];
	for (let round = 0; round < 5; round++) {
		const slices = new PageParser().slices(page, 256 * 1024);
		for (;;) {
			const started = performance.now();
			const {done} = slices.next();
			slicesMs.push(performance.now() - started);
			if (done) break;
			await turn();
		}
	}
	const {p50, p99, max} = spread(slicesMs);
	return {megabytes: round(page.length / 1e6), sliceMs: {p50, p99, max}, longestStop: aim(p99, 50, 'ms')};
}
