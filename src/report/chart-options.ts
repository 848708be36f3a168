import {formatElapsed} from '../base/duration.ts';
import {formatValue} from '../base/number-format.ts';
import {guardrailInStage} from '../core/plan.ts';
import {type ChartPoint, chartPoints, guardrailPoints} from './chart-points.ts';
import type {Summary} from './model.ts';
import type {GuardrailSummary} from './model-stage.ts';
import type {Recorded} from './recorded.ts';

/** What the charting library draws: plain data, in its own terms. Colours are variables of the page, so that it can be light or dark. */
export type ChartOption = Readonly<Record<string, unknown>>;

export type Chart = {readonly width: number; readonly height: number; readonly option: ChartOption};

const text = {color: 'var(--muted)', fontFamily: 'inherit', fontSize: 11};
const still = {animation: false, silent: true, symbol: 'none', emphasis: {disabled: true}} as const;

const base = (summary: Summary, format: (value: number) => string) => ({
	animation: false,
	textStyle: {fontFamily: 'inherit'},
	grid: {left: 64, right: 14, top: 14, bottom: 24},
	xAxis: {
		type: 'value',
		min: 0,
		max: Math.max(1, summary.window?.lastedMs ?? 1),
		interval: tickEvery(summary.window?.lastedMs ?? 1),
		axisLabel: {...text, showMaxLabel: false, hideOverlap: true, formatter: (ms: number) => formatElapsed(ms)},
		axisLine: {lineStyle: {color: 'var(--rule)'}},
		axisTick: {lineStyle: {color: 'var(--rule)'}},
		splitLine: {show: false},
	},
	yAxis: {
		type: 'value',
		scale: true,
		splitNumber: 3,
		axisLabel: {...text, formatter: format},
		splitLine: {lineStyle: {color: 'var(--grid)'}},
		axisLine: {show: false},
	},
});

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400];
const tickEvery = (lastedMs: number): number =>
	1_000 * (steps.find(seconds => lastedMs / 1_000 / seconds <= 6) ?? 86_400 * Math.ceil(lastedMs / 86_400_000 / 6));

const gapAsNull = (value: number): number | null => (Number.isNaN(value) ? null : value);

/** Median as a line, lowest to highest as a band, bounds as dashed lines (as they held in each stage), stages as thin uprights. */
export function guardrailChart(recorded: Recorded, summary: Summary, guardrail: GuardrailSummary): Chart {
	const points = guardrailPoints(recorded, summary, guardrail);
	const {unit} = guardrail;
	const bounds = boundLines(recorded, summary, guardrail.id);
	const known = points.flatMap(({low, high}) => (Number.isNaN(low) ? [] : [low, high]));
	const all = [...known, ...bounds.map(({value}) => value)];
	const [low, high] = [Math.min(...all), Math.max(...all)];
	const room = high > low ? (high - low) * 0.08 : Math.max(1, Math.abs(high) * 0.1);
	const isSigned = known.some(value => value < 0);
	const min = isSigned || low - room > 0 ? low - room : 0;
	const options = base(summary, value => formatValue(Number(value.toPrecision(6)), unit));
	return {
		width: 560,
		height: 180,
		option: {
			...options,
			yAxis: {
				...options.yAxis,
				...(all.length > 0 && {min, max: high + room}),
				axisLabel: {...options.yAxis.axisLabel, showMinLabel: min === 0, showMaxLabel: false},
			},
			series: [
				{
					...still,
					type: 'line',
					stack: 'band',
					stackStrategy: 'all',
					lineStyle: {opacity: 0},
					data: points.map(one => [one.tMs, gapAsNull(one.low)]),
				},
				{
					...still,
					type: 'line',
					stack: 'band',
					stackStrategy: 'all',
					lineStyle: {opacity: 0},
					areaStyle: {color: 'var(--band)', opacity: 1},
					data: points.map(one => [one.tMs, gapAsNull(one.high - one.low)]),
				},
				{
					...still,
					type: 'line',
					lineStyle: {color: 'var(--line)', width: 1.6},
					data: points.map(one => [one.tMs, gapAsNull(one.middle)]),
					markLine: uprights(summary),
				},
				...bounds.map(({fromMs, toMs, value}) => ({
					...still,
					type: 'line',
					lineStyle: {color: 'var(--bad)', width: 1.2, type: 'dashed'},
					data: [
						[fromMs, value],
						[toMs, value],
					],
				})),
				breachDots(summary, guardrail, points),
			],
		},
	};
}

