import {lineBytesMax} from './splitter.ts';

/** Reads so many bytes from there; fewer at the end of the file. The answer is only valid until the next call. */
export type ReadAt = (length: number, from: number) => Promise<Buffer>;

const newline = 10;

/** How far back lines are looked for. */
const backBytesMax = 64 * 1024;

/** The start of the line that `place` lies in, looking back no further than a line may be long. */
export async function lineStart(readAt: ReadAt, place: number): Promise<number> {
	const from = Math.max(0, place - lineBytesMax);
	const before = await readAt(place - from, from);
	const end = before.lastIndexOf(newline);
	return end === -1 ? from : from + end + 1;
}

/** The start of the line that is `lines` lines before `place`, which is the start of one; at most 64 KiB back. */
export async function linesBack(readAt: ReadAt, place: number, lines: number): Promise<number> {
	const from = Math.max(0, place - backBytesMax);
	const before = await readAt(place - from, from);
	let at = before.length;
	for (let left = lines + 1; left > 0; left--) {
		at = at === 0 ? -1 : before.lastIndexOf(newline, at - 1);
		if (at === -1) return from === 0 ? 0 : from + before.indexOf(newline) + 1;
	}
	return from + at + 1;
}
