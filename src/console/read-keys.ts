import type {ConsoleSession} from './console-session.ts';
import {createKeyDecoder, settleMs} from './key-decoder.ts';

/** Presses from a terminal, standard input where none is named, each with the time it came at. */
export function readKeys(
	session: Pick<ConsoleSession, 'press'>,
	monoMs: () => number,
	input: NodeJS.ReadStream = process.stdin,
): {close(): void} {
	const decoder = createKeyDecoder();
	let timer: NodeJS.Timeout | undefined;
	const onData = (chunk: string): void => {
		clearTimeout(timer);
		for (const press of decoder.feed(chunk, monoMs())) session.press(press);
		if (decoder.isWaiting) timer = setTimeout(settle, settleMs);
	};
	const settle = (): void => {
		for (const press of decoder.settle(monoMs())) session.press(press);
	};
	input.setEncoding('utf8');
	input.on('data', onData);
	return {
		close() {
			clearTimeout(timer);
			input.off('data', onData);
			input.pause();
		},
	};
}
