import {readFileSync} from 'node:fs';

/** Linux counts CPU time in hundredths of a second, on every machine that Node runs on. */
const ticksPerSecond = 100;

/** CPU that a process has used since its start, user and system, in ms, to the nearest 10 ms. */
export function cpuMs(pid: number): number {
	const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
	// The name stands in parentheses and may hold anything: what counts comes after the last one.
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	const [user, system] = [Number(fields[11]), Number(fields[12])];
	return ((user + system) * 1_000) / ticksPerSecond;
}

/** Memory in use now and its peak, in MB. */
export function memoryMb(pid: number): {readonly rss: number; readonly peak: number} {
	const status = readFileSync(`/proc/${pid}/status`, 'latin1');
	const kb = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
	return {rss: Math.round(kb('VmRSS') / 1_024), peak: Math.round(kb('VmHWM') / 1_024)};
}
