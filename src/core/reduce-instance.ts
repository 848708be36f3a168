import {unreachable} from '../base/assert.ts';
import {formatDuration} from '../base/duration.ts';
import {hasTraffic} from './breach.ts';
import type {SessionEvent, Who} from './event.ts';
import type {InstanceFactType, ProcessMark} from './facts/instance.ts';
import type {SessionState} from './state.ts';
import {addLine} from './timeline.ts';

/** The candidate's own instance. Absent while none was started. */
export type InstanceState = {
	/** `up`: its health was seen once. `failed`: it never got there. `ended`: by itself. */
	readonly status: 'starting' | 'up' | 'stopping' | 'stopped' | 'failed' | 'ended';
	readonly command: string;
	/** Session time. */
	readonly sinceMs: number;
	/** What is there to be stopped, or was found running; gone once nothing of its group runs. */
	readonly process?: ProcessMark;
	readonly health?: {readonly ok: boolean; readonly message: string};
	/** Why it failed or ended, or how it was stopped. */
	readonly message?: string;
	readonly remedy?: string;
	/** A start was under way when a controller died: nobody knows what became of it. */
	readonly isUnsettled?: true;
	/** It, or what is left of it, is being stopped now. */
	readonly isStopping?: true;
	readonly isStopFailed?: true;
	/** A person wants it started anew. */
	readonly isWanted?: true;
	/** A person wants it stopped. */
	readonly stopAsked?: {readonly by: Who; readonly reason: string};
};

/** The restart of the baseline after the promotion, and the way of the traffic back to it. Absent before. */
export type BaselineState = {
	readonly status: 'running' | 'done' | 'failed' | 'interrupted';
	readonly message: string;
	/** Session time of its command's start; before that, of its intent. */
	readonly sinceMs: number;
	/** The intent it began with, until what became of it is known: with the session's name the marker of its processes. */
	readonly run?: string;
	/** Its command, until what became of it is known: after a crash it is waited for, and no second one begins. */
	readonly process?: ProcessMark;
	/** The process was found by its marker alone: what the command left running carries it, too. */
	readonly isGuessed?: true;
	/** Session time at which the router read 0 % for the candidate again. */
	readonly handedBackAtMs?: number;
	/** The last try to move the traffic back failed then. */
	readonly handbackFailedAtMs?: number;
};

type Of<Type extends InstanceFactType> = Extract<SessionEvent, {type: Type}>;

export function reduceInstance(state: SessionState, event: Of<InstanceFactType>): SessionState {
	switch (event.type) {
		case 'instance-start-intended': {
			const {instance: _, ...rest} = state;
			const instance: InstanceState = {status: 'starting', command: event.command, sinceMs: event.tMs};
			return addLine({...calm(rest, 'instance'), instance}, event, 'notice', `the instance is started: ${event.command}`);
		}
		case 'instance-started':
			return started(state, event);
		case 'instance-checked':
			return checked(state, event);
		case 'instance-failed':
			return failed(state, event);
		case 'instance-ended':
			return ended(state, event);
		case 'instance-stop-asked': {
			const {by, reason} = event;
			const line = addLine(state, event, 'note', `stop of the instance asked by ${by}${reason === '' ? '' : `: ${reason}`}`);
			if (!line.instance) return line;
			// One that failed is tried again.
			const {isStopFailed: _, ...before} = line.instance;
			return {...calm(line, 'instance'), instance: {...before, stopAsked: {by, reason}}};
		}
		case 'instance-stop-intended': {
			const {isUnsettled: _, isStopFailed: __, ...before} = state.instance ?? none;
			// One that failed or ended by itself stays that: only what is left of it goes.
			const status = before.status === 'failed' || before.status === 'ended' ? before.status : 'stopping';
			const line = addLine(state, event, 'notice', `the instance is stopped: ${event.reason}`);
			return {...line, instance: {...before, status, isStopping: true}};
		}
		case 'instance-stopped': {
			const {process: _, stopAsked: __, health: ___, isStopping: ____, ...before} = state.instance ?? none;
			const isOver = before.status === 'failed' || before.status === 'ended';
			const instance: InstanceState = isOver ? before : {...before, status: 'stopped', message: event.message};
			const free = calm(state, 'instance-stop');
			const calmed = isOver ? free : calm(free, 'instance');
			return addLine({...calmed, instance}, event, 'notice', `the instance is gone: ${event.message}`);
		}
		case 'instance-stop-failed':
			return alarm(
				change(settled(state), {isStopFailed: true}),
				event,
				'instance',
				`the instance could not be stopped: ${event.message}`,
			);
		case 'baseline-restart-asked': {
			const {baseline, ...rest} = state;
			const text = `restart of the baseline asked by ${event.by}${event.reason === '' ? '' : `: ${event.reason}`}`;
			// One that failed may have taken the old version away already, which is remembered: it is owed, as after a crash.
			const owed = baseline?.status === 'failed' && {baseline: {...baseline, status: 'interrupted' as const}};
			return addLine({...calm(rest, 'baseline'), ...owed}, event, 'note', text);
		}
		case 'baseline-restart-intended': {
			const left = state.baseline?.status === 'interrupted' && state.baseline.run !== undefined ? state.baseline : undefined;
			const baseline: BaselineState = {
				...(left ?? {sinceMs: event.tMs, run: event.intentId}),
				status: 'running',
				message: event.command,
			};
			const what = left
				? 'the restart of the baseline that was cut off is taken up'
				: 'the baseline is restarted with the new version';
			return addLine({...state, baseline}, event, 'notice', `${what}: ${event.command}`);
		}
		case 'baseline-restart-started': {
			const {process: running, found} = event;
			const before = state.baseline ?? {status: 'running' as const, message: '', sinceMs: event.tMs};
			const baseline: BaselineState = {
				...before,
				process: running,
				...(found ? before.process === undefined && {isGuessed: true} : {sinceMs: event.tMs}),
			};
			const text = `the restart of the baseline ${found ? 'was found running' : 'runs'}: pid ${running.pid}`;
			return addLine({...state, baseline}, event, 'notice', text);
		}
		case 'baseline-restarted': {
			const {ok, message, remedy = '', tookMs} = event;
			const {process: _, run: __, isGuessed: ___, ...before} = state.baseline ?? {sinceMs: event.tMs};
			const baseline: BaselineState = {...before, status: ok ? 'done' : 'failed', message};
			const next = {...state, baseline};
			const took = roughly(tookMs);
			if (ok) return addLine(calm(next, 'baseline'), event, 'notice', `the baseline was restarted in ${took}: ${message}`);
			const text = `the baseline's restart failed: ${message} ${remedy}`.trim();
			return alarm(next, event, 'baseline', `${text} The traffic stays where it is.`);
		}
		default:
			return unreachable(event);
	}
}

