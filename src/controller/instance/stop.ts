import {setTimeout as sleep} from 'node:timers/promises';
import {fail, ok, type Result} from '../../base/result.ts';
import type {ProcessMark} from '../../core/facts/instance.ts';
import type {StopSignal} from '../../core/instance-options.ts';
import {findMarked, groupOf, hasProc, isGroupOurs, lifeOfMark} from './os-process.ts';

export type StopOptions = {
	readonly signal: StopSignal;
	/** From the signal to SIGKILL. */
	readonly graceMs: number;
	/** The session's name: its marker. */
	readonly session: string;
};

const lookEveryMs = 50;
/** SIGKILL takes effect at once, but for a process that hangs in the kernel. */
const killMs = 10_000;

/**
 * Ends an instance with everything of its process group: the signal, its grace, SIGKILL, and a look that nobody is left. Never signals
 * a group that is not known to be ours: its leader must have the start time that was written down, or a member of it must carry our
 * marker. Gives what was done, as a clause. The error is a sentence.
 */
export async function stopInstance(mark: ProcessMark, {signal, graceMs, session}: StopOptions): Promise<Result<string, string>> {
	const {pid, host} = mark;
	if (lifeOfMark(mark) === 'unknown') return fail(`pid ${pid} runs on ${host}: stop it there.`);
	const isOurs = (): boolean => lifeOfMark(mark) === 'alive' || isGroupOurs(pid, session);
	if (!isOurs()) return ok(`pid ${pid} was gone already${foreign(pid)}${strangers(session)}`);
	const first = signalGroup(pid, signal);
	if (!first.ok) return first;
	if (await goneWithin(mark, graceMs)) return ok(`pid ${pid} ended on ${signal}${strangers(session)}`);
	// Looked at anew: while we waited the number may have gone to somebody else.
	if (!isOurs()) return ok(`pid ${pid} ended on ${signal}${strangers(session)}`);
	const second = signalGroup(pid, 'SIGKILL');
	if (!second.ok) return second;
	if (await goneWithin(mark, killMs)) {
		return ok(`pid ${pid} did not end on ${signal} within ${graceMs / 1_000} s and was killed${strangers(session)}`);
	}
	return fail(`pid ${pid} is still there ${killMs / 1_000} s after SIGKILL: it hangs in the kernel (look at its state with ps).`);
}

/** How many of a group still run besides, or instead of, its leader. */
export const leftOf = ({pid}: ProcessMark, session: string): number => (isGroupOurs(pid, session) ? groupOf(pid).length : 0);

async function goneWithin(mark: ProcessMark, ms: number): Promise<boolean> {
	for (const endMs = performance.now() + ms; ; await sleep(lookEveryMs)) {
		if (lifeOfMark(mark) !== 'alive' && isGroupEmpty(mark.pid)) return true;
		if (performance.now() >= endMs) return false;
	}
}

function isGroupEmpty(group: number): boolean {
	if (hasProc()) return groupOf(group).length === 0;
	try {
		process.kill(-group, 0);
		return false;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'ESRCH';
	}
}

/** Sends a process group a signal; one that is gone is none to be told. The error is a sentence. */
export function signalGroup(group: number, signal: NodeJS.Signals): Result<void, string> {
	try {
		process.kill(-group, signal);
		return ok(undefined);
	} catch (error) {
		const {code} = error as NodeJS.ErrnoException;
		// Gone between the look and the signal.
		if (code === 'ESRCH') return ok(undefined);
		return fail(`pid ${group} can't be sent ${signal}: ${code}. It may belong to another user: stop it as that one.`);
	}
}

/** A group of that number that is not known to be ours is left alone, and named. */
function foreign(group: number): string {
	const pids = groupOf(group);
	return pids.length === 0
		? ''
		: `; what has its number now (pid ${pids.join(', ')}) is not known to be ours, and was left alone`;
}

/** What left the group for a session of its own is not ours to end, but is worth a word: it may hold the port. */
export function strangers(session: string, group?: number): string {
	const {leader, others} = findMarked(session);
	const members = new Set(group === undefined ? [] : groupOf(group));
	const pids = [...(leader ? [leader.pid] : []), ...others].filter(pid => !members.has(pid));
	return pids.length === 0 ? '' : `; it left behind, in a session of their own: pid ${pids.join(', ')}`;
}
