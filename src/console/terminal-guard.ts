import {modesOffForShell} from './terminal.ts';

export type TerminalGuard = {
	/** The console leaves by itself: nothing is to be put right. */
	dismiss(): void;
};

/**
 * A small shell that waits for the console to end. When it ends without a word (`kill -9`, out of memory) the shell puts the terminal
 * right: the first screen, the cursor, wrapping, pastes. The line settings are put right by the shell the console was started from.
 */
export function guardTerminal(): TerminalGuard {
	const text = `${modesOffForShell}\\r\\nThe console was killed; the controller goes on guarding. canary attach returns to it. If keys do not echo: reset\\r\\n`;
	// TTOU: from the background a terminal that is asked to stop such writers would stop this one.
	const script = `trap '' INT TERM HUP QUIT TSTP TTOU; read -r word; [ "$word" = bye ] || printf '${text}' >/dev/tty 2>/dev/null`;
	// Fetched here: nothing else of a console's first frame needs it.
	const {spawn} = process.getBuiltinModule('node:child_process');
	const child = spawn('/bin/sh', ['-c', script], {stdio: ['pipe', 'ignore', 'ignore']});
	child.on('error', () => {});
	child.stdin.on('error', () => {});
	child.unref();
	(child.stdin as unknown as {unref?(): void}).unref?.();
	return {
		dismiss() {
			child.stdin.end('bye\n');
		},
	};
}
