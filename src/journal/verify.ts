import {createHash} from 'node:crypto';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {parseObject} from '../core/ndjson.ts';
import {checkpointFileName} from './checkpoint-name.ts';
import {readPackedIndex} from './packed/packed-file.ts';
import type {JournalEntry} from './reader.ts';
import {readRecord, recordForm} from './record.ts';
import {readSeals} from './seal.ts';
import {sessionFiles} from './session-folder.ts';
import {type SessionStatus, summarise} from './sessions.ts';

export type Finding = {
	/** The file, below the session's folder where it is in it. */
	readonly file: string;
	readonly line?: number;
	readonly seq?: number;
	readonly message: string;
};

export type Verification = {
	readonly session: string;
	readonly folder: string;
	readonly status: SessionStatus;
	readonly events: number;
	/** Checkpoints and artifacts whose bytes were compared. */
	readonly filesChecked: number;
	/** Something was changed, cut, swapped or taken away. */
	readonly problems: readonly Finding[];
	/** What can't be vouched for, without a sign that anybody did anything. */
	readonly notes: readonly Finding[];
};

type Written = {readonly path: string; readonly sha256: string; readonly bytes: number; readonly seq: number};

/**
 * Holds a session's folder against itself: each line's link to the one before, what checkpoints and seals say the journal held, and
 * each checkpoint and artifact against its sum in the journal.
 */
export async function verifySession(folder: string): Promise<Verification> {
	const {status} = summarise(folder);
	const check = new Check(folder, status);
	await check.chain();
	check.end();
	check.seals();
	check.packedIndex();
	check.files();
	const {events, filesChecked, problems, notes} = check;
	return {session: basename(folder), folder, status, events, filesChecked, problems, notes};
}

class Check {
	events = 0;
	filesChecked = 0;
	readonly problems: Finding[] = [];
	readonly notes: Finding[] = [];
	readonly #folder: string;
	readonly #status: SessionStatus;
	readonly #hashes = new Map<number, string>();
	readonly #written = new Map<string, Written>();
	readonly #gaps: {readonly from: number; readonly to: number; readonly line: number}[] = [];
	#journal = 'journal.ndjson';
	#lastSeq = -1;
	#lastLine = 1;
	#isBroken = false;

	constructor(folder: string, status: SessionStatus) {
		this.#folder = folder;
		this.#status = status;
	}

