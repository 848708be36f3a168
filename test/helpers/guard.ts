/**
 * Nothing that a test started outlives it, not even after `kill -9` of the test process: a small shell stands beside us, reads
 * what to end from a pipe, and acts when the pipe closes, which the kernel does for us however we die.
 */
import {spawn} from 'node:child_process';
import {rmSync} from 'node:fs';
import type {Writable} from 'node:stream';

/** Lines: `+ pgid`, `- pgid`, `d folder`, `u folder`. Plain POSIX shell, because it must start in a millisecond. */
const script = `
groups='' folders=''
without() { printf '%s\\n' "$1" | grep -vxF -e "$2"; }
while IFS= read -r line; do
	what=\${line#? }
	case $line in
		'+ '*) groups="$groups
$what" ;;
		'- '*) groups=$(without "$groups" "$what") ;;
		'd '*) folders="$folders
$what" ;;
		'u '*) folders=$(without "$folders" "$what") ;;
	esac
done
for group in $groups; do kill -s TERM -- "-$group" 2>/dev/null; done
[ -z "$groups" ] || sleep 1
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
printf '%s\\n' "$folders" | while IFS= read -r folder; do
	case $folder in */canary-test-*) rm -rf -- "$folder" ;; esac
done
`;

type Guard = {readonly pipe: Writable; readonly groups: Set<number>; readonly folders: Set<string>};

/** One guard a process, although the test runner loads this module anew for each test file. */
const key = Symbol.for('canary-console.test-guard');
const shared = globalThis as {[key]?: Guard};

function startGuard(): Guard {
	const shell = spawn('/bin/sh', ['-c', script], {stdio: ['pipe', 'ignore', 'ignore'], detached: true});
	shell.unref();
	// A pipe to a child keeps the loop alive unless told not to; the type of stdin hides that it is a socket.
	(shell.stdin as unknown as {unref(): void}).unref();
	shell.stdin.on('error', () => {});
	const guard: Guard = {pipe: shell.stdin, groups: new Set(), folders: new Set()};
	process.on('exit', () => {
		for (const group of guard.groups) killGroup(group, 'SIGKILL');
		for (const folder of guard.folders) rmSync(folder, {recursive: true, force: true});
	});
	return guard;
}

function theGuard(): Guard {
	shared[key] ??= startGuard();
	return shared[key];
}

/** Sends a signal to a whole process group. A group that is gone already is no error. */
export function killGroup(group: number, signal: NodeJS.Signals): void {
	try {
		process.kill(-group, signal);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
	}
}

/** From now on the process group ends when this process does. Also for detached processes whose pid a test learnt elsewhere. */
export function guardGroup(group: number): void {
	theGuard().groups.add(group);
	theGuard().pipe.write(`+ ${group}\n`);
}

/** The group has ended: its number may be given to somebody else from now on. */
export function releaseGroup(group: number): void {
	if (theGuard().groups.delete(group)) theGuard().pipe.write(`- ${group}\n`);
}

/** From now on the folder is removed when this process ends. Its name must begin with `canary-test-`. */
export function guardFolder(folder: string): void {
	theGuard().folders.add(folder);
	theGuard().pipe.write(`d ${folder}\n`);
}

/** The folder has been removed, or is to stay. */
export function releaseFolder(folder: string): void {
	if (theGuard().folders.delete(folder)) theGuard().pipe.write(`u ${folder}\n`);
}
