import {condense} from '../core/condense.ts';
import type {Fact} from '../core/event.ts';
import {guardrailInStage, type Plan} from '../core/plan.ts';
import type {Reading} from '../core/reading.ts';
import {stageOf} from '../core/reduce-tick.ts';
import type {SessionState} from '../core/state.ts';
import type {MetricsSource, TickAnswers} from '../sources/source.ts';
import type {ControllerClock, SessionTime} from './clock.ts';

export type PollerPorts = {
	readonly plan: Plan;
	readonly source: MetricsSource;
	readonly clock: ControllerClock;
	readonly time: SessionTime;
	readonly take: (fact: Fact) => void;
	readonly state: () => SessionState;
	readonly signal: AbortSignal;
	readonly complain: (fault: unknown) => void;
	/** Session time at which the grid begins. */
	readonly startMs: number;
};

/** What is left of a period for judging and acting before the next tick begins. */
const deadlineShare = 0.9;
/** A question may take this much longer than its deadline before its source counts as broken. */
const overtimeMs = 200;

/**
 * Asks all guardrails on a fixed grid of session time, one tick at a time: a slow answer is cut off before the next tick is due, a
 * tick whose time has passed is left out and counted, and none is ever made up for. Resolves when `signal` is aborted.
 */
export async function poll(ports: PollerPorts): Promise<void> {
	const {plan, clock, time, take, signal, startMs} = ports;
	let dueMs = startMs;
	while (!signal.aborted) {
		await clock.sleep(dueMs - time.tMs(), signal);
		if (signal.aborted) return;
		const wokeMs = time.tMs();
		const missed = Math.max(0, Math.floor((wokeMs - dueMs) / plan.pollMs));
		dueMs += missed * plan.pollMs;
		const jump = time.jumpMs();
		if (jump !== undefined) take({type: 'clock-jumped', byMs: jump});
		const answers = await ask(ports, plan.pollMs * deadlineShare);
		if (signal.aborted) return;
		take({type: 'tick-taken', dueMs, lateMs: Math.max(0, wokeMs - dueMs), missed, ...condenseAll(answers, ports.state())});
		dueMs += plan.pollMs;
	}
}

/** A source never throws and never hangs; should one do so all the same, its tick is one of errors. */
async function ask({plan, source, clock, signal, complain}: PollerPorts, deadlineMs: number): Promise<TickAnswers> {
	const over = new AbortController();
	const stop = AbortSignal.any([signal, over.signal]);
	const answer = (async () => await source.ask(deadlineMs, stop))().catch((fault: unknown) => {
		complain(fault);
		return allFailed(plan, {kind: 'error', error: 'internal', message: `${source.target}: ${String(fault)}`, tookMs: 0});
	});
	const late = new AbortController();
	const given = await Promise.race([answer, clock.sleep(deadlineMs + overtimeMs, AbortSignal.any([signal, late.signal]))]);
	late.abort();
	over.abort();
	if (given) return given;
	const message = `${source.target} did not answer within ${Math.round(deadlineMs)} ms.`;
	return allFailed(plan, {kind: 'error', error: 'timeout', message, tookMs: Math.round(deadlineMs)});
}

function allFailed({guardrails}: Plan, reading: Reading): TickAnswers {
	const asked = guardrails.filter(({origin}) => origin === 'query');
	return {readings: Object.fromEntries(asked.map(({id}) => [id, reading]))};
}

/** Of very many series the worst stay, by the bound that holds in the present stage. */
function condenseAll(answers: TickAnswers, state: SessionState): TickAnswers {
	const stage = stageOf(state);
	const plans = new Map(state.plan?.guardrails.map(guardrail => [guardrail.id, guardrailInStage(guardrail, stage)]));
	const readings = Object.entries(answers.readings).map(([id, reading]) => [id, condense(reading, plans.get(id))] as const);
	return {...answers, readings: Object.fromEntries(readings)};
}
