import {assert, unreachable} from '../base/assert.ts';
import {askRunbook} from './ask-runbook.ts';
import {whyNoRestart, whyNotStop} from './decide-instance.ts';
import type {Fact, Who} from './event.ts';
import {planGradual, whyGradual} from './facts/gradual.ts';
import {whyNoRebalance} from './facts/rebalance.ts';
import {whyNotSign} from './facts/sign-off.ts';
import {nextStageIndex, promoteBlockers} from './next.ts';
import {armedForMs, type Command, type Role} from './protocol.ts';
import {whyNoPreflight} from './reduce-preflight.ts';
import {runningCommands} from './reduce-runbook.ts';
import type {SessionState} from './state.ts';

export type Asker = {
	readonly role: Role;
	readonly who: Who /** Session time until which this console is armed. */;
	readonly armedUntilMs?: number;
	/** The session's name, which a command's arguments may have in them. */
	readonly session?: string;
};

/** The fact to take, whether it says yes or no: refusals are recorded too. */
export type Admission = {readonly accepted: boolean; readonly fact: Fact; readonly reason: string};

/**
 * Whether a command may be carried out now, asked by this one. Leaving is always allowed but to a read-only console: in every
 * state, armed or not. Going on needs rights, and a state in which nothing stands against it.
 */
export function admit(state: SessionState, command: Command, asker: Asker, nowMs: number): Admission {
	const refusal = whyNot(state, command, asker, nowMs);
	const {who} = asker;
	if (refusal !== undefined) {
		return {
			accepted: false,
			reason: refusal,
			fact: {type: 'command-refused', by: who, command: command.command, reason: refusal},
		};
	}
	return {accepted: true, reason: '', fact: factOf(state, command, asker, nowMs)};
}

function whyNot(state: SessionState, command: Command, asker: Asker, nowMs: number): string | undefined {
	if (asker.role === 'read-only') return 'this console is read-only';
	switch (command.command) {
		case 'rollback-gradually': {
			const made = planGradual(state, command, asker.who, command.reason);
			return typeof made === 'string' ? made : undefined;
		}
		case 'rollback':
		case 'snapshot':
		case 'note':
		case 'dashboard':
		case 'arm':
			return undefined;
		case 'acknowledge':
			return Object.hasOwn(state.guardrails, command.guardrail) ? undefined : `there is no guardrail "${command.guardrail}"`;
		case 'sign':
			return rights(asker, nowMs) ?? whyNotSign(state, command.role);
		case 'promote':
			return rights(asker, nowMs) ?? promoteBlockers(state, nowMs)[0];
		case 'hold':
			return rights(asker, nowMs) ?? (state.held ? `held already, by ${state.held.by}` : closed(state));
		case 'resume':
			return rights(asker, nowMs) ?? (state.held ? closed(state) : 'nothing is held');
		case 'rebalance':
			return rights(asker, nowMs) ?? whyNoRebalance(state);
		case 'preflight':
			return rights(asker, nowMs) ?? closed(state) ?? whyNoPreflight(state);
		case 'stop-instance':
			return rights(asker, nowMs) ?? whyNotStop(state, nowMs);
		case 'restart-baseline':
			return rights(asker, nowMs) ?? whyNoRestart(state);
		case 'run':
			return (isDangerous(state, command.title) ? rights(asker, nowMs) : undefined) ?? whyNotRun(state, command, asker, nowMs);
		case 'stop-run':
			return runningCommands(state).some(({run}) => run === command.run) ? undefined : `run ${command.run} does not run`;
		case 'end':
			return (
				rights(asker, nowMs) ??
				whyGradual(state) ??
				(state.action ? `the step to ${state.action.toPercent} % is under way` : undefined)
			);
		default:
			return unreachable(command);
	}
}

function rights({role, armedUntilMs = 0}: Asker, nowMs: number): string | undefined {
	return role === 'attached' && nowMs >= armedUntilMs
		? 'an attached console only rolls back: arm it first (A, a name and a reason)'
		: undefined;
}

function closed(state: SessionState): string | undefined {
	const {rollback, ended} = state;
	if (rollback) return 'rolled back: start a new run to go on';
	return ended ? `the run has ended: ${ended.reason}` : whyGradual(state);
}

const isDangerous = ({plan}: SessionState, title: string): boolean =>
	plan?.commands?.some(one => one.title === title && one.dangerous) === true;

type Run = Extract<Command, {command: 'run'}>;

function runOf(state: SessionState, command: Run, {who, session = ''}: Asker, nowMs: number) {
	return askRunbook(state, command, {who, session, atMs: state.lastAtMs + (nowMs - state.lastTMs)});
}

function whyNotRun(state: SessionState, command: Run, asker: Asker, nowMs: number): string | undefined {
	const asked = runOf(state, command, asker, nowMs);
	return asked.ok ? undefined : asked.error;
}

function factOf(state: SessionState, command: Command, asker: Asker, nowMs: number): Fact {
	const {who: by} = asker;
	switch (command.command) {
		case 'promote': {
			const toPercent = state.plan?.stages[nextStageIndex(state) ?? -1]?.weightPercent ?? 100;
			return {type: 'promote-asked', by, reason: command.reason, toPercent};
		}
		case 'hold':
			return {type: 'hold-asked', by, reason: command.reason};
		case 'resume':
			return {type: 'resume-asked', by, reason: command.reason};
		case 'rollback-gradually': {
			const made = planGradual(state, command, by, command.reason);
			assert(typeof made !== 'string', 'an admitted gradual rollback has a plan');
			return made;
		}
		case 'rollback':
			return {type: 'rollback-asked', by, reason: command.reason};
		case 'rebalance':
			return {type: 'rebalance-asked', by, reason: command.reason};
		case 'snapshot':
			return {type: 'snapshot-asked', by, reason: command.reason};
		case 'note':
			return {type: 'note-added', by, text: command.text};
		case 'dashboard':
			return {type: 'dashboard-noted', by, uid: command.uid, title: command.title, url: command.url};
		case 'acknowledge':
			return {type: 'alert-acknowledged', by, guardrail: command.guardrail, text: command.text};
		case 'sign':
			return {type: 'signed-off', by, role: command.role, name: command.name, note: command.note};
		case 'arm':
			return {type: 'console-armed', by: command.name, reason: command.reason, untilMs: nowMs + armedForMs};
		case 'preflight':
			return {type: 'preflight-asked', by, reason: command.reason};
		case 'stop-instance':
			return {type: 'instance-stop-asked', by, reason: command.reason};
		case 'restart-baseline':
			return {type: 'baseline-restart-asked', by, reason: command.reason};
		case 'run': {
			const asked = runOf(state, command, asker, nowMs);
			assert(asked.ok, 'what is admitted can be asked for');
			return {type: 'command-asked', ...asked.value};
		}
		case 'stop-run':
			return {type: 'command-stop-asked', by, run: command.run};
		case 'end':
			return {type: 'end-asked', by, reason: command.reason};
		default:
			return unreachable(command);
	}
}
