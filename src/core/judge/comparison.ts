import type {Unit} from '../../base/number-format.ts';
import type {GuardrailPlan, Plan} from '../plan.ts';
import type {Direction} from './judge.ts';

/** One metric that is compared between the sides, over each stage. */
export type Comparison = {
	/** Unique in the plan. */
	readonly id: string;
	readonly title: string;
	readonly unit: Unit;
	/** PromQL, one series each: the same metric of either side. */
	readonly candidate: string;
	readonly baseline: string;
	readonly direction: Direction;
	/** How many times worse than the baseline it may be. */
	readonly allowed: number;
	/** What may go wrong in all, over all looks of a stage and all that is compared in it: 1 − confidence. */
	readonly alpha: number;
	/**
	 * Values closer together than this are not independent: the largest range of the two queries. Answers of `rate(x[5m])` five seconds
	 * apart share 98 % of their samples.
	 */
	readonly spacingMs: number;
	readonly staleAfterMs: number;
	/** Only in these stages, by index; absent: in all. What counts traffic is no comparison where the sides have different shares. */
	readonly stages?: readonly number[];
	/** The heading it stands under (`business`); empty is none. */
	readonly group: string;
};

export const comparedSides = ['candidate', 'baseline'] as const;
export type ComparedSide = (typeof comparedSides)[number];

/** The key of a side's answers in a tick. No guardrail can be called so. */
export const sideId = (id: string, side: ComparedSide): string => `compare/${id}/${side}`;

/** Whether a row is a side of a comparison: nobody acts on it, so nobody waits for it. */
export const isSideId = (id: string): boolean => id.startsWith('compare/');

/** A side as what sources are asked and answers are read by: a row without a bound. */
export const sideGuardrail = (comparison: Comparison, side: ComparedSide): GuardrailPlan => ({
	id: sideId(comparison.id, side),
	title: `${comparison.title} (${side})`,
	unit: comparison.unit,
	query: comparison[side],
	origin: 'query',
	forMs: 0,
	keepFiringForMs: 0,
	severity: 'info',
	onBreach: 'warn',
	security: false,
	noData: 'hold',
	noDataAfterMs: 0,
	staleAfterMs: comparison.staleAfterMs,
	windowMs: comparison.spacingMs,
	group: '',
});

/** Everything a plan asks a metrics source in a tick: its guardrails on queries, and both sides of its comparisons. */
export const askedOf = ({guardrails, compare = []}: Plan): readonly GuardrailPlan[] => [
	...guardrails.filter(({origin}) => origin === 'query'),
	...compare.flatMap(comparison => comparedSides.map(side => sideGuardrail(comparison, side))),
];

/** What is compared in a stage. */
export const comparedIn = (compare: readonly Comparison[] = [], stageIndex: number): readonly Comparison[] =>
	compare.filter(({stages}) => stages === undefined || stages.includes(stageIndex));
