import {createReadStream} from 'node:fs';
import {fail, ok, type Result} from '../base/result.ts';
import {type Decoded, decodeHeader, decodeLine, hashOf, type JournalHeader} from './codec.ts';

/** What a journal holds, in order. `offset` is where the line begins, `end` where the next one does, in bytes. */
export type JournalEntry =
	| {readonly kind: 'header'; readonly header: JournalHeader; readonly hash: string; readonly end: number}
	| (Decoded & {readonly lineNumber: number; readonly offset: number; readonly end: number})
	/** Events that were dropped while the disk was full: the numbers in between are missing, and with them the chain. */
	| {readonly kind: 'gap'; readonly fromSeq: number; readonly toSeq: number; readonly lineNumber: number}
	/** The last line was cut off, by a crash or a full disk; what stands before it is whole. */
	| {readonly kind: 'torn'; readonly lineNumber: number; readonly offset: number; readonly bytes: number};

/** A bad line in the middle: the journal can't be believed from here on. */
export type JournalFault = {readonly lineNumber: number; readonly message: string};

/** Where to go on reading: an offset between two lines, and what was read last. */
export type JournalPosition = {
	readonly offset: number;
	readonly lineNumber: number;
	readonly hash: string;
	readonly nextSeq: number;
};

/** No event of ours is near this long; a longer one is no journal. */
const lineBytesMax = 16 * 1024 * 1024;

/**
 * Streams a journal from its beginning, or from a position, checking the chain as it goes. Memory is one chunk and one line,
 * whatever the file's size. Ends after the first fault. Throws nothing: a file that can't be read is a fault of line 0.
 */
export async function* readJournal(
	path: string,
	from?: JournalPosition,
): AsyncGenerator<Result<JournalEntry, JournalFault>, void> {
	const reading = new Reading(from);
	try {
		let rest: Buffer = Buffer.alloc(0);
		for await (const chunk of createReadStream(path, {start: from?.offset ?? 0, highWaterMark: 256 * 1024})) {
			rest = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
			let begin = 0;
			for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10, begin)) {
				yield* reading.line(rest.subarray(begin, end));
				if (reading.isOver) return;
				begin = end + 1;
			}
			rest = rest.subarray(begin);
			if (rest.length > lineBytesMax) {
				yield reading.fault('is longer than any event');
				return;
			}
		}
		yield* reading.finish(rest.length);
	} catch (error) {
		yield fail({lineNumber: 0, message: `${path} can't be read: ${error instanceof Error ? error.message : String(error)}.`});
	}
}

/** The entries of a part of a journal that is in memory, beginning at a position; `isLast`: the journal ends with it. */
export function* readLines(
	bytes: Buffer,
	from: JournalPosition,
	{verify, isLast}: {readonly verify: boolean; readonly isLast: boolean},
): Generator<Result<JournalEntry, JournalFault>, void> {
	const reading = new Reading(from, verify);
	let begin = 0;
	for (let end = bytes.indexOf(10); end !== -1 && !reading.isOver; end = bytes.indexOf(10, begin)) {
		yield* reading.line(bytes.subarray(begin, end));
		begin = end + 1;
	}
	if (isLast && !reading.isOver) yield* reading.finish(bytes.length - begin);
}

/** The pure part: bytes of lines in, entries out. A line that can't be read is held back until it is known whether it is the last. */
class Reading {
	isOver = false;
	#lineNumber: number;
	#offset: number;
	#hash: string | undefined;
	#nextSeq: number;
	#doubt: {readonly lineNumber: number; readonly offset: number; readonly bytes: number; readonly message: string} | undefined;

	readonly #verify: boolean;

	constructor(from: JournalPosition | undefined, verify = true) {
		this.#verify = verify;
		this.#lineNumber = from?.lineNumber ?? 0;
		this.#offset = from?.offset ?? 0;
		this.#hash = from?.hash;
		this.#nextSeq = from?.nextSeq ?? 0;
	}

	*line(bytes: Buffer): Generator<Result<JournalEntry, JournalFault>> {
		if (this.#doubt) {
			this.isOver = true;
			yield fail({lineNumber: this.#doubt.lineNumber, message: `line ${this.#doubt.lineNumber} ${this.#doubt.message}`});
			return;
		}
		const offset = this.#offset;
		this.#offset += bytes.length + 1;
		this.#lineNumber++;
		const text = bytes.toString('utf8');
		if (this.#hash === undefined) yield this.#header(text);
		else yield* this.#event(text, offset, bytes.length);
	}

	#header(text: string): Result<JournalEntry, JournalFault> {
		const header = decodeHeader(text);
		this.isOver = !header.ok;
		if (!header.ok) return fail({lineNumber: this.#lineNumber, message: header.error});
		this.#hash = hashOf(text);
		return ok({kind: 'header', header: header.value, hash: this.#hash, end: this.#offset});
	}

	*#event(text: string, offset: number, bytes: number): Generator<Result<JournalEntry, JournalFault>> {
		const lineNumber = this.#lineNumber;
		const linked = decodeLine(text, this.#verify ? this.#hash : undefined);
		const decoded = linked.ok ? linked : decodeLine(text);
		if (!decoded.ok) {
			this.#doubt = {lineNumber, offset, bytes, message: decoded.error};
			return;
		}
		const seq = decoded.value.kind === 'event' ? decoded.value.event.seq : decoded.value.seq;
		if (seq > this.#nextSeq) {
			yield ok({kind: 'gap', fromSeq: this.#nextSeq, toSeq: seq - 1, lineNumber});
		} else if (!linked.ok || seq < this.#nextSeq) {
			// It can be read, so no crash has cut it off: somebody has changed it.
			this.isOver = true;
			yield fail({lineNumber, message: `line ${lineNumber} ${linked.ok ? `repeats number ${seq}` : linked.error}`});
			return;
		}
		this.#hash = decoded.value.hash;
		this.#nextSeq = seq + 1;
		yield ok({...decoded.value, lineNumber, offset, end: this.#offset});
	}

	fault(what: string): Result<JournalEntry, JournalFault> {
		this.isOver = true;
		return fail({lineNumber: this.#lineNumber + 1, message: `line ${this.#lineNumber + 1} ${what}`});
	}

	/** `restBytes`: what stands after the last line break. */
	*finish(restBytes: number): Generator<Result<JournalEntry, JournalFault>> {
		if (this.#hash === undefined) {
			yield fail({lineNumber: 1, message: 'The journal is empty, or ends within its first line.'});
		} else if (this.#doubt && restBytes > 0) {
			yield fail({lineNumber: this.#doubt.lineNumber, message: `line ${this.#doubt.lineNumber} ${this.#doubt.message}`});
		} else if (this.#doubt) {
			// A whole line that can't be read at the very end is what a power cut leaves of a block that never reached the disk.
			yield ok({kind: 'torn', lineNumber: this.#doubt.lineNumber, offset: this.#doubt.offset, bytes: this.#doubt.bytes + 1});
		} else if (restBytes > 0) {
			yield ok({kind: 'torn', lineNumber: this.#lineNumber + 1, offset: this.#offset, bytes: restBytes});
		}
	}
}
