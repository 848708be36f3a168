/** Longer lines are cut: what makes a line an error is said before this. Bounds memory per file. */
export const lineBytesMax = 16 * 1024;

const newline = 10;
const carriageReturn = 13;

/** A line without its end. `bytes` is only valid during the call. `endOffset`: bytes of the chunk up to and with its newline. */
export type OnLine = (bytes: Buffer, endOffset: number) => void;

export type LineSplitter = {
	/** Calls back for each line that ends in this chunk. */
	push(chunk: Buffer, onLine: OnLine): void;
	/** Only counts the lines that end in this chunk: the cheap way, when there is no time to look at them. */
	skip(chunk: Buffer): number;
	/** Hands out a last line that nobody ended (a crash); what still comes of it later is left out. */
	flush(onLine: OnLine): void;
	/** Forgets a line that has begun: the file was cut. */
	reset(): void;
	/** Lines that were cut to the limit, so far. */
	longLines(): number;
	/** Bytes of a line that has begun. */
	pendingBytes(): number;
};

/** Bytes to lines: LF or CRLF, partial lines carried over, long ones cut, NULs at a line's start (holes in a file) left out. */
export function createLineSplitter(limit: number = lineBytesMax): LineSplitter {
	const carry = Buffer.allocUnsafe(limit);
	let carried = 0;
	let overlong = false;
	let skipping = false;
	let longLines = 0;

	function keep(part: Buffer): void {
		const from = carried === 0 ? startOfText(part) : 0;
		const room = Math.min(part.length - from, limit - carried);
		part.copy(carry, carried, from, from + room);
		carried += room;
		overlong ||= room < part.length - from;
	}

	function emit(line: Buffer, endOffset: number, onLine: OnLine): void {
		const from = startOfText(line);
		const end = line[line.length - 1] === carriageReturn ? line.length - 1 : line.length;
		const cut = Math.min(end, from + limit);
		if (overlong || cut < end) longLines++;
		onLine(line.subarray(Math.min(from, cut), cut), endOffset);
	}

	function endLine(rest: Buffer, endOffset: number, onLine: OnLine): void {
		if (skipping) skipping = false;
		else if (carried === 0 && !overlong) emit(rest, endOffset, onLine);
		else {
			keep(rest);
			emit(carry.subarray(0, carried), endOffset, onLine);
		}
		carried = 0;
		overlong = false;
	}

	return {
		push(chunk, onLine) {
			let start = 0;
			for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
				endLine(chunk.subarray(start, end), end + 1, onLine);
				start = end + 1;
			}
			if (start < chunk.length && !skipping) keep(chunk.subarray(start));
		},
		skip(chunk) {
			let lines = 0;
			let start = 0;
			for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
				if (skipping) skipping = false;
				else lines++;
				carried = 0;
				overlong = false;
				start = end + 1;
			}
			if (start < chunk.length && !skipping) keep(chunk.subarray(start));
			return lines;
		},
		flush(onLine) {
			if (carried === 0) return;
			emit(carry.subarray(0, carried), 0, onLine);
			carried = 0;
			overlong = false;
			skipping = true;
		},
		reset() {
			carried = 0;
			overlong = false;
			skipping = false;
		},
		longLines: () => longLines,
		pendingBytes: () => carried,
	};
}

/** A file cut under a writer that does not append starts with a hole, which reads as NULs. */
function startOfText(bytes: Buffer): number {
	let start = 0;
	while (start < bytes.length && bytes[start] === 0) start++;
	return start;
}
