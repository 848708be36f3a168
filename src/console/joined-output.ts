import {EventEmitter} from 'node:events';

/** What of a terminal Ink looks at. */
type Terminal = Pick<NodeJS.WriteStream, 'columns' | 'rows' | 'write' | 'writableNeedDrain'> & {
	on(event: 'resize' | 'drain', listener: () => void): unknown;
	off(event: 'resize' | 'drain', listener: () => void): unknown;
};

export type JoinedOutput = {
	/** For Ink's option `stdout`. */
	readonly stream: NodeJS.WriteStream;
	/** Whether the terminal still owes the last frame: drawing another one would only queue up. */
	readonly isBlocked: boolean;
	/** Out at once: a title, a bell. */
	write(text: string): void;
	close(): void;
};

/**
 * A stdout for Ink that joins what it writes within one turn of the event loop into one write: Ink writes a frame as begin, body and
 * end, and a terminal over a slow line would show the halves. `onFree` is called when a blocked terminal takes output again.
 */
export function joinOutput(terminal: Terminal, onFree: () => void): JoinedOutput {
	let gathered = '';
	let isScheduled = false;
	const flush = (): void => {
		isScheduled = false;
		const text = gathered;
		gathered = '';
		if (text !== '') terminal.write(text);
	};
	const stream = Object.assign(new EventEmitter(), {
		isTTY: true,
		writable: true,
		writableEnded: false,
		destroyed: false,
		write(text: string | Uint8Array, ...rest: unknown[]): boolean {
			gathered += typeof text === 'string' ? text : Buffer.from(text).toString('utf8');
			const written = rest.find(one => typeof one === 'function') as (() => void) | undefined;
			if (!isScheduled) {
				isScheduled = true;
				queueMicrotask(flush);
			}
			if (written) queueMicrotask(written);
			return true;
		},
	});
	Object.defineProperty(stream, 'columns', {get: () => terminal.columns});
	Object.defineProperty(stream, 'rows', {get: () => terminal.rows});
	terminal.on('drain', onFree);
	return {
		stream: stream as unknown as NodeJS.WriteStream,
		get isBlocked() {
			return terminal.writableNeedDrain;
		},
		write(text) {
			flush();
			terminal.write(text);
		},
		close() {
			flush();
			terminal.off('drain', onFree);
		},
	};
}
