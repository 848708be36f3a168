import {EventEmitter} from 'node:events';
import type {TtyWriter} from './tty-writer.ts';

export type FrameOutput = {
	/** For Ink's option `stdout`, with `debug: true`: every write of it is a whole frame. */
	readonly stream: NodeJS.WriteStream;
	/** Draws the newest frame, if the terminal has room: after {@link TtyWriter} became free. */
	draw(): void;
	/** What the terminal shows is not known any more: the next frame is drawn whole. */
	invalidate(): void;
};

const beginFrame = '\x1B[?2026h';
const endFrame = '\x1B[?2026l';

/**
 * A stdout for Ink that keeps only the newest frame and sends the rows that differ from what the terminal has, each at its place,
 * in one synchronised write. While the terminal takes nothing, frames replace each other here: none is half drawn, none piles up.
 */
export function createFrameOutput(
	writer: Pick<TtyWriter, 'write' | 'isBlocked'>,
	size: () => {readonly columns: number; readonly rows: number},
): FrameOutput {
	let shown: readonly string[] | undefined;
	let newest: string | undefined;

	function draw(): void {
		if (newest === undefined || writer.isBlocked) return;
		const lines = newest.split('\n').slice(0, size().rows);
		newest = undefined;
		const changes = changedRows(shown, lines);
		if (changes === '') return;
		writer.write(beginFrame + (shown === undefined ? '\x1B[0m\x1B[2J' : '') + changes + endFrame);
		shown = lines;
	}

	const stream = Object.assign(new EventEmitter(), {
		isTTY: true,
		writable: true,
		writableEnded: false,
		destroyed: false,
		write(text: string, ...rest: unknown[]): boolean {
			const written = rest.find(one => typeof one === 'function') as (() => void) | undefined;
			if (written) queueMicrotask(written);
			// An empty write only asks whether all is written.
			if (text !== '') newest = text;
			draw();
			return true;
		},
	});
	Object.defineProperty(stream, 'columns', {get: () => size().columns});
	Object.defineProperty(stream, 'rows', {get: () => size().rows});
	return {
		stream: stream as unknown as NodeJS.WriteStream,
		draw,
		invalidate() {
			shown = undefined;
		},
	};
}

/** The rows that differ, each written at its own place: a wrong guess at a character's width stays in its row. */
function changedRows(before: readonly string[] | undefined, after: readonly string[]): string {
	let text = '';
	for (let index = 0; index < Math.max(before?.length ?? 0, after.length); index++) {
		const line = after[index] ?? '';
		if (before && before[index] === line) continue;
		// Erased first: a terminal that stands behind its last column would erase the last letter.
		text += `\x1B[${index + 1};1H\x1B[0m\x1B[2K${line}`;
	}
	return text === '' ? '' : `${text}\x1B[0m`;
}
