import {stopCause, whyNotStop} from '../../core/decide-instance.ts';
import {noteEnd, untilHealthy} from './begin.ts';
import type {InstanceContext} from './context.ts';
import {askHealth} from './health.ts';
import {boundLog} from './log-file.ts';
import {findMarked, lifeOfMark} from './os-process.ts';

const watchEveryMs = 1_000;
/** One answer that is lost is no illness. */
const unhealthyAfter = 2;
/** Nobody saw how it ended. */
const unseen = {code: null, signal: null} as const;

/** Looks for what the journal says is running: a controller that takes a session up goes on with the instance it finds. */
export function findAgain(context: InstanceContext): void {
	const {take, work, state, session} = context;
	const {instance} = state();
	// Cut off between the intent and the start: also where nothing is to be started any more, what was is to be found.
	if (instance?.isUnsettled && instance.status === 'starting') {
		const {leader} = findMarked(session);
		if (!leader) return;
		take({type: 'instance-started', process: leader, found: true});
		work(untilHealthy(context, leader));
		return;
	}
	const process = instance?.process;
	if (!process || (instance.status !== 'up' && instance.status !== 'starting')) return;
	switch (lifeOfMark(process)) {
		case 'alive':
			take({type: 'instance-started', process, found: true});
			if (instance.status === 'starting') work(untilHealthy(context, process));
			break;
		case 'dead':
			work(noteEnd(context, process, 'ended while no controller ran', unseen));
			break;
		case 'unknown': {
			const text = `the instance was started on ${process.host}: from here it can neither be seen nor stopped`;
			take({type: 'noticed', level: 'warning', text});
		}
	}
}

/** Whether it lives, how it is, how long its log gets, and whether it should be gone: until the controller ends. */
export async function watchInstance(context: InstanceContext): Promise<void> {
	const {clock, signal, state, options, children} = context;
	const tellWaitingStop = createWaitingStop(context);
	let askedMs = clock.monoMs();
	let bad = 0;
	while (!signal.aborted) {
		await clock.sleep(watchEveryMs, signal);
		if (signal.aborted) return;
		tellWaitingStop();
		await boundLog(context.logPath);
		// What the restart left running may still write there.
		await boundLog(context.restartLogPath);
		const process = state().instance?.process;
		if (process && !children.has(process.pid) && lifeOfMark(process) === 'dead') {
			await noteEnd(context, process, 'ended, and nobody saw how', unseen);
		} else if (state().instance?.status === 'up' && clock.monoMs() - askedMs >= options.health.everyMs) {
			askedMs = clock.monoMs();
			bad = await lookAtHealth(context, bad);
		}
	}
}

/** Gives how many bad answers came in a row. Only a change is a fact. */
async function lookAtHealth({state, clock, options, hooks, signal, take}: InstanceContext, badBefore: number): Promise<number> {
	const before = state().instance;
	const startedMs = clock.monoMs();
	const {ok, message} = await askHealth(options.health, hooks, signal);
	const now = state().instance;
	if (signal.aborted || now?.status !== 'up' || now.process !== before?.process) return 0;
	const bad = ok ? 0 : badBefore + 1;
	const isNews = ok ? now.health?.ok === false : now.health?.ok !== false && bad >= unhealthyAfter;
	if (isNews) take({type: 'instance-checked', ok, message, tookMs: Math.round(clock.monoMs() - startedMs)});
	return bad;
}

/** It is to be stopped and can't be: a person has to know why, once. */
function createWaitingStop({state, tMs, take}: InstanceContext): () => void {
	const topic = 'instance-stop';
	let isTold = false;
	return () => {
		const cause = stopCause(state(), tMs());
		const why = cause && whyNotStop(state(), tMs());
		const isWaiting = why !== undefined && state().action === undefined;
		if (isWaiting === isTold) return;
		isTold = isWaiting;
		if (isWaiting) take({type: 'noticed', level: 'alarm', topic, text: `the instance is not stopped (${cause?.reason}): ${why}`});
		// It may be stopped by now, which says it all.
		else if (state().alarms[topic] !== undefined)
			take({type: 'noticed', level: 'info', topic, text: 'nothing keeps the instance from being stopped any more'});
	};
}
