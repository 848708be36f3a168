import {execFileSync} from 'node:child_process';
import {readdirSync, readFileSync} from 'node:fs';
import {hostname} from 'node:os';
import type {ProcessMark} from '../../core/facts/instance.ts';
import {startTicksOf} from '../../journal/process-id.ts';

/** In the environment of everything that the instance is: how it is found again when nobody could write its number down. */
export const markerName = 'CANARY_SESSION';

/** Whether this system lists its processes as files; without, start times come from `ps`, and nothing is found by its marker. */
export const hasProc = (): boolean => process.platform === 'linux';

/** The present boot: process numbers and start times begin anew with each. Empty where the system doesn't say. */
function bootId(): string {
	try {
		return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
	} catch {
		return '';
	}
}

/** When it began; undefined when it is dead. */
function startOf(pid: number): string | undefined {
	const ticks = startTicksOf(pid);
	if (ticks !== '') return ticks;
	try {
		// No /proc (macOS): to the second, which a number that comes round again does not hit.
		return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {encoding: 'utf8', timeout: 5_000}).trim() || undefined;
	} catch {
		return undefined;
	}
}

/** What tells this process from every other; undefined when it is dead. */
export function markOf(pid: number): ProcessMark | undefined {
	const startTicks = startOf(pid);
	return startTicks === undefined ? undefined : {pid, startTicks, bootId: bootId(), host: hostname()};
}

/** `unknown`: it ran on another machine, where we can't look. A number with another start time is somebody else: dead. */
export function lifeOfMark(mark: ProcessMark): 'alive' | 'dead' | 'unknown' {
	if (mark.host !== hostname()) return 'unknown';
	if (mark.bootId !== bootId()) return 'dead';
	return startOf(mark.pid) === mark.startTicks ? 'alive' : 'dead';
}

/** Field 5 of proc(5), counted from 0 behind the name in parentheses. */
const pgrpField = 2;

type Listed = {readonly pid: number; readonly group: number};

/** All living processes; a zombie is none. Empty without /proc. */
function listed(): Listed[] {
	if (!hasProc()) return [];
	return readdirSync('/proc').flatMap(name => {
		if (!/^\d+$/.test(name)) return [];
		try {
			const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
			const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
			return /^[ZXx]/.test(fields[0] ?? '') ? [] : [{pid: Number(name), group: Number(fields[pgrpField])}];
		} catch {
			return [];
		}
	});
}

function isMarked(pid: number, value: string, name: string): boolean {
	try {
		return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`${name}=${value}`);
	} catch {
		// Gone, or another user's.
		return false;
	}
}

/** The living processes of a group. */
export const groupOf = (group: number): readonly number[] =>
	listed()
		.filter(one => one.group === group)
		.map(({pid}) => pid);

/** Whether a group carries our marker: its number may have gone to somebody else once it was empty. */
export const isGroupOurs = (group: number, value: string, name = markerName): boolean =>
	groupOf(group).some(pid => isMarked(pid, value, name));

/** What carries the marker: the oldest leader of a process group, and those outside of its group. */
export function findMarked(
	value: string,
	name = markerName,
): {readonly leader?: ProcessMark; readonly others: readonly number[]} {
	const marked = listed().filter(({pid}) => isMarked(pid, value, name));
	// What it started may lead a group too, but began later.
	const leaders = marked.flatMap(({pid, group}) => (pid === group ? (markOf(pid) ?? []) : []));
	const [mark] = leaders.sort((left, right) => Number(left.startTicks) - Number(right.startTicks));
	const others = marked.filter(({group}) => group !== mark?.pid).map(({pid}) => pid);
	return {...(mark && {leader: mark}), others};
}
