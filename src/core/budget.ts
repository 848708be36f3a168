import {classesWithRest, classOf, type ErrorClass} from './error-class.ts';
import type {SessionEvent} from './event.ts';
import {fromNum} from './num.ts';
import type {SessionState} from './state.ts';
import {addLine} from './timeline.ts';

/** How many errors of a class a stage may have: so many, or a share of its requests. */
export type Allowance = {readonly count: number} | {readonly percent: number};

/** A budget that was overspent: latched, for an allowance that grows with the requests must not take a breach back. */
export type Spent = {readonly used: number; readonly allowed: number; readonly atMs: number; readonly tMs: number};

/** What one stage has used. Lines of the baseline alone spend nothing: the budget is the candidate's. */
export type StageBudget = {
	readonly stageIndex: number;
	/** Error lines, or what a counter grew by, by class. */
	readonly used: Readonly<Record<string, number>>;
	/** Lines that nobody had the time to look at: what class they were is not known. */
	readonly unread: number;
	/** Requests to the candidate in this stage, by the counter the profile names; absent before it was read twice. */
	readonly requests?: number;
	readonly spent: Readonly<Record<string, Spent>>;
};

export type BudgetState = {
	/** One for each stage that was entered, in order. */
	readonly stages: readonly StageBudget[];
	/** The mark up to which each counter is counted, by guardrail id: the requests', and those of error classes. */
	readonly counters?: Readonly<Record<string, number>>;
};

/** A line of the budget of a stage, for a screen, a status or a report. */
export type BudgetLine = {
	readonly name: string;
	readonly expected: boolean;
	readonly onSpent: ErrorClass['onSpent'];
	readonly allowance: Allowance;
	/** Now: a share is rounded up, and is never less than one. */
	readonly allowed: number;
	readonly used: number;
	readonly spent?: Spent;
};

/** A share of what has been requested so far, rounded up: the first error of a stage is never more than its share. */
export const allowedOf = (allowance: Allowance, requests: number): number =>
	'count' in allowance ? allowance.count : Math.max(1, Math.ceil((requests * allowance.percent) / 100 - 1e-9));

const emptyStage = (stageIndex: number): StageBudget => ({stageIndex, used: {}, unread: 0, spent: {}});

/** What a stage has used; empty for one that was never entered. */
export const stageBudget = ({budget}: SessionState, stageIndex: number): StageBudget =>
	budget.stages.find(one => one.stageIndex === stageIndex) ?? emptyStage(stageIndex);

/** The budgets of a stage with what is used of them, in the plan's order. */
export function budgetLines(state: SessionState, stageIndex: number = state.stage.index): readonly BudgetLine[] {
	const allowances = state.plan?.stages[stageIndex]?.budget ?? {};
	const {used, spent, requests = 0} = stageBudget(state, stageIndex);
	const classes = classesOf(state);
	return Object.entries(allowances).flatMap(([name, allowance]) => {
		const one = classes.find(({name: own}) => own === name);
		if (!one) return [];
		const over = own(spent, name);
		return [
			{
				name,
				expected: one.expected,
				onSpent: one.onSpent,
				allowance,
				allowed: allowedOf(allowance, requests),
				used: own(used, name) ?? 0,
				...(over && {spent: over}),
			},
		];
	});
}

const own = <Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined =>
	Object.hasOwn(record, key) ? record[key] : undefined;

export const classesOf = ({plan}: SessionState): readonly ErrorClass[] => classesWithRest(plan?.errorClasses ?? []);

/** `budget of critical errors overspent in stage 1: 1 of 0 allowed`. */
export const spentText = ({name, spent, used, allowed}: BudgetLine, stageIndex: number): string =>
	`the budget of ${name} errors is overspent in stage ${stageIndex + 1}: ${spent?.used ?? used} of ${spent?.allowed ?? allowed} allowed`;

/** Overspent budgets of the present stage that ask for this. */
export const overspent = (state: SessionState, onSpent: ErrorClass['onSpent']): readonly BudgetLine[] =>
	budgetLines(state).filter(line => line.spent !== undefined && line.onSpent === onSpent);

