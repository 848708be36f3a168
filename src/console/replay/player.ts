import {setTimeout as sleep} from 'node:timers/promises';
import {fail} from '../../base/result.ts';
import {countUpTo} from '../../base/sorted.ts';
import type {SessionState} from '../../core/state.ts';
import {type MarkKind, type Moment, type ReplayCommand, type ReplayView, replaySpeeds} from '../../view/replay.ts';
import type {Client, ClientSnapshot} from '../client-port.ts';
import {type Axis, type ReadEntries, RecordIndex, type Spot} from './record-index.ts';
import {named, supposedEndMs, whereIs} from './where.ts';

export type PlayerOptions = {
	readonly read: ReadEntries;
	readonly folder: string;
	/** A monotonic clock in ms. */
	readonly monoMs: () => number;
	/** Minutes the reader's clock is ahead of UTC: times of day are typed as they are read. */
	readonly offsetMinutes: () => number;
	/** Session seconds a second. */
	readonly speed: number;
	/** Where to begin, and stand still; absent: from the start, playing. */
	readonly at?: Moment;
	/** About how long the record is, for the scrubber, until it has been read. */
	readonly guessedMs?: number;
	/** The record may grow: resolves when it has, or perhaps has; false once it never will again. */
	readonly grown?: () => Promise<boolean>;
	/** Show what comes as it comes, from the end on. */
	readonly follow?: boolean;
};

/** A recorded session in place of a controller: the screen sees no difference, and nothing can be asked of it. */
export type Player = Client & {
	/** Reads the first events, then on in the background. */
	open(): Promise<void>;
	view(): ReplayView;
	/** Resolves with a sentence when it can't be done. */
	command(command: ReplayCommand): Promise<string | undefined>;
	/** The state after the last event whose number is at most `seq`. */
	goToSeq(seq: number): Promise<SessionState>;
	/** Resolves once the record has been read to its present end. */
	readonly whole: Promise<void>;
};

const stepMs = 100;
/** So long the first frame may wait for the moment asked for. */
const beginMs = 120;

