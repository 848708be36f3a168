import type {Result} from '../base/result.ts';
import type {SessionEvent} from '../core/event.ts';

/** Where the journal stands. */
export type JournalMark = {
	/** Of the last event; -1 before the first. */
	readonly seq: number;
	readonly hash: string;
	/** In the file. */
	readonly bytes: number;
	/** Lines of the file, once all is written; undefined when samples were dropped and nobody knows. */
	readonly lines: number | undefined;
	readonly unwrittenBytes: number;
};

/** The record of one session, with one writer. Nothing here throws, and nothing waits for a disk but `sync` and `close`. */
export interface Journal {
	/**
	 * Takes the event, and gives it back as it stands in the line that was made of it: what is reduced live is what a replay reads.
	 * The line is on its way to the file; when the file can't be written it is kept in memory and tried again.
	 */
	append(event: SessionEvent): SessionEvent;
	/** Resolves once everything appended so far is on the disk (fsync), or with the reason why not, at the latest after `timeoutMs`. */
	sync(timeoutMs: number): Promise<Result<void, string>>;
	mark(): JournalMark;
	/** Writes what it can within `timeoutMs`, and lets go of the file. */
	close(timeoutMs: number): Promise<void>;
}

/** What the journal has to say about itself; the controller makes facts of it. */
export type JournalHandlers = {
	/** Writing fails: said once, until `onRecovered`. */
	onTrouble(message: string): void;
	/** Everything kept in memory is on its way again. `droppedSamples`: how many did not fit into memory and are lost. */
	onRecovered(droppedSamples: number): void;
};