/** One batch of error lines, counted for the stage the session is in. After the way down or the end a stage has no budget left to spend. */
export function spend(state: SessionState, event: Extract<SessionEvent, {type: 'errors-seen'}>): SessionState {
	const {index} = state.stage;
	if (index < 0 || state.ended || state.rollback?.verifiedAtMs !== undefined) return state;
	const classes = classesOf(state);
	const present = stageBudget(state, index);
	const used = {...present.used};
	for (const group of event.groups) {
		if (group.side === 'baseline') continue;
		const name = classOf(classes, group);
		used[name] = (own(used, name) ?? 0) + group.count;
	}
	const counted = withStage(state, {...present, used, unread: present.unread + event.dropped});
	return markSpent(counted, event);
}

/** What is overspent from this event on: a line in the timeline, and a hold where that is what it asks for. */
function markSpent(state: SessionState, event: SessionEvent): SessionState {
	const {atMs, tMs} = event;
	const {index} = state.stage;
	let next = state;
	for (const line of budgetLines(state)) {
		if (line.spent || line.used <= line.allowed) continue;
		const present = stageBudget(next, index);
		const spent = {...present.spent, [line.name]: {used: line.used, allowed: line.allowed, atMs, tMs}};
		const text = spentText(line, index);
		next = addLine(withStage(next, {...present, spent}), event, line.onSpent === 'warn' ? 'notice' : 'breach', text);
		if (line.onSpent === 'hold' && !next.held && !next.rollback) {
			next = addLine({...next, held: {by: 'canary-console', reason: text, sinceMs: tMs}}, event, 'hold', `held: ${text}`);
		}
	}
	return next;
}

type Tick = Extract<SessionEvent, {type: 'tick-taken'}>;

/**
 * What the counters of a tick grew by: requests of the stage, and errors of the classes that have one. One that has no series yet,
 * before the candidate has traffic, stands at 0.
 */
export function countCounters(state: SessionState, event: Tick): SessionState {
	const {plan} = state;
	const classes = (plan?.errorClasses ?? []).filter(({counterId}) => counterId !== undefined);
	const ids = [...(plan?.requestsId === undefined ? [] : [plan.requestsId]), ...classes.flatMap(({counterId = ''}) => counterId)];
	const read = ids.flatMap(id => {
		const value = counterOf(state, event, id);
		return value === undefined ? [] : [[id, value] as const];
	});
	if (read.length === 0) return state;
	const before = state.budget.counters ?? {};
	const marks = read.map(([id, value]) => [id, markAfter(own(before, id), value)] as const);
	const next = {...state, budget: {...state.budget, counters: {...before, ...Object.fromEntries(marks)}}};
	const {index} = state.stage;
	if (index < 0 || state.ended || state.rollback?.verifiedAtMs !== undefined) return next;
	const grown = new Map(read.map(([id, value]) => [id, Math.max(0, value - (own(before, id) ?? value))]));
	const present = stageBudget(next, index);
	const errors = classes.flatMap(({name, counterId = ''}) => {
		const count = Math.round(grown.get(counterId) ?? 0);
		return count === 0 ? [] : [[name, (own(present.used, name) ?? 0) + count] as const];
	});
	const requests = plan?.requestsId === undefined ? undefined : grown.get(plan.requestsId);
	const isSeen = requests !== undefined && own(before, plan?.requestsId ?? '') !== undefined;
	const counted = withStage(next, {
		...present,
		used: {...present.used, ...Object.fromEntries(errors)},
		...(isSeen && {requests: (present.requests ?? 0) + requests}),
	});
	return errors.length === 0 ? counted : markSpent(counted, event);
}

/**
 * A sum over several processes falls when one of them isn't scraped, and rises again when it is: what was counted already is not
 * counted twice, so the mark stays. A fall to less than a tenth is a process that began anew: counted from there.
 */
const markAfter = (mark: number | undefined, value: number): number =>
	mark === undefined || value >= mark || value < mark / 10 ? value : mark;

function counterOf(state: SessionState, {readings}: Tick, id: string): number | undefined {
	const reading = own(readings, id);
	if (reading?.kind === 'empty') {
		const isUnborn = state.canaryStartedAtMs === undefined && own(state.budget.counters ?? {}, id) === undefined;
		return isUnborn ? 0 : undefined;
	}
	const value = reading?.kind === 'values' ? fromNum(reading.series[0]?.value ?? 'NaN') : Number.NaN;
	return Number.isFinite(value) ? value : undefined;
}

function withStage(state: SessionState, stage: StageBudget): SessionState {
	const others = state.budget.stages.filter(one => one.stageIndex !== stage.stageIndex);
	return {...state, budget: {...state.budget, stages: [...others, stage]}};
}
