import {fromNum} from './num.ts';
import type {GuardrailState, SessionState} from './state.ts';
import {
	addToTrend,
	type Piece,
	piecesMin,
	type Trend,
	type TrendGate,
	trendGateText,
	trendHolds,
	trendOf,
	trendText,
} from './trend.ts';

/** The values of the present stage that its trend gates are judged by. */
export type TrendState = {
	/** The stage they belong to, by the time it was entered. */
	readonly enteredAtMs: number;
	readonly pieces: Readonly<Record<string, readonly Piece[]>>;
};

const gatesOf = ({plan, stage}: SessionState): Readonly<Record<string, TrendGate>> => plan?.stages[stage.index]?.trends ?? {};

/** A value that is not believed (too old, too few requests) is kept to be shown, not to be judged by. */
export const believed = ({worst, noDataSinceMs, worstAtMs, readAtMs}: GuardrailState): number | undefined =>
	worst && noDataSinceMs === undefined && worstAtMs === readAtMs ? fromNum(worst.value) : undefined;

/** The values of one tick, due at `dueMs`, taken into the trends of the stage. A new stage begins anew. */
export function followTrends(state: SessionState, dueMs: number): SessionState {
	const gates = Object.entries(gatesOf(state));
	const {enteredAtMs} = state.stage;
	if (gates.length === 0 || state.rollback || state.ended || dueMs < enteredAtMs) return state;
	const before = piecesOf(state);
	const after = gates.flatMap(([id, gate]) => {
		const seen = state.guardrails[id];
		const value = seen?.readAtMs === dueMs ? believed(seen) : undefined;
		const pieces = Object.hasOwn(before, id) ? (before[id] ?? []) : [];
		const next = value === undefined ? pieces : addToTrend(pieces, gate, dueMs - enteredAtMs, value);
		return next.length === 0 ? [] : [[id, next] as const];
	});
	return {...state, trends: {enteredAtMs, pieces: Object.fromEntries(after)}};
}

const piecesOf = ({trends, stage}: SessionState): TrendState['pieces'] =>
	trends?.enteredAtMs === stage.enteredAtMs ? trends.pieces : {};

/** A trend gate of the present stage as it stands. */
export type TrendLine = {
	readonly id: string;
	readonly gate: TrendGate;
	readonly trend?: Trend;
	readonly holds: boolean;
	/** `Memory < 1 % per hour`. */
	readonly title: string;
	/** `3.2 % per hour (95 %: 2.1 % to 4.3 %)`, or why there is none. */
	readonly text: string;
};

/** The trend gates of the present stage. One without a slope doesn't hold. */
export function trendLines(state: SessionState): readonly TrendLine[] {
	const pieces = piecesOf(state);
	return Object.entries(gatesOf(state)).flatMap(([id, gate]) => {
		const guardrail = state.plan?.guardrails.find(one => one.id === id);
		if (!guardrail) return [];
		const own = Object.hasOwn(pieces, id) ? (pieces[id] ?? []) : [];
		const trend = trendOf(own, gate);
		const few = own.length < piecesMin ? `${own.length} of at least ${piecesMin} pieces` : 'its values tell no slope';
		return [
			{
				id,
				gate,
				...(trend && {trend}),
				holds: trend !== undefined && trendHolds(gate, trend),
				title: `${guardrail.title} ${trendGateText(gate, guardrail.unit)}`,
				text: trend ? trendText(gate, trend, guardrail.unit) : few,
			},
		];
	});
}

/** The trend gates of the present stage that don't hold, one clause each. */
export const failingTrends = (state: SessionState): readonly string[] =>
	trendLines(state).flatMap(({holds, trend, title, text}) =>
		holds ? [] : [trend ? `the trend ${title} does not hold: ${text}` : `the trend ${title} has no value: ${text}`],
	);
