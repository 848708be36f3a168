import {setImmediate as turn} from 'node:timers/promises';
import {fail} from '../base/result.ts';
import type {Asking} from './asking.ts';
import {fault} from './prometheus-fault.ts';
import type {Outcome} from './prometheus-reading.ts';
import type {Engine} from './scrape-engine.ts';

/** Evaluation goes on for this long before everything else in the process gets its turn. */
const sliceMs = 10;

/** The questions of one tick, all answered for the same moment. */
export class EngineTick implements Asking {
	readonly #engine: Engine;
	/** All is answered as of this time. */
	readonly timeMs: number;
	readonly #endsAt: number;
	readonly #asked = new Map<string, Promise<Outcome>>();
	#last: Promise<unknown> = Promise.resolve();
	#since = performance.now();

	/** `endsAt`, of `performance.now()`: what is not answered by then is not answered. */
	constructor(engine: Engine, timeMs: number, endsAt: number) {
		this.#engine = engine;
		this.timeMs = timeMs;
		this.#endsAt = endsAt;
	}

	ask(query: string): Promise<Outcome> {
		const known = this.#asked.get(query);
		if (known) return known;
		// One after the other: in one thread nothing is won by starting all at once.
		const outcome = this.#last.then(() => this.#answer(query));
		this.#last = outcome;
		this.#asked.set(query, outcome);
		return outcome;
	}

	askBeside(query: string): Promise<Outcome> {
		return this.ask(query);
	}

	async #answer(query: string): Promise<Outcome> {
		if (performance.now() - this.#since >= sliceMs) {
			await turn();
			this.#since = performance.now();
		}
		const startedAt = performance.now();
		if (startedAt > this.#endsAt) return {...fail(fault('timeout', 'not evaluated in time')), tookMs: 0};
		try {
			return {...this.#engine.answer(query, this.timeMs), tookMs: tookSince(startedAt)};
		} catch (error) {
			return {...fail(fault('internal', `evaluating failed: ${String(error)}`)), tookMs: tookSince(startedAt)};
		}
	}
}

const tookSince = (startedAt: number): number => Math.round((performance.now() - startedAt) * 10) / 10;
