import {formatAge, formatDuration} from '../base/duration.ts';
import {formatValue} from '../base/number-format.ts';
import {sanitize} from '../base/text.ts';
import {fromNum} from '../core/num.ts';
import type {Labels, Reading} from '../core/reading.ts';
import {trendLines} from '../core/trend-state.ts';
import {chart} from './chart.ts';
import {spell} from './glyphs.ts';
import {consequence, lookOf, valueAge} from './guardrail-look.ts';
import {fitRow, type Row, row, span, type Tone, widthOf, wrapText} from './row.ts';
import type {Scene} from './scene.ts';
import {fullLimitText, type GuardrailView, guardrailViews, stretchOf, valueText} from './values.ts';

const chartRowsMax = 16;
const labelColumns = 12;

/** Everything about one guardrail: what it says and why, its chart, its bounds, its query, every series. */
export function detailRows(scene: Scene, id: string, columns: number, height: number): readonly Row[] {
	const view = guardrailViews(scene.state).find(({plan}) => plan.id === id);
	if (!view) return [row('this guardrail is not in the plan', 'dim')];
	return [
		...statusRows(scene, view, columns),
		row(''),
		...chartRows(scene, view, columns, Math.max(3, Math.min(chartRowsMax, Math.floor(height / 2.5)))),
		row(''),
		...boundRows(scene, view, columns),
		...labelled(scene, 'query', view.plan.query, columns, 'text', 6),
		row(''),
		...answerRows(scene, view, columns),
	];
}

export const detailTitle = (scene: Scene, id: string): string => {
	const plan = scene.state.plan?.guardrails.find(one => one.id === id);
	return sanitize(plan?.title ?? id, 40, scene.glyphs.marks);
};

/** `label       text`, wrapped under itself. */
function labelled(scene: Scene, label: string, text: string, columns: number, tone: Tone = 'text', linesMax = 3): Row[] {
	const {glyphs} = scene;
	const room = Math.max(8, columns - labelColumns);
	const safe = sanitize(spell(text, glyphs), room * linesMax, glyphs.marks);
	return wrapText(safe, room, linesMax, glyphs.marks).map((line, index) => [
		span((index === 0 ? label : '').padEnd(labelColumns), 'dim'),
		span(line, tone),
	]);
}

function statusRows(scene: Scene, view: GuardrailView, columns: number): Row[] {
	const {plan, now} = view;
	const look = lookOf(scene, view);
	const age = valueAge(scene, view);
	const value = now?.worst ? valueText(now.worst.value, plan.unit, plan.bound) : 'no data';
	const since = now ? `for ${formatAge(Math.max(0, scene.now.tMs - now.sinceMs))}` : '';
	const next = consequence(scene, view);
	const limit = plan.bound ? `healthy ${spell(fullLimitText(plan.bound, plan.unit), scene.glyphs)}` : 'no bound: only shown';
	return [
		[
			span(`${look.glyph} ${look.word}`, look.strong),
			span(`  ${value}`, look.strong),
			span(`   ${limit}`),
			span(`   ${since}`, 'dim'),
			span(Number.isFinite(age.ageMs) ? `   ${formatAge(age.ageMs)} old` : '', age.isOld ? 'warn' : 'dim'),
		],
		...(now?.because ? labelled(scene, 'because', now.because, columns, look.tone) : []),
		...(next === undefined ? [] : labelled(scene, 'then', next, columns, look.tone)),
		...(now?.acknowledgedBy ? labelled(scene, 'seen by', now.acknowledgedBy, columns) : []),
	];
}

function chartRows(scene: Scene, {plan, now}: GuardrailView, columns: number, rows: number): Row[] {
	const history = now?.history ?? [];
	const stretch = stretchOf(scene);
	if (history.length === 0) return [row('no history yet', 'dim')];
	const lines = chart(history, {
		...stretch,
		columns: Math.min(columns, 140),
		rows,
		glyphs: scene.glyphs,
		...(plan.bound && {bound: plan.bound}),
		tone: lookOf(scene, {plan, now}).tone === 'stale' ? 'stale' : 'good',
		format: value => spell(formatValue(value, plan.unit), scene.glyphs),
	});
	const known = history.flatMap(([, value]) => (value === null || !Number.isFinite(fromNum(value)) ? [] : [fromNum(value)]));
	const gaps = history.filter(([, value]) => value === null).length;
	const range =
		known.length === 0
			? 'no value'
			: `lowest ${formatValue(Math.min(...known), plan.unit)}, highest ${formatValue(Math.max(...known), plan.unit)}`;
	const text = `last ${formatDuration(stretch.spanMs)}: ${range}; ${history.length} answers, ${gaps} without data; breached ${now?.breaches ?? 0} times`;
	return [...lines, ...labelled(scene, 'history', text, columns, 'dim')];
}

