import type {Labels} from '../promql/labels.ts';

/** A scrape may come this much later than the last one did, and is still the next. */
const gapFactor = 1.5;
/** Beyond this an instant selector does not look back anyway, marker or not. */
const lookbackMs = 300_000;

export type Steps = {readonly startMs: number; readonly endMs: number; readonly stepMs: number};

/** The raw samples of one series in one stretch, with the stale markers that must stand between them. */
export class RawSeries {
	readonly labels: Labels;
	/** The selector it was first found by. */
	readonly selector: string;
	#points: (readonly [timeMs: number, value: number])[] = [];
	#stale: number[] = [];
	/** The newest sample of earlier stretches. */
	#lastMs = Number.NEGATIVE_INFINITY;
	#isEnded = false;
	#everyMs: number | undefined;

	constructor(labels: Labels, selector: string) {
		this.labels = labels;
		this.selector = selector;
	}

	get points(): readonly (readonly [timeMs: number, value: number])[] {
		return this.#points;
	}

	get stale(): readonly number[] {
		return this.#stale;
	}

	/** Ranges of 2.x hold their left end, and two selectors may select the same series: what is known is passed by. */
	add(points: readonly (readonly [timeMs: number, value: number])[]): this {
		const newestMs = this.#points.at(-1)?.[0] ?? this.#lastMs;
		this.#points.push(...points.filter(([timeMs]) => timeMs > newestMs));
		return this;
	}

	/** Whether it stops somewhere: only then need anybody ask whether it was there. */
	hasGap(endMs: number): boolean {
		return this.#gaps(endMs).length > 0;
	}

	/** `present`: the times of a range query's steps at which the series was there. */
	placeStale(present: ReadonlySet<number>, {startMs, endMs, stepMs}: Steps): void {
		for (const [fromMs, toMs] of this.#gaps(endMs)) {
			const first = Math.ceil((Math.max(fromMs, startMs) - startMs + 1) / stepMs) * stepMs + startMs;
			for (let stepAtMs = first; stepAtMs < Math.min(toMs, fromMs + lookbackMs) && stepAtMs <= endMs; stepAtMs += stepMs) {
				if (present.has(stepAtMs)) continue;
				// The marker bears the time of the scrape that missed it.
				const likelyMs = fromMs + this.#interval();
				this.#stale.push(likelyMs > stepAtMs - stepMs && likelyMs <= stepAtMs ? likelyMs : stepAtMs);
				break;
			}
		}
	}

	/** The stretch has been taken; what comes next follows it. */
	flush(): void {
		const newestMs = this.#points.at(-1)?.[0] ?? this.#lastMs;
		this.#isEnded = (this.#stale.at(-1) ?? Number.NEGATIVE_INFINITY) > newestMs || (this.#isEnded && this.#points.length === 0);
		this.#lastMs = newestMs;
		this.drop();
	}

	/** The stretch is asked for again, in smaller pieces. */
	drop(): void {
		this.#points = [];
		this.#stale = [];
	}

	#interval(): number {
		const gaps = this.#points.slice(1).map(([timeMs], index) => timeMs - (this.#points[index]?.[0] ?? timeMs));
		const median = gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)];
		this.#everyMs = median ?? this.#everyMs;
		return this.#everyMs ?? 1_000;
	}

	#gaps(endMs: number): (readonly [number, number])[] {
		const everyMs = this.#interval();
		const before = Number.isFinite(this.#lastMs) && !this.#isEnded ? [this.#lastMs] : [];
		const times = [...before, ...this.#points.map(([timeMs]) => timeMs), endMs];
		return times.slice(1).flatMap((timeMs, index) => {
			const fromMs = times[index] as number;
			return timeMs - fromMs > everyMs * gapFactor ? [[fromMs, timeMs] as const] : [];
		});
	}
}
