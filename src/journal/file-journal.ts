import {type FileHandle, open} from 'node:fs/promises';
import {setTimeout as sleep} from 'node:timers/promises';
import {fail, ok, type Result} from '../base/result.ts';
import type {FactType, SessionEvent} from '../core/event.ts';
import {decodeOwn, encodeEvent} from './codec.ts';
import type {Journal, JournalHandlers, JournalMark} from './journal.ts';
import {createUnwritten} from './unwritten.ts';

/** About an hour of twenty guardrails at a poll a second. */
const unwrittenBytesMax = 16 * 1024 * 1024;
const retryEveryMs = 1_000;

/** What comes again at the next tick; may be lost when the disk stays full for hours. Everything else is kept. */
const samples: ReadonlySet<FactType> = new Set<FactType>([
	'tick-taken',
	'errors-seen',
	'log-matched',
	'split-read',
	'split-unreadable',
]);

export type FileJournalOptions = JournalHandlers & {
	readonly path: string;
	/** Where the journal stands: the hash of the last line that is in the file, and its bytes and lines up to there. */
	readonly last: {readonly seq: number; readonly hash: string; readonly bytes: number; readonly lines: number};
	/** How the file is opened; for tests. */
	readonly openFile?: typeof open;
};

/**
 * Opens an existing journal for appending (O_APPEND). What stands after `last.bytes` is the torn end of a crash and is cut off. A
 * file that can't be opened now is tried again, as one that can't be written: a controller must be able to roll back without it.
 */
export const openFileJournal = (options: FileJournalOptions): Journal => new FileJournal(options);

class FileJournal implements Journal {
	readonly #options: FileJournalOptions;
	readonly #unwritten = createUnwritten(unwrittenBytesMax);
	#file: FileHandle | undefined;
	#seq: number;
	#hash: string;
	#bytes: number;
	#lines: number;
	/** A batch that is only partly in the file: its rest must come next, or a line would be torn in the middle. */
	#rest: Buffer | undefined;
	#pumping: Promise<void> | undefined;
	/** Tickets of `sync`: the newest asked for, and the newest that a completed fsync covers. */
	#syncAsked = 0;
	#syncDone = 0;
	#trouble: string | undefined;
	#droppedBefore = 0;
	#retryTimer: NodeJS.Timeout | undefined;
	#isClosed = false;

	constructor(options: FileJournalOptions) {
		this.#options = options;
		({seq: this.#seq, hash: this.#hash, bytes: this.#bytes, lines: this.#lines} = options.last);
	}

	append(event: SessionEvent): SessionEvent {
		const {line, hash} = encodeEvent(event, this.#hash);
		this.#hash = hash;
		this.#seq = event.seq;
		this.#lines++;
		this.#unwritten.push(line, samples.has(event.type));
		// While writing fails, the timer tries; a try for each line would only spin.
		if (this.#trouble === undefined && !this.#isClosed) void this.#pump();
		return decodeOwn(line);
	}

	async sync(timeoutMs: number): Promise<Result<void, string>> {
		const ticket = ++this.#syncAsked;
		const give = new AbortController();
		const late = sleep(timeoutMs, 'late' as const, {signal: give.signal}).catch(() => 'late' as const);
		const done = (async () => {
			do await this.#pump();
			while (this.#syncDone < ticket && this.#trouble === undefined);
			return 'done' as const;
		})();
		const outcome = await Promise.race([done, late]);
		give.abort();
		if (outcome === 'late') return fail(`the journal was not on the disk within ${timeoutMs} ms`);
		return this.#trouble === undefined ? ok(undefined) : fail(this.#trouble);
	}

	mark(): JournalMark {
		const unwrittenBytes = this.#unwritten.bytes + (this.#rest?.length ?? 0);
		const lines = this.#unwritten.dropped === 0 ? this.#lines : undefined;
		return {seq: this.#seq, hash: this.#hash, bytes: this.#bytes, lines, unwrittenBytes};
	}

	async close(timeoutMs: number): Promise<void> {
		await this.sync(timeoutMs);
		this.#isClosed = true;
		clearTimeout(this.#retryTimer);
		// A write that hangs would keep the handle: the process is about to end, let it.
		if (this.#trouble === undefined) await this.#file?.close().catch(() => {});
	}

	/** One at a time. Whatever piles up while a write is under way goes with the next: the batch grows with the load. */
	#pump(): Promise<void> {
		this.#pumping ??= this.#write().finally(() => {
			this.#pumping = undefined;
			// What was appended after its last look.
			if (this.#trouble === undefined && this.#unwritten.bytes > 0 && !this.#isClosed) void this.#pump();
		});
		return this.#pumping;
	}

	async #write(): Promise<void> {
		try {
			this.#file ??= await this.#open();
			for (;;) {
				this.#rest ??= this.#unwritten.takeAll();
				if (this.#rest) await this.#writeRest(this.#file);
				else if (this.#syncDone < this.#syncAsked) await this.#syncFile(this.#file);
				else break;
			}
			this.#recovered();
		} catch (error) {
			this.#failed(error);
		}
	}

	async #open(): Promise<FileHandle> {
		const file = await (this.#options.openFile ?? open)(this.#options.path, 'a', 0o600);
		const {size} = await file.stat();
		if (size > this.#bytes) await file.truncate(this.#bytes);
		return file;
	}

	/** A full disk may take a part: it is remembered to the byte. */
	async #writeRest(file: FileHandle): Promise<void> {
		while (this.#rest && this.#rest.length > 0) {
			const {bytesWritten} = await file.write(this.#rest);
			this.#bytes += bytesWritten;
			this.#rest = this.#rest.subarray(bytesWritten);
		}
		this.#rest = undefined;
	}

	async #syncFile(file: FileHandle): Promise<void> {
		const ticket = this.#syncAsked;
		await file.datasync();
		this.#syncDone = ticket;
	}

	#failed(error: unknown): void {
		const isNews = this.#trouble === undefined;
		this.#trouble = `the journal ${this.#options.path} can't be written: ${error instanceof Error ? error.message : String(error)}`;
		if (this.#isClosed) return;
		clearTimeout(this.#retryTimer);
		this.#retryTimer = setTimeout(() => void this.#pump(), retryEveryMs);
		if (isNews) this.#options.onTrouble(this.#trouble);
	}

	#recovered(): void {
		if (this.#trouble === undefined) return;
		this.#trouble = undefined;
		clearTimeout(this.#retryTimer);
		const dropped = this.#unwritten.dropped - this.#droppedBefore;
		this.#droppedBefore = this.#unwritten.dropped;
		this.#options.onRecovered(dropped);
	}
}
