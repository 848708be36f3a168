import type {Result} from '../../base/result.ts';
import type {SessionEvent} from '../../core/event.ts';
import {initialState, type SessionState, type TimelineKind} from '../../core/state.ts';
import type {JournalHeader} from '../../journal/codec.ts';
import {foldEntry, foldEvent} from '../../journal/fold.ts';
import type {JournalEntry, JournalFault, JournalPosition} from '../../journal/reader.ts';
import {type MarkKind, markKinds} from '../../view/replay.ts';
import {createNumberList, type NumberList} from './number-list.ts';
import {createStatePile} from './packed-state.ts';

/** Entries of the record from its beginning or from a position, as often as asked. */
export type ReadEntries = (from?: JournalPosition) => AsyncGenerator<Result<JournalEntry, JournalFault>, void>;

/** A moment to go on from: the state after some event, and where the next one stands. */
export type Spot = {
	readonly state: SessionState;
	/** Absent at the very beginning. */
	readonly position?: JournalPosition;
};

/** By which of its numbers a moment is looked for. */
export type Axis = 'seq' | 'tMs' | 'atMs';

/** So much of the journal lies between two keyframes: what a jump folds at most. Two or three minutes of twenty guardrails. */
const keyframeBytes = 768 * 1024;
/** Small events cost more than their bytes. */
const keyframeEvents = 360;
/** A slice of reading in the background: a key never waits longer for it. */
const sliceMs = 8;
/** More different kinds of trouble than this are not read by anybody. */
const noticesMax = 20;

export type Marks = Readonly<Record<MarkKind, {readonly seqs: NumberList; readonly timesMs: NumberList}>>;

const kindOfLine: Readonly<Partial<Record<TimelineKind, MarkKind>>> = {
	breach: 'breach',
	alarm: 'breach',
	failed: 'breach',
	checkpoint: 'checkpoint',
	stage: 'checkpoint',
	action: 'action',
	hold: 'action',
	note: 'note',
};

/**
 * A record read once from its beginning to its end in small slices, with a packed state kept every so often: from the nearest one
 * before it any moment is a few events away, backwards as well as forwards.
 */
export class RecordIndex {
	readonly marks = Object.fromEntries(
		markKinds.map(kind => [kind, {seqs: createNumberList(), timesMs: createNumberList()}]),
	) as Marks;
	header: JournalHeader | undefined;
	/** The last event read so far. */
	tip: Spot = {state: initialState};
	/** The end has been reached; a record that grows is read on from there. */
	isRead = false;
	startMs = 0;
	startAtMs = 0;
	/** The largest session time so far, and the same for the wall clock. */
	endMs = 0;
	endAtMs = 0;
	readonly #read: ReadEntries;
	/** Keyframes: where each stands, and its state. */
	readonly #frames: JournalPosition[] = [];
	readonly #states = createStatePile();
	readonly #keys = {seq: createNumberList(), tMs: createNumberList(), atMs: createNumberList()};
	readonly #monoMs: () => number;
	readonly #unknown = new Map<string, number>();
	readonly #notices: string[] = [];
	#misfits = 0;
	#fault: string | undefined;
	#torn: string | undefined;
	#sinceBytes = 0;
	#sinceEvents = 0;
	#seeking = 0;
	#isClosed = false;

	constructor(read: ReadEntries, monoMs: () => number) {
		this.#read = read;
		this.#monoMs = monoMs;
	}