/** To a tenth of a second. */
const roughly = (ms: number): string => formatDuration(Math.round(ms / 100) * 100);

const none: InstanceState = {status: 'stopped', command: '', sinceMs: 0};

/** Nothing stops it at the moment. */
function settled(state: SessionState): SessionState {
	if (!state.instance?.isStopping) return state;
	const {isStopping: _, ...instance} = state.instance;
	return {...state, instance};
}

const change = (state: SessionState, part: Partial<InstanceState>): SessionState =>
	state.instance ? {...state, instance: {...state.instance, ...part}} : state;

function alarm(state: SessionState, event: SessionEvent, topic: string, text: string): SessionState {
	return addLine({...state, alarms: {...state.alarms, [topic]: text}}, event, 'alarm', text);
}

function calm<State extends Pick<SessionState, 'alarms'>>(state: State, topic: 'instance' | 'instance-stop' | 'baseline'): State {
	const {[topic]: _, ...alarms} = state.alarms;
	return {...state, alarms};
}

function started(state: SessionState, event: Of<'instance-started'>): SessionState {
	const {process: running, found} = event;
	const {isUnsettled: _, ...before} = state.instance ?? {...none, status: 'starting' as const, sinceMs: event.tMs};
	const text = found ? `the instance was found running: pid ${running.pid}` : `the instance runs: pid ${running.pid}`;
	return addLine({...state, instance: {...before, process: running}}, event, 'notice', text);
}

function checked(state: SessionState, event: Of<'instance-checked'>): SessionState {
	const before = state.instance;
	if (!before) return state;
	const {ok, message, tookMs} = event;
	const health = {ok, message};
	if (before.status === 'starting') {
		if (!ok) return {...state, instance: {...before, health}};
		const text = `the instance is healthy after ${roughly(tookMs)}: ${message}`;
		return addLine({...state, instance: {...before, status: 'up', health}}, event, 'notice', text);
	}
	const line = ok
		? addLine(state, event, 'recovered', `the instance is healthy again: ${message}`)
		: addLine(state, event, 'failed', `the instance is not healthy: ${message}`);
	return {...line, instance: {...before, health}};
}

function failed(state: SessionState, event: Of<'instance-failed'>): SessionState {
	const {message, remedy = '', isRunning} = event;
	const {process, isUnsettled: _, health: __, ...before} = state.instance ?? {...none, sinceMs: event.tMs};
	const instance: InstanceState = {
		...before,
		status: 'failed',
		message,
		...(remedy !== '' && {remedy}),
		...(isRunning && process && {process}),
	};
	const text = `the instance did not start: ${message} ${remedy}`.trim();
	return addLine({...state, instance}, event, 'failed', `${text} No traffic was moved.`);
}

function ended(state: SessionState, event: Of<'instance-ended'>): SessionState {
	const {process, isUnsettled: _, health: __, ...before} = state.instance ?? {...none, sinceMs: event.tMs};
	const {message, left} = event;
	const instance: InstanceState = {...before, status: 'ended', message, ...(left > 0 && process && {process})};
	const text = `the instance ended by itself: ${message}`;
	// Without traffic nobody misses it.
	return hasTraffic(state)
		? alarm({...state, instance}, event, 'instance', text)
		: addLine({...state, instance}, event, 'failed', text);
}

/** What was under way when its controller died is looked at anew. */
export function interruptInstance(state: SessionState): SessionState {
	const {instance, baseline} = state;
	const isCutOff = instance?.status === 'starting' && !instance.process;
	return {
		...settled(state),
		...(instance && isCutOff && {instance: {...instance, isUnsettled: true}}),
		...(baseline?.status === 'running' && {baseline: {...baseline, status: 'interrupted'}}),
	};
}

/** A person asks for the checks again: an instance that is not there is started anew before them, and they begin when it is healthy. */
export function reviveInstance(state: SessionState): SessionState {
	if (!state.plan?.instance || state.instance?.status === 'up') return state;
	const {preflight: _, ...rest} = state;
	return change(rest, {isWanted: true});
}
