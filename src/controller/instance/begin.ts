import type {ProcessMark} from '../../core/facts/instance.ts';
import {resolveAll} from '../../hooks/values.ts';
import {type InstanceContext, recordMs} from './context.ts';
import {askHealth, awaitHealth} from './health.ts';
import {launch, type ProcessEnd} from './launch.ts';
import {findMarked, hasProc, lifeOfMark, markerName, markOf} from './os-process.ts';
import {endText} from './restart.ts';
import {leftOf, strangers} from './stop.ts';

/** Somebody who listens says so at once. */
const portTakenMs = 2_000;

const again = 'Mend it, then run the pre-flight again.';
const byHand = 'End it, then run the pre-flight again.';

type Refusal = {readonly message: string; readonly remedy: string};

/**
 * Starts it and waits until it is healthy; what comes of it are facts. `isUnsettled`: a controller died between the intent and the
 * start, so one that is found is the one.
 */
export async function startInstance(context: InstanceContext, isUnsettled: boolean): Promise<void> {
	const {options, session, logPath, take} = context;
	const fail = ({message, remedy}: Refusal): void => take({type: 'instance-failed', message, remedy, isRunning: false});
	const {leader} = findMarked(session);
	if (leader && isUnsettled) {
		take({type: 'instance-started', process: leader, found: true});
		return await untilHealthy(context, leader);
	}
	const refusal = await whyNotStart(context, isUnsettled);
	if (refusal) return fail(refusal);
	const {argv, cwd, env} = options.start;
	const resolved = await resolveAll(env, context.hooks.resolve);
	if (!resolved.ok) return fail({message: `${resolved.error}.`, remedy: 'Set it where the controller is started.'});
	// A rollback or an end has come meanwhile.
	if (context.signal.aborted || context.state().rollback || context.state().ended)
		return fail({message: 'it was called off.', remedy: ''});
	const launched = await launch({argv, cwd, env: {...resolved.value, [markerName]: session}, logPath});
	if (!launched.ok) return fail({message: launched.error, remedy: 'Is it there, and may this user run it?'});
	const {pid, ended} = launched.value;
	const process = markOf(pid);
	if (!process) {
		const message = `${argv[0]} ${endText(await ended)} before it was healthy; ${await context.said()}.`;
		fail({message, remedy: again});
		return await context.keepLog();
	}
	context.children.add(pid);
	take({type: 'instance-started', process, found: false});
	context.work(context.sync(recordMs));
	void ended.then(end => {
		context.children.delete(pid);
		context.work(noteEnd(context, process, endText(end), end));
	});
	await untilHealthy(context, process);
}

async function whyNotStart(context: InstanceContext, isUnsettled: boolean): Promise<Refusal | undefined> {
	const {options, hooks, session, sync, signal} = context;
	const kept = await sync(recordMs);
	if (!kept.ok)
		return {message: `${kept.error}. It was not started.`, remedy: 'Make room on the disk, then run the pre-flight again.'};
	const {leader, others} = findMarked(session);
	const there = [...(leader ? [leader.pid] : []), ...others];
	if (there.length > 0) return {message: `something of it runs already: pid ${there.join(', ')}.`, remedy: byHand};
	if (isUnsettled && !hasProc())
		return {message: 'a controller died while it was starting it, and this system does not say whether it runs.', remedy: byHand};
	const answer = await askHealth(options.health, hooks, signal, portTakenMs);
	if (!answer.ok && answer.unreachable) return undefined;
	return {
		message: `${options.health.check.url} answers already, before it was started.`,
		remedy: 'End what listens there (an instance of an earlier session: canary instance stop), or name another port.',
	};
}

/** Waits for its health, with each new answer as a fact; says so when it doesn't come. */
export async function untilHealthy(context: InstanceContext, process: ProcessMark): Promise<void> {
	const {options, hooks, clock, signal, take} = context;
	const startedMs = clock.monoMs();
	const tookMs = (): number => Math.round(clock.monoMs() - startedMs);
	const result = await awaitHealth(options.health, hooks, {
		clock,
		signal,
		goesOn: () => context.isPresent(process) && context.state().instance?.status === 'starting',
		onNews: ({message}) => take({type: 'instance-checked', ok: false, message, tookMs: tookMs()}),
	});
	// Somebody else may have answered in its place while it died.
	if (!result || lifeOfMark(process) === 'dead') return;
	const {ok, message} = result;
	if (ok) return take({type: 'instance-checked', ok, message, tookMs: tookMs()});
	const within = options.health.withinMs / 1_000;
	take({
		type: 'instance-failed',
		message: `it did not get healthy within ${within} s: ${message} Of its log: ${await context.said()}.`,
		remedy: 'Mend it, or give "health" a longer "within"; then run the pre-flight again.',
		isRunning: true,
	});
}

/** It is gone and nobody asked for that: before it was healthy a failed start, afterwards an end of its own. */
export async function noteEnd(context: InstanceContext, process: ProcessMark, how: string, end: ProcessEnd): Promise<void> {
	const {take, state, session} = context;
	const status = state().instance?.status;
	const goesOn = (): boolean => context.isPresent(process) && state().instance?.status === status;
	if (!goesOn() || (status !== 'starting' && status !== 'up')) return;
	const left = leftOf(process, session);
	const beside = strangers(session, process.pid);
	const words = await context.said();
	if (!goesOn()) return;
	if (status === 'starting') {
		const isDaemon = left > 0 ? ' What it started goes on: it must stay in the foreground.' : '';
		const message = `it ${how} before it was healthy; ${words}${beside}.${isDaemon}`;
		take({type: 'instance-failed', message, remedy: again, isRunning: left > 0});
	} else {
		const {code, signal} = end;
		const message = `pid ${process.pid} ${how}; ${words}${left > 0 ? `; ${left} of its processes still run` : ''}${beside}`;
		take({type: 'instance-ended', message, left, ...(code !== null && {code}), ...(signal && {signal})});
	}
	await context.keepLog();
}