export function createPlayer(options: PlayerOptions): Player {
	const {monoMs} = options;
	const index = new RecordIndex(options.read, monoMs);
	const listeners = new Set<() => void>();
	const whole = Promise.withResolvers<void>();
	const first = Promise.withResolvers<void>();
	/** The moment asked for at the start is shown, or never will be. */
	const begun = Promise.withResolvers<void>();
	let spot: Spot = index.tip;
	/** Session time shown, and since when (by the monotonic clock) it has been. */
	let position = {tMs: 0, atMonoMs: monoMs()};
	let playing = false;
	let following = options.follow === true;
	let {speed} = options;
	let awaited: Moment | undefined = options.at;
	/** Why the moment the replay was opened at could not be shown. */
	let refusal: string | undefined;
	let isGrowing = options.grown !== undefined;
	let timer: NodeJS.Timeout | undefined;
	let isClosed = false;
	/** The newest jump wins: an older one that is still reading changes nothing any more. */
	let jumps = 0;
	let snapshot = makeSnapshot();

	function makeSnapshot(): ClientSnapshot {
		const version = index.header?.version ?? '';
		return {status: 'live', reason: '', state: spot.state, folder: options.folder, version, role: 'read-only', consoles: 1};
	}

	function changed(): void {
		if (snapshot.state !== spot.state || snapshot.version === '') snapshot = makeSnapshot();
		for (const listener of [...listeners]) listener();
	}

	const endMs = (): number => supposedEndMs(index, options.guessedMs);
	const clamped = (tMs: number): number => Math.max(index.startMs, Math.min(index.endMs, tMs));

	function nowMs(): number {
		const passedMs = monoMs() - position.atMonoMs;
		if (following) return position.tMs + (isGrowing ? passedMs : 0);
		return playing ? clamped(position.tMs + passedMs * speed) : position.tMs;
	}

	function show(next: Spot, tMs: number, atMonoMs = monoMs()): void {
		spot = next;
		position = {tMs, atMonoMs};
		changed();
	}

	async function jump(axis: Axis, limit: number, tMs?: number, atMonoMs?: number): Promise<boolean> {
		const mine = ++jumps;
		const next = await index.seek(axis, limit, spot);
		if (mine !== jumps || isClosed) return false;
		show(next, tMs ?? clamped(next.state.lastTMs), atMonoMs);
		return true;
	}

	/** The state catches up with the time that goes by while it plays. */
	function step(): void {
		clearTimeout(timer);
		if (isClosed || !playing) return;
		const [tMs, atMonoMs] = [nowMs(), monoMs()];
		const isAtEnd = index.isRead && tMs >= index.endMs;
		void jump('tMs', tMs, tMs, atMonoMs).then(() => {
			if (isAtEnd) {
				playing = false;
				following = isGrowing && options.follow === true;
				changed();
			}
			clearTimeout(timer);
			if (playing && !isClosed) timer = setTimeout(step, stepMs);
		});
	}

	function play(on: boolean): void {
		const tMs = nowMs();
		playing = on;
		following = false;
		position = {tMs: clamped(tMs), atMonoMs: monoMs()};
		step();
	}

	async function go(moment: Moment): Promise<string | undefined> {
		const {guessedMs} = options;
		const found = whereIs(moment, {index, guessedMs, offsetMinutes: options.offsetMinutes(), spotAtMs: spot.state.lastAtMs});
		if (!found.ok) {
			awaited = undefined;
			return found.error;
		}
		// While it plays it plays on from there; a share of the whole is known from the guess before the whole has been read.
		following = false;
		if (!found.value) {
			awaited = moment;
			playing = false;
			changed();
			return undefined;
		}
		awaited = undefined;
		const {axis, limit} = found.value;
		await jump(axis, limit, axis === 'tMs' ? clamped(limit) : undefined);
		return undefined;
	}

	async function goToMark(kind: MarkKind, direction: 1 | -1): Promise<string | undefined> {
		const seqs = index.marks[kind].seqs.view();
		const last = spot.state.nextSeq - 1;
		const at = direction === 1 ? countUpTo(seqs, last) : countUpTo(seqs, last - 1) - 1;
		const seq = seqs[at];
		if (seq === undefined) {
			const reach = direction === 1 && !index.isRead ? ' in what has been read so far' : '';
			return `no ${direction === 1 ? 'later' : 'earlier'} ${kind === 'tick' ? 'poll' : kind}${reach}`;
		}
		following = false;
		playing = false;
		awaited = undefined;
		await jump('seq', seq);
		return undefined;
	}

	async function toEnd(): Promise<void> {
		awaited = undefined;
		playing = false;
		following = isGrowing;
		jumps++;
		show(index.tip, index.endMs);
	}

	async function command(asked: ReplayCommand): Promise<string | undefined> {
		refusal = undefined;
		switch (asked.do) {
			case 'play-pause':
				if (!playing && index.isRead && nowMs() >= index.endMs) return 'this is the end: 0 goes to the start';
				play(!playing);
				changed();
				return undefined;
			case 'move': {
				awaited = undefined;
				following = false;
				const tMs = clamped(nowMs() + asked.byMs);
				await jump('tMs', tMs, tMs);
				return undefined;
			}
			case 'mark':
				return await goToMark(asked.kind, asked.direction);
			case 'speed': {
				const next = asked.direction === 1 ? replaySpeeds.find(one => one > speed) : replaySpeeds.findLast(one => one < speed);
				position = {tMs: nowMs(), atMonoMs: monoMs()};
				speed = next ?? speed;
				changed();
				return undefined;
			}
			case 'go':
				return await go(asked.moment);
			case 'end':
				await toEnd();
				return undefined;
		}
	}

	/** Between two slices of reading: who waits for a moment, or follows, moves on. */
	function onSlice(): void {
		if (isClosed) return;
		if (index.tip.state.nextSeq > 0) first.resolve();
		if (awaited) void go(awaited).then(begin);
		else if (following && index.tip !== spot) show(index.tip, index.endMs);
		else changed();
	}

	function begin(reason: string | undefined): void {
		refusal = reason;
		if (awaited === undefined) begun.resolve();
		if (reason !== undefined) changed();
	}

	async function readAll(): Promise<void> {
		for (;;) {
			await index.readOn(onSlice, isGrowing);
			if (index.header || !isGrowing) first.resolve();
			if (!isGrowing) whole.resolve();
			if (isClosed || !options.grown || !isGrowing) return;
			isGrowing = await options.grown();
		}
	}

	return {
		whole: whole.promise,
		async open() {
			void readAll();
			await first.promise;
			// Of a short record the first frame is the one that was asked for.
			if (options.at) await Promise.race([begun.promise, sleep(beginMs, undefined, {ref: false})]);
			// What was asked for may be on its way already.
			if (jumps === 0 && !following) await jump('seq', 0, index.startMs);
			if (!following && options.at === undefined) play(true);
		},
		view() {
			const timesOf = (kind: MarkKind) => index.marks[kind].timesMs.view();
			return {
				positionMs: nowMs(),
				startMs: index.startMs,
				endMs: endMs(),
				readToMs: index.endMs,
				isRead: index.isRead,
				...(awaited && {awaited: named(awaited)}),
				playing,
				following,
				speed,
				marks: {
					breach: timesOf('breach'),
					checkpoint: timesOf('checkpoint'),
					action: timesOf('action'),
					note: timesOf('note'),
					tick: timesOf('tick'),
				},
				notices: noticesOf(index.notices(), refusal, index.isDamaged),
			};
		},
		command,
		async goToSeq(seq) {
			playing = false;
			following = false;
			await jump('seq', seq);
			return spot.state;
		},
		getSnapshot: () => snapshot,
		subscribe(listener) {
			listeners.add(listener);
			return () => void listeners.delete(listener);
		},
		onEvents: () => () => {},
		send: () => Promise.resolve(fail('this is a replay')),
		until: () => Promise.resolve(fail('this is a replay')),
		sessionNowMs: nowMs,
		wallNowMs: () => spot.state.lastAtMs + (nowMs() - spot.state.lastTMs),
		close() {
			isClosed = true;
			clearTimeout(timer);
			index.close();
		},
	};
}

/** What could not be done comes first, but for what makes everything else void. */
const noticesOf = (notices: readonly string[], refusal: string | undefined, isDamaged: boolean): readonly string[] =>
	refusal === undefined ? notices : isDamaged ? [...notices, refusal] : [refusal, ...notices];