type BoundLine = {readonly fromMs: number; readonly toMs: number; readonly value: number};

function boundLines({plan}: Recorded, {window, stages}: Summary, id: string): readonly BoundLine[] {
	const planned = plan?.guardrails.find(one => one.id === id);
	if (!planned || !window) return [];
	return stages.flatMap(({index, entered, exited}) => {
		const {bound} = guardrailInStage(planned, plan?.stages[index]);
		if (!bound) return [];
		return [{fromMs: entered.tMs - window.from.tMs, toMs: (exited ?? window.to).tMs - window.from.tMs, value: bound.value}];
	});
}

/** A thin line where a stage begins, with its weight. */
function uprights({stages, window}: Summary) {
	return {
		...still,
		symbol: 'none',
		lineStyle: {color: 'var(--rule)', width: 1, type: 'solid'},
		label: {
			show: true,
			position: 'insideEndTop',
			rotate: 0,
			align: 'left',
			distance: [4, -12],
			color: 'var(--muted)',
			fontSize: 10,
			formatter: '{b}',
		},
		data: stages.map(({entered, exited, weightPercent}) => ({
			// A stage too narrow for its label goes without.
			name: (exited ?? window?.to ?? entered).tMs - entered.tMs > (window?.lastedMs ?? 0) / 10 ? `${weightPercent} %` : '',
			xAxis: entered.tMs - (window?.from.tMs ?? 0),
		})),
	};
}

function breachDots({episodes, window}: Summary, {id}: GuardrailSummary, points: readonly ChartPoint[]) {
	const dots = episodes.flatMap(({guardrail, breached}) => {
		if (guardrail !== id || !breached || !window) return [];
		const tMs = breached.tMs - window.from.tMs;
		const near = points.findLast(point => point.tMs <= tMs && !Number.isNaN(point.middle));
		return near ? [[tMs, near.middle]] : [];
	});
	return {...still, type: 'scatter', symbol: 'circle', symbolSize: 9, itemStyle: {color: 'var(--bad)'}, data: dots.slice(0, 200)};
}

/** The candidate's weight as the router read it, and, where it is measured, the share seen in the traffic. */
export function splitChart(recorded: Recorded, summary: Summary): Chart {
	const {window, stages} = summary;
	const options = base(summary, value => `${value} %`);
	const from = window?.from.tMs ?? 0;
	const steps = stages.flatMap(({entered, exited, weightPercent}) => [
		[entered.tMs - from, weightPercent],
		[(exited ?? window?.to ?? entered).tMs - from, weightPercent],
	]);
	const isOut = stages.at(-1)?.end === 'rolled-back';
	const last = steps.at(-1)?.[0] ?? 0;
	const seen = chartPoints(recorded, summary, index => recorded.ticks.observed.at(index));
	return {
		width: 1_140,
		height: 150,
		option: {
			...options,
			yAxis: {...options.yAxis, scale: false, min: 0, max: 100, interval: 25},
			series: [
				{
					...still,
					type: 'line',
					lineStyle: {color: 'var(--line)', width: 2},
					areaStyle: {color: 'var(--band)', opacity: 1},
					data: isOut ? [...steps, [last, 0]] : steps,
				},
				{
					...still,
					type: 'line',
					lineStyle: {color: 'var(--seen)', width: 1.2},
					data: seen.map(one => [one.tMs, gapAsNull(one.middle)]),
				},
			],
		},
	};
}
