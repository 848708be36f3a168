import {formatCountdown, formatDuration} from '../base/duration.ts';
import {formatValue} from '../base/number-format.ts';
import {boundText} from '../core/bound.ts';
import {budgetLines} from '../core/budget.ts';
import {instanceText} from '../core/instance-text.ts';
import {nextUp, promoteBlockers} from '../core/next.ts';
import {fromNum} from '../core/num.ts';
import {gradualNow} from '../core/reduce-gradual.ts';
import {percentText, stageText} from '../core/reduce-split.ts';
import type {SessionState} from '../core/state.ts';
import {connectTo} from './connect.ts';
import type {ExitCode} from './exit-codes.ts';
import {outputColumns, safe, say, sayJson} from './output.ts';
import {findSession} from './sessions-on-disk.ts';
import {stateOnDisk} from './state-on-disk.ts';
import {tableText} from './table.ts';
import {verdictCode} from './verdict.ts';
import {whoAmI} from './who.ts';

/** `canary status`: how a session stands; of one that is over, how it ended. */
export async function statusCommand(wanted: string | undefined, {json}: {json?: boolean}): Promise<ExitCode> {
	const session = findSession(wanted, 'any');
	if (session.status !== 'running') return show(session.name, session.status, await stateOnDisk(session.folder), json);
	const client = await connectTo(session, {role: 'read-only', who: whoAmI(undefined), once: true});
	const {state} = client.getSnapshot();
	client.close();
	return show(session.name, session.status, state, json);
}

async function show(name: string, status: string, state: SessionState, json: boolean | undefined): Promise<ExitCode> {
	const code = verdictCode(state);
	if (json) {
		const {plan, guardrails, stage, split, held, action, rollback, gradual, ended, alarms, tick, signOffs} = state;
		const next = nextUp(state);
		const summary = {
			session: name,
			status,
			exitCode: code,
			stage,
			split,
			held,
			action,
			rollback,
			gradual,
			ended,
			alarms,
			next,
			tick,
			guardrails,
			budget: budgetLines(state),
			signOffs,
			instance: state.instance,
		};
		sayJson({...summary, profile: plan?.profile, promoteBlockers: promoteBlockers(state)});
		return code;
	}
	for (const line of headLines(name, status, state)) say(safe(line));
	const rows = guardrailRows(state);
	if (rows.length > 0) say(await tableText(rows, outputColumns()));
	return code;
}

function headLines(name: string, status: string, state: SessionState): string[] {
	const {plan, stage, split, ended, rollback, held, canaryStartedAtMs, lastTMs} = state;
	const since =
		canaryStartedAtMs === undefined
			? 'not started'
			: `T+${formatDuration(Math.floor((lastTMs - canaryStartedAtMs) / 1_000) * 1_000)}`;
	const where = stage.index < 0 ? 'before the first weight' : stageText(plan?.stages ?? [], stage.index);
	const seen =
		split.observedPercent === undefined || split.observedPercent === null
			? 'no data'
			: percentText(fromNum(split.observedPercent));
	const asked = split.askedPercent === undefined ? 'nothing' : percentText(split.askedPercent);
	const configured = split.configured === undefined ? 'not read' : percentText(split.configured.weightPercent);
	const next = nextUp(state);
	const when = next.atTMs === undefined ? '' : ` in ${formatCountdown(next.atTMs - lastTMs)}`;
	return [
		`${name}  ${status}  ${since}  ${where}`,
		`split: asked ${asked} · configured ${configured} · seen ${seen}`,
		...(ended ? [`ended: ${ended.outcome}: ${ended.reason}`] : []),
		...(rollback && !ended ? [`rollback: ${rollback.reason}`] : []),
		...gradualText(state),
		...budgetText(state),
		...(held ? [`held by ${held.by}: ${held.reason}`] : []),
		...instanceLine(state),
		...Object.values(state.alarms).map(alarm => `ALARM: ${alarm}`),
		...(ended ? [] : [`next: ${next.text}${when}`]),
	];
}

/** `gradual rollback: 25 % → 0 %: step 2/6, by ana: no hurry`. */
function gradualText(state: SessionState): string[] {
	const {gradual} = state;
	const going = gradualNow(state);
	if (!going || !gradual) return [];
	return [`gradual rollback ${going.stands}, by ${gradual.by}${gradual.reason === '' ? '' : `: ${gradual.reason}`}`];
}

const instanceLine = (state: SessionState): string[] => {
	const told = instanceText(state, state.lastTMs);
	return told ? [`instance: ${told.text}`] : [];
};

/** `budget: critical 0/0 · rate-limited 4/5 (expected)`: used of allowed in this stage. */
function budgetText(state: SessionState): string[] {
	const pieces = budgetLines(state).map(
		({name, used, allowed, expected, spent}) =>
			`${name} ${used}/${allowed}${spent ? ' overspent' : ''}${expected ? ' (expected)' : ''}`,
	);
	return pieces.length === 0 ? [] : [`budget: ${pieces.join(' · ')}`];
}

function guardrailRows({plan, guardrails}: SessionState): Record<string, string>[] {
	return (plan?.guardrails ?? []).flatMap(guardrail => {
		const seen = guardrails[guardrail.id];
		if (!seen) return [];
		const {title, unit, bound} = guardrail;
		return [
			{
				guardrail: safe(title),
				status: seen.status,
				value: seen.worst ? formatValue(fromNum(seen.worst.value), unit, bound?.value) : 'no data',
				healthy: bound ? boundText(bound, limit => formatValue(limit, unit, limit)) : '-',
				why: seen.because === '' ? '-' : safe(seen.because),
			},
		];
	});
}
