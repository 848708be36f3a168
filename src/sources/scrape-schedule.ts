import {setTimeout as sleep} from 'node:timers/promises';

/** What the schedule moves: all targets at once. */
export type Rounds = {
	/** Begins a scrape of every target that is not still busy with one. */
	begin(): void;
	/** Each scrape under way, with how much longer it is worth waiting for. */
	awaited(): readonly {readonly done: Promise<void>; readonly patienceMs: number}[];
	/** Called when a round that nobody waited for is over. */
	settled(): void;
};

/** A tick this much (of an interval) before its time scrapes all the same: better now than just after the verdict. */
const earlyShare = 0.2;
const earlyMsMax = 50;
/** A round is put off by this much of an interval at most, for a tick that is expected soon after it is due. */
const putOffShare = 0.25;
/** How late the expected tick may be. */
const tickLateMs = 30;

/**
 * When to scrape. Whoever is about to judge scrapes first, if a scrape is due: so a breach on the page is judged in the tick that
 * read it. Between ticks, and when ticks come more slowly than scrapes are due, a timer keeps the interval.
 */
export class Schedule {
	readonly #rounds: Rounds;
	readonly #intervalMs: number;
	#dueAt = 0;
	#begunAt = Number.NEGATIVE_INFINITY;
	#timer: NodeJS.Timeout | undefined;
	#lastTickAt: number | undefined;
	#tickEveryMs: number | undefined;
	#closed = false;

	constructor(rounds: Rounds, intervalMs: number) {
		this.#rounds = rounds;
		this.#intervalMs = intervalMs;
	}

	start(): void {
		this.#begin(performance.now());
	}

	/** Scrapes if it is due, and waits for what is under way as long as that makes sense, up to `waitMs`. */
	async freshen(waitMs: number, signal: AbortSignal): Promise<void> {
		const now = performance.now();
		this.#expectNext(now);
		if (this.#isTimeFor(now)) this.#begin(now);
		await this.#wait(waitMs, signal);
	}

	/** Waits until the next round is due, and for that round. */
	async another(waitMs: number, signal: AbortSignal): Promise<void> {
		const endsAt = performance.now() + waitMs;
		await pause(Math.min(waitMs, this.#dueAt - performance.now()), signal);
		if (signal.aborted || this.#closed) return;
		if (performance.now() >= this.#dueAt - 1) this.#begin(performance.now());
		await this.#wait(endsAt - performance.now(), signal);
	}

	close(): void {
		this.#closed = true;
		clearTimeout(this.#timer);
	}

	/** A scrape is due; or ticks are no more frequent than scrapes, and then each may have one of its own. */
	#isTimeFor(now: number): boolean {
		const early = this.#intervalMs * earlyShare;
		if (now >= this.#dueAt - Math.min(earlyMsMax, early)) return true;
		return this.#pace >= this.#intervalMs - early && now - this.#begunAt >= early;
	}

	/** From tick to tick. Before that is known, ticks are expected as often as scrapes. */
	get #pace(): number {
		return this.#tickEveryMs ?? this.#intervalMs;
	}

	#expectNext(now: number): void {
		if (this.#lastTickAt !== undefined) this.#tickEveryMs = now - this.#lastTickAt;
		this.#lastTickAt = now;
		this.#arm(now);
	}

	#begin(now: number): void {
		if (this.#closed) return;
		this.#begunAt = now;
		this.#dueAt = now + this.#intervalMs;
		this.#rounds.begin();
		this.#arm(now);
	}

	#arm(now: number): void {
		clearTimeout(this.#timer);
		if (this.#closed) return;
		this.#timer = setTimeout(() => this.#onTimer(), Math.max(0, this.#timerAt() - now));
		// Nobody stays alive for a scrape alone.
		this.#timer.unref();
	}

	/** When the timer scrapes by itself: when it is due, or a little later if a tick is about to do it. */
	#timerAt(): number {
		if (this.#lastTickAt === undefined) return this.#dueAt;
		const ticks = Math.max(1, Math.ceil((this.#dueAt - this.#lastTickAt - 1) / this.#pace));
		const tickAt = this.#lastTickAt + ticks * this.#pace;
		return tickAt - this.#dueAt <= this.#intervalMs * putOffShare ? Math.max(this.#dueAt, tickAt) + tickLateMs : this.#dueAt;
	}

	#onTimer(): void {
		const dueAt = this.#dueAt;
		const now = performance.now();
		this.#begin(now);
		// The timer keeps to its grid; what was missed is not made up for.
		if (now - dueAt < this.#intervalMs) {
			this.#dueAt = dueAt + this.#intervalMs;
			this.#arm(now);
		}
		void Promise.all(this.#rounds.awaited().map(({done}) => done)).then(() => this.#closed || this.#rounds.settled());
	}

	async #wait(waitMs: number, signal: AbortSignal): Promise<void> {
		const over = new AbortController();
		const stop = AbortSignal.any([signal, over.signal]);
		const each = this.#rounds.awaited().map(({done, patienceMs}) => {
			const ms = Math.min(waitMs, patienceMs);
			return ms <= 0 ? undefined : Promise.race([done, pause(ms, stop)]);
		});
		await Promise.all(each);
		over.abort();
	}
}

/** Never rejects. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
	sleep(Math.max(0, Math.min(ms, 2 ** 31 - 1)), undefined, {signal}).catch(() => {});
