import {StringDecoder} from 'node:string_decoder';
import type {Redact} from '../../base/redact.ts';
import {plainLines} from '../../base/text.ts';

/** Makes what a program prints fit for a file, piece by piece: whole lines, masked, nothing in them that a terminal would obey. */
export type OutputCleaner = {
	/** What can be passed on so far; the rest waits for the end of its line. */
	push(chunk: Uint8Array): string;
	/** The last of it. */
	end(): string;
};

/** A line longer than this is broken. */
const lineMax = 32 * 1024;
/** How much waits at most for the end of a key in PEM. */
const keyMax = 16 * 1024;

/** One stream: standard output and standard error each have their own, so that their lines never mix. */
export function createOutputCleaner(redact: Redact): OutputCleaner {
	const decoder = new StringDecoder('utf8');
	let waiting = '';
	const clean = (text: string): string => redact(plainLines(text));

	function take(isEnd: boolean): string {
		const end = isEnd ? waiting.length : beforeKey(waiting, waiting.lastIndexOf('\n') + 1);
		let done = clean(waiting.slice(0, end));
		waiting = waiting.slice(end);
		while (waiting.length > 2 * lineMax) {
			const at = cutAt(waiting, clean);
			done += `${at === undefined ? '[a piece of a very long line is left out: it may hold a secret]' : clean(waiting.slice(0, at))}\n`;
			waiting = waiting.slice(at ?? lineMax);
		}
		return done;
	}

	return {
		push(chunk) {
			waiting += decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
			return take(false);
		},
		end() {
			waiting += decoder.end();
			const last = take(true);
			return last === '' || last.endsWith('\n') ? last : `${last}\n`;
		},
	};
}

/** A key in PEM spans lines: one that has begun waits for its end, within bounds. */
function beforeKey(text: string, end: number): number {
	const begins = text.lastIndexOf('-----BEGIN', end);
	const isOpen = begins !== -1 && begins < end && !/-----END [A-Z ]{0,32}-----/.test(text.slice(begins, end));
	return isOpen && end - begins < keyMax ? begins : end;
}

/** Where a line without an end can be cut so that no secret is halved: both parts cleaned are the whole cleaned. */
function cutAt(text: string, clean: (text: string) => string): number | undefined {
	const near = text.slice(0, 2 * lineMax);
	const whole = clean(near);
	for (const at of cuts(near)) if (clean(near.slice(0, at)) + clean(near.slice(at)) === whole) return at;
	return undefined;
}

/** At blanks around the middle first; where there are none, anywhere near it, but never within a pair of surrogates. */
function* cuts(text: string): Generator<number> {
	for (let tries = 0, at = lineMax; tries < 8; tries++) {
		at = text.lastIndexOf(' ', at - 1);
		if (at <= 0) break;
		yield at;
	}
	for (const at of [lineMax, lineMax - 1_021, lineMax - 5_003]) yield /[\uDC00-\uDFFF]/.test(text[at] ?? '') ? at + 1 : at;
}