const noDataWords = {
	hold: 'nothing goes forward',
	fail: 'counts as a breach',
	ok: 'counts as ok',
	zero: 'counts as zero',
} as const;
const actionWords = {rollback: 'rolls back', hold: 'holds', warn: 'only warns'} as const;

function boundRows(scene: Scene, {plan}: GuardrailView, columns: number): Row[] {
	const {unit} = plan;
	const gate = scene.state.plan?.stages[scene.state.stage.index]?.gates[plan.id];
	const wait = (ms: number): string => (ms === 0 ? 'at once' : `after ${formatDuration(ms)}`);
	const facts: (readonly [string, string])[] = [
		[
			'bound',
			plan.bound
				? `${fullLimitText(plan.bound, unit)}; outside it ${wait(plan.forMs)} it ${actionWords[plan.onBreach]}${plan.security ? ', as a security matter' : ''}`
				: 'none',
		],
		...(plan.severe
			? [['severe', `${fullLimitText(plan.severe.bound, unit)}; outside it ${wait(plan.severe.forMs)}`] as const]
			: []),
		...(plan.warn ? [['warning', fullLimitText(plan.warn, unit)] as const] : []),
		...(gate ? [['gate', `${fullLimitText(gate, unit)} at the end of this stage`] as const] : []),
		...trendLines(scene.state).flatMap(({id, title, text, holds}) =>
			id === plan.id
				? [['trend', `${title} at the end of this stage; now ${text}${holds ? '' : ': does not hold'}`] as const]
				: [],
		),
		['no data', `${noDataWords[plan.noData]}, after ${formatDuration(plan.noDataAfterMs)}`],
		[
			'severity',
			`${plan.severity}${plan.keepFiringForMs > 0 ? `; counts ${formatDuration(plan.keepFiringForMs)} beyond its end` : ''}`,
		],
		...(plan.minRequests ? [['floor', `${plan.minRequests.query} ≥ ${formatValue(plan.minRequests.min, '/s')}`] as const] : []),
		...(plan.windowMs > 0 ? [['window', windowText(scene, plan.windowMs)] as const] : []),
	];
	return facts.flatMap(([label, text]) => labelled(scene, label, text, columns));
}

/** `20 s of 5m`: a range that reaches back before the candidate had traffic still holds the baseline's past, or nothing. */
function windowText({state, now}: Scene, windowMs: number): string {
	const liveMs = state.canaryStartedAtMs === undefined ? 0 : now.tMs - state.canaryStartedAtMs;
	return liveMs >= windowMs
		? `${formatDuration(windowMs)}, full`
		: `${formatAge(liveMs)} of ${formatDuration(windowMs)}: warming up`;
}

function answerRows(scene: Scene, {plan, now}: GuardrailView, columns: number): Row[] {
	const reading: Reading | undefined = now?.reading;
	if (!reading) return [row('not asked yet', 'dim')];
	if (reading.kind === 'error') return labelled(scene, 'answer', `${reading.error}: ${reading.message}`, columns, 'unknown', 4);
	const up = reading.up ? [`${reading.up[0]} of ${reading.up[1]} targets up`] : [];
	const warnings = (reading.warnings ?? []).flatMap(warning => labelled(scene, 'server says', warning, columns, 'warn', 3));
	if (reading.kind === 'empty')
		return [...labelled(scene, 'answer', ['no series', ...up].join(', '), columns, 'unknown'), ...warnings];
	const requests =
		reading.requests === undefined
			? []
			: [reading.requests === null ? 'rate of requests unknown' : `${valueText(reading.requests, '/s')} requests`];
	const age = reading.ageMs === undefined ? [] : [`newest sample ${formatAge(reading.ageMs)} old when read`];
	const summary = [
		`${reading.seriesCount} series`,
		`answered in ${Math.round(reading.tookMs)} ms`,
		...age,
		...up,
		...requests,
	].join(', ');
	const values = reading.series.map(({value}) => valueText(value, plan.unit, plan.bound));
	const valueColumns = Math.max(...values.map(widthOf));
	return [
		...labelled(scene, 'answer', summary, columns),
		...warnings,
		...reading.series.map(({labels}, index): Row => {
			const value = values[index] ?? '';
			return [
				span(' '.repeat(labelColumns + Math.max(0, valueColumns - widthOf(value)))),
				span(value, index === 0 ? 'strong' : 'text'),
				...fitRow(
					[span(`  ${sanitize(labelsText(labels), columns, scene.glyphs.marks)}`, 'dim')],
					Math.max(0, columns - labelColumns - valueColumns),
					scene.glyphs.marks,
				),
			];
		}),
		...(reading.seriesCount > reading.series.length
			? [row(`${' '.repeat(labelColumns)}and ${reading.seriesCount - reading.series.length} more`, 'dim')]
			: []),
	];
}

const labelsText = (labels: Labels): string => {
	const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
	return pairs.length === 0 ? '{}' : `{${pairs.join(', ')}}`;
};