	async chain(): Promise<void> {
		if (recordForm(this.#folder) === undefined) {
			this.#isBroken = true;
			this.problems.push({file: this.#journal, message: 'there is no journal'});
			return;
		}
		if (recordForm(this.#folder) === 'packed') this.#journal = 'journal.packed';
		for await (const entry of readRecord(this.#folder)) {
			if (entry.ok) {
				this.#entry(entry.value);
				continue;
			}
			this.#isBroken = true;
			const {lineNumber, message} = entry.error;
			const seq = this.#lastSeq + 1;
			this.problems.push({
				file: this.#journal,
				line: lineNumber,
				seq,
				message: `${message}; what stands behind it is not looked at`,
			});
		}
		for (const gap of this.#gaps) this.#missing(gap);
	}

	#entry(entry: JournalEntry): void {
		const file = this.#journal;
		switch (entry.kind) {
			case 'header':
				return;
			case 'gap':
				this.#gaps.push({from: entry.fromSeq, to: entry.toSeq, line: entry.lineNumber});
				return;
			case 'torn': {
				const finding = {file, line: entry.lineNumber, seq: this.#lastSeq + 1, message: `ends within line ${entry.lineNumber}`};
				// A controller that was killed, or is at this moment writing, leaves half a line.
				if (this.#status === 'finished' || this.#status === 'unreadable') this.problems.push(finding);
				else this.notes.push(finding);
				return;
			}
			default: {
				const seq = entry.kind === 'event' ? entry.event.seq : entry.seq;
				this.events++;
				[this.#lastSeq, this.#lastLine] = [seq, entry.lineNumber];
				this.#hashes.set(seq, entry.hash);
				if (entry.kind === 'event') this.#event(entry.event);
			}
		}
	}

	#event(event: Extract<JournalEntry, {kind: 'event'}>['event']): void {
		const {seq} = event;
		if (event.type === 'checkpoint-written') {
			const path = join('checkpoints', `${checkpointFileName(event.name)}.json`);
			this.#written.set(path, {path, sha256: event.sha256, bytes: event.bytes, seq});
		} else if (event.type === 'artifact-written') {
			const path = join('artifacts', event.name);
			this.#written.set(path, {path, sha256: event.sha256, bytes: event.bytes, seq});
		} else if (event.type === 'noticed' && event.topic === 'journal') this.#explain(event.text);
	}

	/** Samples that a full disk did not take are missing by right: the controller said how many as soon as it could write again. */
	#explain(text: string): void {
		const said = Number(/(\d+) samples could not be kept/.exec(text)?.[1] ?? 0);
		const missing = this.#gaps.reduce((sum, {from, to}) => sum + to - from + 1, 0);
		if (said === 0 || said !== missing) return;
		for (const {from, to, line} of this.#gaps.splice(0)) {
			const message = `events ${from} to ${to} are missing: samples that a full disk did not take, as event ${this.#lastSeq} says`;
			this.notes.push({file: this.#journal, line, seq: from, message});
		}
	}

	#missing({from, to, line}: {readonly from: number; readonly to: number; readonly line: number}): void {
		const which = from === to ? `event ${from} is` : `events ${from} to ${to} are`;
		this.problems.push({file: this.#journal, line, seq: from, message: `${which} missing before line ${line}`});
	}

	end(): void {
		if (this.#isBroken || this.#status === 'finished' || this.#status === 'running') return;
		const message = 'ends without the end of its session: its controller died, or lines were cut off here';
		this.notes.push({file: this.#journal, line: this.#lastLine, seq: this.#lastSeq, message});
	}

	seals(): void {
		if (this.#isBroken) return;
		const seals = readSeals(this.#folder);
		for (const {seq, hash, path} of seals) this.#anchor(path, seq, hash, 'seal');
		if (this.#status !== 'finished') return;
		const newest = Math.max(-1, ...seals.map(({seq}) => seq));
		const isSealed = newest === this.#lastSeq;
		const place = {file: this.#journal, line: this.#lastLine, seq: this.#lastSeq};
		if (!isSealed)
			this.notes.push({...place, message: `the end has no seal: nothing vouches for what stands behind event ${newest}`});
	}

	#anchor(path: string, seq: number, hash: string, what: string): void {
		const file = path.startsWith(this.#folder) ? path.slice(this.#folder.length + 1) : path;
		if (seq > this.#lastSeq) {
			const message = `the ${what} knows of event ${seq}, but the journal ends with event ${this.#lastSeq}: its end was cut off`;
			this.problems.push({file, line: this.#lastLine, seq: this.#lastSeq + 1, message});
		} else if (this.#hashes.get(seq) !== hash && (seq >= 0 || this.events > 0)) {
			if (!this.#hashes.has(seq) && this.problems.length + this.notes.length > 0) return;
			this.problems.push({
				file,
				seq,
				message: `the ${what} says another hash of event ${seq} than the journal: one of them was changed`,
			});
		}
	}

	packedIndex(): void {
		if (this.#isBroken || this.#journal !== 'journal.packed') return;
		const index = readPackedIndex(sessionFiles(this.#folder).packed);
		if (!index.ok) return;
		const {end, blocks} = index.value;
		const ofBlocks = blocks.every(({lastSeq}) => this.#hashes.has(lastSeq));
		if (end.seq !== this.#lastSeq || end.hash !== this.#hashes.get(end.seq) || !ofBlocks)
			this.problems.push({file: this.#journal, seq: end.seq, message: 'its index does not fit its blocks'});
	}

	files(): void {
		for (const written of this.#written.values()) this.#file(written);
		const {checkpoints} = sessionFiles(this.#folder);
		for (const name of filesIn(checkpoints).filter(one => one.endsWith('.json'))) {
			const path = join('checkpoints', name);
			if (!this.#written.has(path)) this.notes.push({file: path, message: 'the journal does not know of it'});
			this.#checkpointAnchor(path);
		}
	}

	#file({path, sha256, bytes, seq}: Written): void {
		let content: Buffer;
		try {
			content = readFileSync(join(this.#folder, path));
		} catch {
			this.problems.push({file: path, seq, message: `is missing, but event ${seq} says it was written`});
			return;
		}
		this.filesChecked++;
		if (sum(content) === sha256) return;
		const isLonger = content.length > bytes && sum(content.subarray(0, bytes)) === sha256;
		const finding = isLonger
			? {file: path, seq, message: `has ${content.length - bytes} bytes more than event ${seq} says`}
			: {file: path, seq, message: `was changed: its sha256 is not the one of event ${seq}`};
		// A log grows before its new sum is in the journal: one that was being written when its controller died may be ahead.
		if (isLonger && this.#status !== 'finished') this.notes.push(finding);
		else this.problems.push(finding);
	}

	/** Each checkpoint says where the journal stood when it was made. */
	#checkpointAnchor(path: string): void {
		if (this.#isBroken) return;
		try {
			const {journal} = parseObject(readFileSync(join(this.#folder, path), 'utf8')) as {
				journal?: {seq?: unknown; hash?: unknown};
			};
			if (typeof journal?.seq === 'number' && typeof journal.hash === 'string' && journal.seq >= 0)
				this.#anchor(join(this.#folder, path), journal.seq, journal.hash, 'checkpoint');
		} catch {
			// That it was changed is said by its sum.
		}
	}
}

const sum = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

const filesIn = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder) : []);
