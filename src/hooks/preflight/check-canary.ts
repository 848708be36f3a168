import {formatDuration} from '../../base/duration.ts';
import {formatValue} from '../../base/number-format.ts';
import {answerOf} from '../../core/answer.ts';
import {boundText} from '../../core/bound.ts';
import type {CheckResult} from '../../core/facts/preflight.ts';
import {fromNum} from '../../core/num.ts';
import type {GuardrailPlan} from '../../core/plan.ts';
import type {PreflightWhat, PromqlCheck} from '../../core/preflight-options.ts';
import {percentText} from '../../core/reduce-split.ts';
import {sameSplit} from '../../core/split.ts';
import type {HookPorts} from '../ports.ts';

type Of<Kind extends PreflightWhat['kind']> = Extract<PreflightWhat, {kind: Kind}>;

/** A check has to be judged as a guardrail is: by the same rules about NaN, silence and age. */
export const guardrailOf = ({query, unit, bound}: PromqlCheck): GuardrailPlan => ({
	id: 'preflight',
	title: 'pre-flight',
	unit,
	query,
	origin: 'query',
	bound,
	forMs: 0,
	keepFiringForMs: 0,
	severity: 'critical',
	onBreach: 'hold',
	security: false,
	noData: 'hold',
	noDataAfterMs: 0,
	staleAfterMs: 5 * 60_000,
	windowMs: 0,
	group: '',
});

/** A query whose value must lie in its bound. */
export async function checkPromql(
	check: PromqlCheck,
	timeoutMs: number,
	{ask}: HookPorts,
	signal: AbortSignal,
): Promise<CheckResult> {
	const guardrail = guardrailOf(check);
	const answer = answerOf(guardrail, await ask(check, timeoutMs, signal));
	const show = (value: number): string => formatValue(value, check.unit, check.bound.value);
	const wanted = boundText(check.bound, show);
	if (answer.kind === 'missing') {
		const isError = answer.status === 'error';
		const remedy = isError ? 'Can the metrics source be reached?' : `Does the query have data? ${check.query}`;
		return {ok: false, ...(isError && {unreachable: true}), message: `no value: ${answer.because}.`, remedy};
	}
	const value = show(fromNum(answer.worst.value));
	if (answer.kind === 'breaching') return {ok: false, message: `${value}, and ${wanted} is asked for.`};
	return {ok: true, message: `${value} (${wanted})`};
}

/** The baseline must be able to take everything back. */
export async function checkCapacity(
	{baseline, candidate}: Of<'capacity'>,
	{readSplit}: HookPorts,
	signal: AbortSignal,
): Promise<CheckResult> {
	const split = await readSplit(signal);
	if (!split.ok) return {ok: false, unreachable: true, message: split.error.message, remedy: split.error.remedy ?? ''};
	const {pools} = split.value;
	if (!pools) {
		const remedy = 'Use an "http" check on its servers in place of "capacity".';
		return {ok: false, message: 'this router does not say how many servers are up.', remedy};
	}
	const sides = [
		['baseline', pools.baseline, baseline ?? pools.baseline[1]],
		['candidate', pools.candidate, candidate ?? 0],
	] as const;
	for (const [side, [up, all], wanted] of sides) {
		if (up < wanted || (side === 'baseline' && up === 0)) {
			const message = `${up} of ${all} servers of the ${side} are up, and ${Math.max(1, wanted)} must be.`;
			const why =
				side === 'baseline' ? 'without them a rollback would have nowhere to go' : 'it could not take its first traffic';
			return {ok: false, message, remedy: `Bring them up first: ${why}.`};
		}
	}
	return {ok: true, message: `servers up: baseline ${pools.baseline.join('/')}, candidate ${pools.candidate.join('/')}`};
}

/** The split must be what everybody thinks it is. */
export async function checkSplit({percent}: Of<'split'>, {readSplit}: HookPorts, signal: AbortSignal): Promise<CheckResult> {
	const split = await readSplit(signal);
	if (!split.ok) return {ok: false, unreachable: true, message: split.error.message, remedy: split.error.remedy ?? ''};
	const seen = percentText(split.value.weightPercent);
	if (sameSplit(split.value.weightPercent, percent)) return {ok: true, message: `${seen} to the candidate`};
	return {
		ok: false,
		message: `${seen} goes to the candidate, not ${percentText(percent)}.`,
		remedy: 'Find out who moved it; set it back, or say the split that is right with "percent".',
	};
}

/** After a rollback of this profile a retry waits, unless a person gives a reason. */
export function checkCooldown(
	{afterMs}: Of<'cooldown'>,
	{lastRollback, nowMs}: HookPorts,
	override: string | undefined,
): CheckResult {
	const last = lastRollback();
	if (!last) return {ok: true, message: 'no rollback of this profile is known'};
	const sinceMs = Math.max(0, nowMs() - last.atMs);
	const since = `${last.session} was rolled back ${roughly(sinceMs)} ago`;
	if (sinceMs >= afterMs) return {ok: true, message: since};
	if (override !== undefined) return {ok: true, message: `${since}; overridden: ${override}`};
	return {
		ok: false,
		message: `${since}, and a retry waits ${formatDuration(afterMs)}: ${roughly(afterMs - sinceMs)} to go.`,
		remedy: 'Wait, or start with --override-cooldown "the reason".',
	};
}

/** To the second below an hour, to the minute above. */
const roughly = (ms: number): string => {
	const unit = ms < 3_600_000 ? 1_000 : 60_000;
	return formatDuration(Math.ceil(ms / unit) * unit);
};
