import {formatDuration} from '../../base/duration.ts';
import {formatValue} from '../../base/number-format.ts';
import {type CompareLine, intervalText, nextInterim, ratioText, verdictText} from './compare-lines.ts';
import type {Looked} from './follow.ts';

/** A comparison as a row of a table, each cell a text. */
export type CompareCells = {
	readonly metric: string;
	readonly candidate: string;
	readonly baseline: string;
	readonly ratio: string;
	readonly n: string;
	readonly verdict: string;
};

/** The cells of one; the group stands before the title. */
export function compareCells(line: CompareLine): CompareCells {
	const {comparison, candidate, baseline, n, verdict, followed} = line;
	const value = (one: number | undefined): string => (one === undefined ? '-' : formatValue(one, comparison.unit));
	return {
		metric: comparison.group === '' ? comparison.title : `${comparison.group}: ${comparison.title}`,
		candidate: value(candidate),
		baseline: value(baseline),
		ratio: followed.looked ? intervalText(followed.looked) : runningRatio(line),
		n: String(n),
		verdict,
	};
}

/** Before the first look: of the medians, without an interval. */
const runningRatio = ({candidate, baseline}: CompareLine): string =>
	candidate === undefined || baseline === undefined || baseline <= 0 ? '-' : ratioText(candidate / baseline);

/** Why the verdict is what it is: a label and a text a line, from what it is about to what comes next. */
export function explainComparison(line: CompareLine): readonly (readonly [label: string, text: string])[] {
	const {comparison, followed, planned, spacingMs} = line;
	const {looked} = followed;
	return [
		['verdict', verdictText(line)],
		['worse is', `${directionWords[comparison.direction]}; up to ${ratioText(comparison.allowed)} times is allowed`],
		...(looked ? lookedLines(looked, line) : []),
		[
			'values',
			`${followed.taken} a side so far, one per ${formatDuration(spacingMs)} (closer ones share samples); ${planned} planned${followed.keepEvery > 1 ? `; every ${followed.keepEvery}th is kept` : ''}`,
		],
		['next look', nextLookText(line)],
		...(followed.missing === undefined ? [] : [['missing', `the last poll: ${followed.missing}`] as const]),
		['candidate', comparison.candidate],
		['baseline', comparison.baseline],
	];
}

const directionWords = {'higher-is-worse': 'higher', 'lower-is-worse': 'lower', either: 'either way'} as const;

function lookedLines(looked: Looked, {comparison}: CompareLine): readonly (readonly [string, string])[] {
	const value = (one: number | undefined): string => (one === undefined ? '…' : formatValue(one, comparison.unit));
	const {candidate, baseline, n, shift, shiftLow, shiftHigh, pMax, cles, inflation, spread, open} = looked;
	const sure = `${Number((100 * (1 - 2 * pMax)).toPrecision(5))} %`;
	return [
		['medians', `candidate ${value(candidate)}, baseline ${value(baseline)}, n ${n} a side`],
		['ratio', `${intervalText(looked)}${looked.rule === 'counts' ? ' (of the means)' : `, at ${sure}`}`],
		['difference', `${value(shift)} (${value(shiftLow)} to ${value(shiftHigh)})`],
		['test', testText(looked)],
		[
			'look',
			`${lookWords[looked.look]}, the ${ordinal(looked.number)}; the error allowed in all is shared by all looks and comparisons`,
		],
		['above', `a candidate value is above a baseline one in ${Math.round(cles * 100)} % of pairs`],
		...(inflation > 1
			? [['dependence', `values resemble the one before: their variance counts ${inflation.toFixed(1)} times`] as const]
			: []),
		...(spread === undefined
			? []
			: [['spread', `! the candidate's values spread ${spread.toFixed(1)} times as wide as the baseline's`] as const]),
		...(open && looked.verdict === 'same'
			? [['not excluded', 'the interval reaches beyond what is allowed: same means not shown to differ'] as const]
			: []),
	];
}

const lookWords = {
	interim: 'before the end of the stage',
	end: 'at the end of the stage',
	late: 'after the end of the stage',
	left: 'as the stage was left',
} as const;

const ordinal = (number: number): string =>
	`${number}${number % 100 > 10 && number % 100 < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][number % 10] ?? 'th')}`;

const probability = (p: number): string => (p < 1e-4 ? p.toExponential(1) : String(Number(p.toPrecision(2))));

function testText({rule, test, pHigher, pLower, pMax}: Looked): string {
	const name =
		rule === 'counts'
			? "one value makes up most of the data: Fisher's exact test of how many lie beyond it"
			: `rank sum (Mann–Whitney), ${test}`;
	return `${name}; p ${probability(pHigher)} higher, ${probability(pLower)} lower, each must be at most ${probability(pMax)}`;
}

function nextLookText(line: CompareLine): string {
	const {followed, planned, spacingMs} = line;
	if (followed.nextCount !== undefined) return `at ${followed.nextCount} values`;
	const next = nextInterim(line);
	if (planned === 0) return `none is planned: the stage is shorter than ${formatDuration(spacingMs)}`;
	return next === undefined ? 'at the end of the stage' : `at ${next} values, and at the end of the stage`;
}