	/** What is wrong with the record, the weightiest first. */
	notices(): readonly string[] {
		const unknown = [...this.#unknown].map(
			([type, count]) => `${count} ${count === 1 ? 'event' : 'events'} of type ${type}, unknown to this version, left out`,
		);
		const misfits = this.#misfits > 0 ? [`${this.#misfits} events that don't fit what came before are stepped over`] : [];
		return [this.#fault, this.#torn, ...this.#notices, ...misfits, ...unknown].filter(notice => notice !== undefined);
	}

	/** What the keyframes take, in bytes outside of the heap. */
	get packedBytes(): number {
		return this.#states.bytes;
	}

	/** No event behind a fault can be believed, so there is nothing to wait for. */
	get isDamaged(): boolean {
		return this.#fault !== undefined;
	}

	/** Reads on to the present end of the record. `onSlice` is called between slices, and once at the end. `isGrowing`: a torn end is one that is being written. */
	async readOn(onSlice: () => void, isGrowing: boolean): Promise<void> {
		let sliceAtMs = this.#monoMs();
		this.#torn = undefined;
		if (!this.isDamaged) {
			for await (const entry of this.#read(this.tip.position)) {
				if (this.#isClosed) return;
				// The first line of a pipe is still on its way.
				if (!entry.ok && isGrowing && !this.header) return;
				if (!entry.ok) this.#damaged(entry.error);
				else this.#take(entry.value, isGrowing);
				if (this.#monoMs() - sliceAtMs < sliceMs && this.#seeking === 0) continue;
				onSlice();
				do await turn();
				while (this.#seeking > 0);
				sliceAtMs = this.#monoMs();
			}
		}
		this.isRead = true;
		onSlice();
	}

	close(): void {
		this.#isClosed = true;
	}

	/**
	 * The moment after the last event whose number on the axis is at most `limit`, among what has been read. `from`: a moment at hand,
	 * which is gone on from when no keyframe is nearer.
	 */
	async seek(axis: Axis, limit: number, from?: Spot): Promise<Spot> {
		this.#seeking++;
		try {
			return await this.#seek(axis, limit, from);
		} finally {
			this.#seeking--;
		}
	}

	async #seek(axis: Axis, limit: number, from: Spot | undefined): Promise<Spot> {
		const {state: tip} = this.tip;
		const isAtTip = axis === 'seq' ? tip.nextSeq - 1 <= limit : axis === 'tMs' ? this.endMs <= limit : this.endAtMs <= limit;
		if (isAtTip) return this.tip;
		let spot = this.#before(axis, limit, from);
		const last = tip.nextSeq;
		for await (const entry of this.#read(spot.position)) {
			if (!entry.ok) break;
			const {value} = entry;
			if (value.kind === 'torn') break;
			if (value.kind === 'event' && (value.event.seq >= last || value.event[axis] > limit)) break;
			if (value.kind === 'unknown' && (value.seq >= last || (axis === 'seq' && value.seq > limit))) break;
			if (value.kind === 'gap' && axis === 'seq' && value.fromSeq > limit) break;
			spot = {state: foldEntry(spot.state, value), position: positionAfter(value, spot)};
		}
		return spot;
	}

	/** The nearest moment at or before: a keyframe, the one at hand, or the beginning. */
	#before(axis: Axis, limit: number, from: Spot | undefined): Spot {
		const keys = this.#keys[axis].view();
		let index = keys.length;
		for (let low = 0; low < index; ) {
			const middle = (low + index) >> 1;
			if ((keys[middle] ?? 0) <= limit) low = middle + 1;
			else index = middle;
		}
		const frame = this.#frames[index - 1];
		const frameSeq = frame?.nextSeq ?? 0;
		if (from && from.state.nextSeq > frameSeq) {
			const {nextSeq, lastTMs, lastAtMs} = from.state;
			const reached = axis === 'seq' ? nextSeq - 1 : axis === 'tMs' ? lastTMs : lastAtMs;
			const next = this.#frames[index]?.nextSeq ?? Number.POSITIVE_INFINITY;
			// Beyond the next keyframe a number that went back (the wall clock, set by hand) would hide the way.
			if (reached <= limit && nextSeq <= next) return from;
		}
		const state = this.#states.get(index - 1);
		return frame && state ? {state, position: frame} : {state: initialState};
	}

	#take(entry: JournalEntry, isGrowing: boolean): void {
		switch (entry.kind) {
			case 'header':
				this.header = entry.header;
				break;
			case 'torn':
				if (!isGrowing) this.#torn = `line ${entry.lineNumber} was cut off (${entry.bytes} bytes): the record ends before it`;
				return;
			case 'gap':
				this.#note(`events ${entry.fromSeq} to ${entry.toSeq} are missing: they were dropped while the disk was full`);
				break;
			case 'unknown':
				if (this.#unknown.size < noticesMax || this.#unknown.has(entry.type))
					this.#unknown.set(entry.type, (this.#unknown.get(entry.type) ?? 0) + 1);
				break;
			case 'event':
				this.#count(entry.event);
		}
		const {state} = this.tip;
		const after = entry.kind === 'event' ? foldEvent(state, entry.event, () => this.#misfits++) : foldEntry(state, entry);
		this.tip = {state: after, position: positionAfter(entry, this.tip)};
		if (entry.kind !== 'event') return;
		this.#mark(state, after, entry.event);
		this.#keep(entry.end - entry.offset);
	}

	#count({seq, tMs, atMs}: SessionEvent): void {
		if (seq === 0 || this.startAtMs === 0) {
			this.startMs = tMs;
			this.startAtMs = atMs;
			this.endMs = tMs;
		}
		this.endMs = Math.max(this.endMs, tMs);
		this.endAtMs = Math.max(this.endAtMs, atMs);
	}

	#mark(before: SessionState, {timeline}: SessionState, {seq, type, tMs}: SessionEvent): void {
		if (type === 'tick-taken') this.#push('tick', seq, tMs);
		if (timeline === before.timeline) return;
		for (let index = timeline.length - 1; timeline[index]?.seq === seq; index--) {
			const kind = kindOfLine[timeline[index]!.kind];
			if (kind) this.#push(kind, seq, tMs);
		}
	}

	#push(kind: MarkKind, seq: number, tMs: number): void {
		const {seqs, timesMs} = this.marks[kind];
		if (seqs.view().at(-1) === seq) return;
		seqs.push(seq);
		timesMs.push(Math.max(tMs, this.endMs));
	}

