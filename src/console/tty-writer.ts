import {closeSync, constants, openSync, writeSync} from 'node:fs';

/** Takes as many bytes as the terminal has room for and says how many; throws an errno error, `EAGAIN` when there is no room. */
export type TakeBytes = (bytes: Uint8Array) => number;

export type TtyWriter = {
	/** Sends what the terminal takes now and keeps the rest for later. Never blocks. */
	write(text: string): void;
	/** The terminal still owes something: whatever is drawn now would only queue up behind it. */
	readonly isBlocked: boolean;
	/** Sends what is left, for at most `forMs`: on the way out, when nothing comes after. */
	finish(forMs: number): void;
	close(): void;
};

/** How often a terminal that takes nothing is tried again. */
const retryMs = 25;
/** One frame of a huge screen, and the words for leaving. More than this is never kept: memory must not grow behind a frozen terminal. */
const keptBytesMax = 512 * 1024;

/**
 * Node writes to a terminal synchronously: a stalled SSH link or a paused pane would stop the whole console. This writes to the
 * same terminal without waiting. `onFree` is called when everything kept has gone, `onGone` once when the terminal is no more.
 */
export function createTtyWriter(
	take: TakeBytes,
	{onFree, onGone, nowMs}: {onFree: () => void; onGone: () => void; nowMs: () => number},
): TtyWriter {
	let kept: Uint8Array = new Uint8Array(0);
	let timer: NodeJS.Timeout | undefined;
	let isGone = false;

	function push(): void {
		while (kept.length > 0 && !isGone) {
			const taken = tryTake();
			if (taken === 0) return;
			kept = kept.subarray(taken);
		}
	}

	function tryTake(): number {
		try {
			return take(kept);
		} catch (error) {
			const {code} = error as NodeJS.ErrnoException;
			if (code === 'EAGAIN' || code === 'EINTR') return 0;
			isGone = true;
			kept = new Uint8Array(0);
			queueMicrotask(onGone);
			return 0;
		}
	}

	function later(): void {
		timer ??= setTimeout(() => {
			timer = undefined;
			push();
			if (kept.length > 0) later();
			else if (!isGone) onFree();
		}, retryMs);
	}

	return {
		write(text) {
			if (isGone || kept.length > keptBytesMax) return;
			kept = Buffer.concat([kept, Buffer.from(text, 'utf8')]);
			push();
			if (kept.length > 0) later();
		},
		get isBlocked() {
			return kept.length > 0;
		},
		finish(forMs) {
			const endMs = nowMs() + forMs;
			while (kept.length > 0 && !isGone && nowMs() < endMs) push();
		},
		close() {
			clearTimeout(timer);
		},
	};
}

/**
 * The terminal behind standard output, opened anew so that not waiting for it is a setting of ours alone (the shell shares the old
 * one). Undefined where it can't be opened anew: then a plain write has to do.
 */
export function openTty(): {readonly take: TakeBytes; close(): void} | undefined {
	for (const path of ['/proc/self/fd/1', '/dev/tty']) {
		try {
			const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
			return {take: bytes => writeSync(fd, bytes), close: () => closeSync(fd)};
		} catch {
			// The next path.
		}
	}
	return undefined;
}
