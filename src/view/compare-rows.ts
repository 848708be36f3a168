import {sanitize} from '../base/text.ts';
import {type CompareLine, type CompareVerdict, compareLines} from '../core/judge/compare-lines.ts';
import {type CompareCells, compareCells, explainComparison} from '../core/judge/compare-text.ts';
import {stageText} from '../core/reduce-split.ts';
import {spell} from './glyphs.ts';
import {fitRow, joinRows, type Row, row, span, type Tone, widthOf, wrapText} from './row.ts';
import type {Scene} from './scene.ts';

const tones: Readonly<Record<CompareVerdict, Tone>> = {
	same: 'good',
	better: 'good',
	worse: 'badStrong',
	'too few': 'unknown',
	'no data': 'unknown',
};

const verdictGlyph = ({glyphs}: Scene, verdict: CompareVerdict): string =>
	verdict === 'worse' ? glyphs.bad : verdict === 'same' || verdict === 'better' ? glyphs.ok : glyphs.unknown;

/** In order of what a person must know first. */
const classes: readonly {readonly word: string; readonly tone: Tone; readonly of: readonly CompareVerdict[]}[] = [
	{word: 'worse', tone: 'badStrong', of: ['worse']},
	{word: 'unknown', tone: 'unknown', of: ['no data', 'too few']},
	{word: 'ok', tone: 'good', of: ['same', 'better']},
];

/** `A/B (c) ✗ 1 worse · ✓ 3 ok`: one line beside the split; where there is little room, only what is worse. */
export function compareSummaryRows(scene: Scene, columns: number, onlyWorse: boolean): Row[] {
	const lines = compareLines(scene.state);
	const counts = classes.slice(0, onlyWorse ? 1 : 3).flatMap(({word, tone, of}): Row[] => {
		const [first, ...others] = lines.filter(({verdict}) => of.includes(verdict));
		return first ? [[span(`${verdictGlyph(scene, first.verdict)} ${1 + others.length} ${word}`, tone)]] : [];
	});
	if (counts.length === 0) return [];
	const pieces = joinRows(counts, span(` ${scene.glyphs.dot} `, 'dim'));
	return [fitRow([span('A/B ', 'dim'), span('(c) ', 'key'), ...pieces], columns, scene.glyphs.marks)];
}

type Cells = CompareCells & {readonly times: string};
type Column = {readonly key: keyof Cells; readonly title: string; readonly right: boolean};

const metric: Column = {key: 'metric', title: 'metric', right: false};
const sides: readonly Column[] = [
	{key: 'candidate', title: 'candidate', right: true},
	{key: 'baseline', title: 'baseline', right: true},
];
const ratio: Column = {key: 'ratio', title: 'ratio [interval]', right: true};
/** Without its interval. */
const short: Column = {key: 'times', title: 'ratio', right: true};
const count: Column = {key: 'n', title: 'n', right: true};

/** What goes first where there is no room: how many, then the medians. The ratio and the verdict stay. */
const choices: readonly (readonly Column[])[] = [
	[metric, ...sides, ratio, count],
	[metric, ...sides, ratio],
	[metric, ratio],
	[metric, short],
];

const gap = 2;
const metricMin = 10;
const verdictColumns = '✗ too few'.length;

/** Candidate against baseline, one row a metric; then of each why it stands as it does. */
export function compareDetail(scene: Scene, columns: number): readonly Row[] {
	const {state, glyphs} = scene;
	const lines = compareLines(state);
	const {plan} = state;
	if (lines.length === 0 || !plan) return [row('the profile compares nothing', 'dim')];
	const names = `candidate ${plan.candidate.name} against baseline ${plan.baseline.name}`;
	const where = state.stage.index < 0 ? 'begins with the first stage' : `over ${stageText(plan.stages, state.stage.index)}`;
	return [
		row(sanitize(`${names}, ${where}`, columns, glyphs.marks), 'dim'),
		row(''),
		...tableRows(scene, lines, columns),
		...lines.flatMap(line => [row(''), ...whyRows(scene, line, columns)]),
	];
}

function tableRows(scene: Scene, lines: readonly CompareLine[], columns: number): readonly Row[] {
	const {marks} = scene.glyphs;
	const cells = lines.map(line => ({line, cells: cleaned(scene, line)}));
	const widths = new Map(
		[metric, ...sides, ratio, short, count].map(({key, title}) => [
			key,
			Math.max(widthOf(title), ...cells.map(one => widthOf(one.cells[key]))),
		]),
	);
	const need = (shown: readonly Column[]): number =>
		shown.reduce((sum, {key}) => sum + (key === 'metric' ? metricMin : (widths.get(key) ?? 0)) + gap, verdictColumns);
	const shown = choices.find(choice => need(choice) <= columns) ?? [metric];
	const others = need(shown) - metricMin;
	widths.set('metric', Math.max(metricMin, Math.min(widths.get('metric') ?? 0, columns - others)));
	const cell = (text: string, {key, right}: Column, tone: Tone): Row => {
		const width = widths.get(key) ?? 0;
		const padded = right ? text.padStart(width - widthOf(text) + text.length) : text;
		return [...fitRow([span(padded, tone)], width, marks), span(' '.repeat(gap))];
	};
	const head: Row = [...shown.flatMap(column => cell(column.title, column, 'dim')), span('verdict', 'dim')];
	return [
		head,
		...cells.map(({line, cells: texts}): Row => {
			const verdict = span(`${verdictGlyph(scene, line.verdict)} ${line.verdict}`, tones[line.verdict]);
			return [...shown.flatMap(column => cell(texts[column.key], column, column.key === 'metric' ? 'strong' : 'text')), verdict];
		}),
	];
}

function cleaned(scene: Scene, line: CompareLine): Cells {
	const clean = (text: string): string => spell(sanitize(text, 80, scene.glyphs.marks), scene.glyphs);
	const {metric: title, candidate, baseline, ratio: times, n, verdict} = compareCells(line);
	return {
		metric: clean(title),
		candidate: clean(candidate),
		baseline: clean(baseline),
		ratio: clean(times),
		times: clean(times.split(' ')[0] ?? ''),
		n,
		verdict,
	};
}

const labelColumns = 13;

function whyRows(scene: Scene, line: CompareLine, columns: number): readonly Row[] {
	const {glyphs} = scene;
	const title: Row = [
		span(`${verdictGlyph(scene, line.verdict)} `, tones[line.verdict]),
		span(sanitize(line.comparison.title, columns - 2, glyphs.marks), 'strong'),
	];
	const texts = explainComparison(line).flatMap(([label, text]) => {
		const width = Math.max(12, columns - labelColumns);
		const wrapped = wrapText(spell(sanitize(text, 2_000, glyphs.marks), glyphs), width, 6, glyphs.marks);
		return wrapped.map((part, index): Row => [span((index === 0 ? label : '').padEnd(labelColumns), 'dim'), span(part)]);
	});
	return [title, ...texts];
}