	#keep(bytes: number): void {
		this.#sinceBytes += bytes;
		this.#sinceEvents++;
		if (this.#sinceBytes < keyframeBytes && this.#sinceEvents < keyframeEvents) return;
		const {state, position} = this.tip;
		if (!position) return;
		this.#sinceBytes = 0;
		this.#sinceEvents = 0;
		this.#frames.push(position);
		this.#states.push(state);
		this.#keys.seq.push(position.nextSeq - 1);
		this.#keys.tMs.push(this.endMs);
		this.#keys.atMs.push(this.endAtMs);
	}

	#damaged({message}: JournalFault): void {
		const {state} = this.tip;
		const where =
			state.nextSeq === 0 ? 'nothing of it can be shown' : `shown up to event ${state.nextSeq - 1}, the last one before it`;
		this.#fault = `the record is damaged: ${message}; ${where}`;
	}

	#note(notice: string): void {
		if (this.#notices.length < noticesMax) this.#notices.push(notice);
	}
}

/** Keys, timers and files get their turn. */
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/** Where the entry after this one stands; a gap is no line of its own. */
function positionAfter(entry: JournalEntry, {position}: Spot): JournalPosition {
	const before = position ?? {offset: 0, lineNumber: 0, hash: '', nextSeq: 0};
	switch (entry.kind) {
		case 'header':
			return {offset: entry.end, lineNumber: 1, hash: entry.hash, nextSeq: 0};
		case 'event':
			return {offset: entry.end, lineNumber: entry.lineNumber, hash: entry.hash, nextSeq: entry.event.seq + 1};
		case 'unknown':
			return {offset: entry.end, lineNumber: entry.lineNumber, hash: entry.hash, nextSeq: entry.seq + 1};
		case 'gap':
		case 'torn':
			return before;
	}
}
