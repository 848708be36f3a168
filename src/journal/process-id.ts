import {readFileSync} from 'node:fs';
import {hostname} from 'node:os';

/** A process, told apart from a later one with the same number by when it began, and from one on another machine. */
export type ProcessId = {readonly pid: number; readonly startTicks: string; readonly host: string};

/**
 * Start time of a live process in clock ticks since boot (field 22 of /proc/PID/stat, see proc(5)); undefined when it is dead. A
 * zombie is dead: it only waits to be reaped. An empty text where the system has no /proc and the process lives.
 */
export function startTicksOf(pid: number): string | undefined {
	let stat: string;
	try {
		stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
	} catch {
		return isSignalled(pid) && process.platform !== 'linux' ? '' : undefined;
	}
	// The name in parentheses may itself hold spaces and parentheses.
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	const [state = ''] = fields;
	return /^[ZXx]/.test(state) ? undefined : fields[19];
}

export const ownProcess = (): ProcessId => ({pid: process.pid, startTicks: startTicksOf(process.pid) ?? '', host: hostname()});

/** `unknown`: it ran on another machine, where we can't look. */
export function lifeOf({pid, startTicks, host}: ProcessId): 'alive' | 'dead' | 'unknown' {
	if (host !== hostname()) return 'unknown';
	return startTicksOf(pid) === startTicks ? 'alive' : 'dead';
}

export const encodeProcess = (id: ProcessId): string => `${id.pid} ${id.startTicks || '-'} ${id.host}\n`;

export function decodeProcess(text: string): ProcessId | undefined {
	const match = /^(\d{1,10}) (\d{1,20}|-) (\S{1,255})\s*$/.exec(text);
	if (!match) return undefined;
	const [, pid, ticks = '', host = ''] = match;
	return {pid: Number(pid), startTicks: ticks === '-' ? '' : ticks, host};
}

function isSignalled(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'EPERM';
	}
}
