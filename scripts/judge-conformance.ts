/**
 * Runs the test data of Kayenta's Mann–Whitney judge (Apache-2.0) through ours, one look each, and says where the two agree.
 *
 *     node scripts/judge-conformance.ts CASES.json [--json]
 *
 * Two labels a case: `rule` is Kayenta's own rule over our statistics (the interval's near end beyond tolerance × the estimate, and
 * its effect size beyond the allowed one); `ours` is what a comparison here would say. Ends with 1 when a `rule` label differs.
 */
import {readFileSync} from 'node:fs';
import {parseArgs} from 'node:util';
import {judge} from '../src/core/judge/judge.ts';
import {pairwise} from '../src/core/judge/pairwise.ts';
import {cles, outsideCount, rankSum} from '../src/core/judge/rank-sum.ts';

type Limits = {readonly allowedIncrease: number; readonly allowedDecrease: number};
type Case = {
	readonly id: string;
	readonly name: string;
	readonly experiment: string;
	readonly control: string;
	readonly tolerance: number;
	readonly confLevel: number;
	readonly effectThresholds: Limits;
	readonly measure: 'meanRatio' | 'cles';
	readonly direction: 'either' | 'increase' | 'decrease';
	readonly expect: {readonly classification: 'Pass' | 'High' | 'Low'};
};
type Interval = {
	readonly id: string;
	readonly name: string;
	readonly data: Readonly<Record<string, string>>;
	readonly expect: string;
};
type Cases = {
	readonly datasets: Readonly<Record<string, readonly number[]>>;
	readonly cases: readonly Case[];
	readonly mannwhitney: readonly Interval[];
};

const {positionals, values: options} = parseArgs({allowPositionals: true, options: {json: {type: 'boolean', default: false}}});
const [path] = positionals;
if (path === undefined) {
	console.error('usage: node scripts/judge-conformance.ts CASES.json [--json]');
	process.exit(2);
}
const {datasets, cases, mannwhitney} = JSON.parse(readFileSync(path, 'utf8')) as Cases;
const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;

/** Kayenta's rule, steps 4 to 6, with our interval and estimate. */
function byRule(one: Case, x: readonly number[], y: readonly number[]): Case['expect']['classification'] {
	if (new Set([...x, ...y]).size === 1) return 'Pass';
	const shift = pairwise(x, y, outsideCount(x, y, 1 - one.confLevel), (a, b) => a - b);
	const effect = one.measure === 'cles' ? cles(rankSum(x, y)) : mean(x) / mean(y);
	const bound = one.tolerance * Math.abs(shift.estimate);
	const {allowedIncrease, allowedDecrease} = one.effectThresholds;
	if (one.direction !== 'decrease' && shift.low > bound && effect >= allowedIncrease) return 'High';
	if (one.direction !== 'increase' && shift.high < -bound && effect <= allowedDecrease) return 'Low';
	return 'Pass';
}

/** Ours has pairs of one length; a case may not. */
function byOurs(one: Case, x: readonly number[], y: readonly number[]): {readonly label: string; readonly why: string} {
	if (x.length !== y.length) return {label: '-', why: `${x.length} and ${y.length} values are no pairs`};
	const direction = one.direction === 'decrease' ? 'lower-is-worse' : one.direction === 'increase' ? 'higher-is-worse' : 'either';
	const {allowedIncrease, allowedDecrease} = one.effectThresholds;
	const allowed =
		one.measure === 'cles' ? 1 : Math.max(1, direction === 'lower-is-worse' ? 1 / allowedDecrease : allowedIncrease);
	const seen = judge(
		x.map((value, index) => [value, y[index] ?? Number.NaN] as const),
		{direction, allowed, alpha: 1 - one.confLevel},
	);
	const away = (seen.ratio ?? 1 + seen.shift) > 1 ? 'High' : 'Low';
	const isSeen = seen.verdict === 'worse';
	const ratio = seen.ratio === undefined ? 'no ratio' : `ratio ${seen.ratio.toPrecision(4)}`;
	const why = `${seen.verdict}: ${ratio} (allowed ${allowed}), shift ${seen.shift.toPrecision(4)} (${seen.shiftLow?.toPrecision(4)} to ${seen.shiftHigh?.toPrecision(4)}), p ${Math.min(seen.pHigher, seen.pLower).toPrecision(2)} of ${seen.pMax}, n ${seen.n}, ${seen.rule}/${seen.test}${seen.inflation > 1 ? `, variance × ${seen.inflation.toPrecision(3)}` : ''}`;
	return {label: isSeen ? away : 'Pass', why};
}

const rows = cases.map(one => {
	const [x = [], y = []] = [datasets[one.experiment], datasets[one.control]];
	const ours = byOurs(one, x, y);
	return {
		id: one.id,
		name: one.name,
		expected: one.expect.classification,
		rule: byRule(one, x, y),
		ours: ours.label,
		why: ours.why,
	};
});
/** The suite's own intervals at 0.95, beside ours: to be compared by eye, for they are given as text with their solver's error. */
const intervals = mannwhitney.flatMap(({id, name, data, expect}) => {
	const [x, y] = [
		datasets[data['experimentData'] ?? data['experiment'] ?? ''],
		datasets[data['controlData'] ?? data['control'] ?? ''],
	];
	if (!x || !y) return [];
	return [{id, name, expect, ours: pairwise(x, y, outsideCount(x, y, 0.05), (a, b) => a - b)}];
});

const agree = (key: 'rule' | 'ours'): number => rows.filter(row => row[key] === row.expected).length;
if (options.json)
	console.log(
		JSON.stringify({rows, intervals, agree: {rule: agree('rule'), ours: agree('ours'), of: rows.length}}, undefined, '\t'),
	);
else {
	for (const row of rows) {
		const mark = (label: string): string => `${label === row.expected ? '✓' : '✗'} ${label.padEnd(4)}`;
		console.log(
			`${row.id}  expected ${row.expected.padEnd(4)}  rule ${mark(row.rule)}  ours ${mark(row.ours)}  ${row.name}\n       ${row.why}`,
		);
	}
	for (const {id, name, expect, ours} of intervals) {
		console.log(
			`${id}   expected ${expect}\n     ours lower ${ours.low}, upper ${ours.high}, estimate ${ours.estimate}  ${name}`,
		);
	}
	console.log(`rule: ${agree('rule')} of ${rows.length} agree; ours: ${agree('ours')} of ${rows.length} agree`);
}
process.exitCode = agree('rule') === rows.length ? 0 : 1;
