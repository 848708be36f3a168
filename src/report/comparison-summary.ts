import {type CompareLine, compareLines, linesOf} from '../core/judge/compare-lines.ts';
import {compareCells, explainComparison} from '../core/judge/compare-text.ts';
import {clean} from './clean.ts';
import {md, mdList, mdSections, mdTable} from './markdown.ts';
import type {Summary} from './model.ts';
import type {ComparisonSummary, StageSummary} from './model-stage.ts';
import type {Recorded, StagePeriod} from './recorded.ts';
import {refOf, refText} from './ref.ts';
import type {Table} from './tables.ts';

/** Candidate against baseline over one stage, as it was judged in it; a gate as it stood when the stage was left. */
export function comparisonsOf(
	{state}: Recorded,
	{index, entered, exited, atDecision}: StagePeriod,
): readonly ComparisonSummary[] {
	const compared = state.compare?.stages.find(one => one.stageIndex === index && one.enteredAtMs === entered.tMs);
	if (!compared) return [];
	const gates = state.plan?.stages[index]?.compare ?? [];
	const atLeaving = new Map(atDecision ? compareLines(atDecision.state).map(line => [line.comparison.id, line]) : []);
	const events = refOf(entered.seq, atDecision ? Math.max(0, atDecision.seq - 1) : (exited?.seq ?? state.nextSeq - 1));
	return linesOf(state, compared).map(line => {
		const isGate = gates.includes(line.comparison.id);
		const {verdict} = atLeaving.get(line.comparison.id) ?? line;
		return {...summaryOf(line), gate: isGate, holds: !isGate || verdict === 'same' || verdict === 'better', events};
	});
}

function summaryOf(line: CompareLine): Omit<ComparisonSummary, 'gate' | 'holds' | 'events'> {
	const {comparison, verdict, n, text, candidate, baseline, followed} = line;
	const {metric, candidate: candidateText, baseline: baselineText, ratio: ratioText} = compareCells(line);
	const {ratio, ratioLow, ratioHigh} = followed.looked ?? {};
	return {
		id: comparison.id,
		title: clean(metric),
		unit: comparison.unit,
		verdict,
		n,
		...(candidate !== undefined && {candidate}),
		...(baseline !== undefined && {baseline}),
		...(ratio !== undefined && {ratio}),
		...(ratioLow !== undefined && {ratioLow}),
		...(ratioHigh !== undefined && {ratioHigh}),
		texts: {candidate: candidateText, baseline: baselineText, ratio: ratioText},
		because: clean(text),
		why: explainComparison(line)
			.filter(([label]) => label !== 'next look')
			.map(([label, one]) => `${label}: ${clean(one)}`),
	};
}

const glyphs = {same: '✓', better: '✓', worse: '✗', 'too few': '?', 'no data': '?'} as const;

/** One row a metric. */
export const comparisonTable = ({comparisons}: StageSummary): Table => ({
	titles: ['A/B', 'Candidate', 'Baseline', 'Ratio', 'n', 'Verdict', 'Gate', 'Events'],
	rows: comparisons.map(({title, texts, n, verdict, gate, holds, events}) => [
		title,
		texts.candidate,
		texts.baseline,
		texts.ratio,
		String(n),
		`${glyphs[verdict]} ${verdict}`,
		gate ? (holds ? '✓ holds' : '✗ does not hold') : '–',
		refText(events),
	]),
	numeric: [1, 2, 3, 4],
});

/** AB_REPORT.md: candidate and baseline side by side, stage by stage, with what each verdict stands on. */
export function abReport(summary: Summary, heads: readonly string[]): string {
	const {titles, rows} = overview(summary);
	const stages = summary.stages.filter(({comparisons}) => comparisons.length > 0);
	return `${mdSections([
		[`# A/B report: ${md(summary.candidate)} against ${md(summary.baseline)}`, mdList(heads)],
		['## Over all stages', rows.length === 0 ? 'Nothing was compared: no stage was entered.' : mdTable(titles, rows)],
		...stages.map((stage): readonly [string, ...string[]] => {
			const table = comparisonTable(stage);
			return [
				`## ${md(stage.name)}`,
				mdTable(table.titles, table.rows),
				...stage.comparisons.map(({title, why}) => `### ${md(title)}\n\n${mdList(why)}`),
			];
		}),
		['## How to read it', howTo],
	])}\n`;
}

const howTo =
	'Medians are of values far enough apart not to share samples. The ratio is candidate over baseline (Hodges–Lehmann), with the interval of the look it was told by. "Same" means not shown to differ by more than is allowed. All looks of a stage share the error that its confidence allows.';

/** The verdict of each metric in each stage. */
function overview({stages}: Summary): Table {
	const compared = stages.filter(({comparisons}) => comparisons.length > 0);
	const metrics = compared[0]?.comparisons ?? [];
	return {
		titles: ['Metric', ...compared.map(({name}) => name)],
		rows: metrics.map(({id, title}) => [
			title,
			...compared.map(({comparisons}) => {
				const one = comparisons.find(other => other.id === id);
				return one ? `${glyphs[one.verdict]} ${one.verdict}${one.texts.ratio === '-' ? '' : `, ${one.texts.ratio}`}` : '–';
			}),
		]),
	};
}
