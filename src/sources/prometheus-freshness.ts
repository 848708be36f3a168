import type {GuardrailPlan} from '../core/plan.ts';
import type {Sample} from './prometheus-answer.ts';
import {combineInPieces, offsetText, type Piece, type SelectorUse, selectorsOfQuery, tagOf} from './prometheus-selectors.ts';
import {isUp, type Target, targetKey, targetsMatcher} from './prometheus-targets.ts';

/**
 * How old and how complete the data behind each guardrail is. A hung metrics page keeps a ratio where it was for a whole window,
 * so a healthy value needs: the age of its newest sample, and how many of its targets are up.
 *
 * Each tick asks for the newest sample of each selector and for `up` of the known targets; the targets behind a selector change
 * seldom and cost a look at a whole range, so they are surveyed every {@link surveyEveryMs} only.
 */
export const surveyEveryMs = 30_000;

/** A target that broke this long ago is still one of those behind the answer. */
const targetWindowMinMs = 300_000;
/** `up` is not said any more when its last answer is older than this. */
const upKeptMs = 10_000;
/** Steps of the look for a target's first sample: the answer is off by one step at most. */
const coverageSteps = 120;

type Watched = {
	readonly use: SelectorUse;
	/** Server time of the newest sample ever seen: a failed scrape removes a series at once, its age must go on. */
	newestMs?: number;
	/** Whether the last answer held a sample of it. */
	present: boolean;
	targets: readonly string[];
};

export type Freshness = {
	readonly ageMs?: number;
	readonly up?: readonly [number, number];
	/** How much of the guardrail's window its targets have been scraped for; absent when all of it. */
	readonly coveredMs?: number;
};

/** By our clock and by the server's. */
export type Now = {
	readonly localMs: number;
	/** Absent: no answer has ever told the server's time. */
	readonly serverMs: number | undefined;
};

/** What is known about the data behind the guardrails. It says what to ask, takes the answers, and asks nobody itself. */
export class FreshnessTracker {
	/** One for each distinct selector. Its place in the list is its tag in combined queries. */
	readonly #watched: readonly Watched[];
	readonly #behind: ReadonlyMap<string, readonly Watched[]>;
	readonly #targets = new Map<string, Target>();
	readonly #windowMs: number;
	#upAtMs = Number.NEGATIVE_INFINITY;
	#appeared = false;

	constructor(guardrails: readonly GuardrailPlan[]) {
		const watched = new Map<string, Watched>();
		this.#behind = new Map(
			guardrails.map(({id, query}) => [id, [...new Set(selectorsOfQuery(query).map(use => watch(watched, use)))]]),
		);
		this.#watched = [...watched.values()];
		this.#windowMs = Math.max(0, ...this.#watched.map(({use}) => use.rangeMs));
	}

	/** Asks for the newest sample of each selector. */
	newestQueries(): Piece[] {
		return this.#combined('n', ({text, offsetMs}) => `max(timestamp(${text}${offsetText(offsetMs)}))`);
	}

	/** Pieces that were not answered leave what was known. */
	takeNewest(samples: readonly Sample[], {tags}: Piece): void {
		for (const [i, one] of this.#watched.entries()) if (tags.has(`n${i}`)) one.present = false;
		for (const {labels, value} of samples) {
			const one = this.#watched[Number(tagOf(labels).slice(1))];
			if (!one || !Number.isFinite(value)) continue;
			if (one.newestMs === undefined) this.#appeared = true;
			one.present = true;
			one.newestMs = Math.max(one.newestMs ?? Number.NEGATIVE_INFINITY, value * 1_000);
		}
	}

	/** Asks which targets are behind each selector. */
	surveyQueries(): Piece[] {
		return this.#combined('t', ({text, offsetMs, rangeMs}) => {
			const range = `${Math.max(targetWindowMinMs, rangeMs)}ms`;
			return `count by (job, instance) (last_over_time(${text}[${range}]${offsetText(offsetMs)}))`;
		});
	}

	takeSurvey(samples: readonly Sample[], {tags}: Piece): void {
		for (const [i, one] of this.#watched.entries()) {
			if (!tags.has(`t${i}`)) continue;
			const found = samples.filter(({labels}) => tagOf(labels) === `t${i}`);
			one.targets = found.map(({labels}) => targetKey(labels)).filter(key => key !== undefined);
		}
		this.#surveyed();
	}

	/** As `takeSurvey`, for who knows the targets behind a selector and need not ask; within `lookMs` before now. */
	survey(targetsOf: (use: SelectorUse, lookMs: number) => readonly string[]): void {
		for (const one of this.#watched) one.targets = targetsOf(one.use, Math.max(targetWindowMinMs, one.use.rangeMs));
		this.#surveyed();
	}

	#surveyed(): void {
		this.#appeared = false;
		for (const key of this.#watched.flatMap(one => one.targets)) if (!this.#targets.has(key)) this.#targets.set(key, {});
		const used = new Set(this.#watched.flatMap(one => one.targets));
		for (const key of this.#targets.keys()) if (!used.has(key)) this.#targets.delete(key);
	}

	/** Series have appeared whose targets nobody has asked for yet. */
	wantsSurvey(): boolean {
		return this.#appeared;
	}

	/** Asks whether the known targets are up; undefined while none is known. */
	upQuery(): string | undefined {
		return this.#targets.size === 0 ? undefined : this.#up();
	}

	takeUp(samples: readonly Sample[], localMs: number): void {
		this.#upAtMs = localMs;
		for (const target of this.#targets.values()) delete target.up;
		for (const {labels, value} of samples) {
			const target = this.#targets.get(targetKey(labels) ?? '');
			// Two Prometheus servers behind one address see the same target: it is up if one of them reaches it.
			if (target) target.up = target.up === true || isUp(value);
		}
	}

	/** Asks when each known target was first scraped within the longest window. */
	coverageQuery(): string | undefined {
		if (this.#targets.size === 0 || this.#windowMs === 0) return undefined;
		const step = Math.max(1_000, Math.ceil(this.#windowMs / coverageSteps));
		const scraped = `timestamp(${this.#up()})`;
		const first = `min_over_time(${scraped}[${this.#windowMs + 2 * step}ms:${step}ms])`;
		// Steps lie on a grid: a target younger than one step may have none, then what it has now is its first.
		return `min by (job, instance) (${first}) or min by (job, instance) (${scraped})`;
	}

	takeCoverage(samples: readonly Sample[]): void {
		for (const {labels, value} of samples) {
			const target = this.#targets.get(targetKey(labels) ?? '');
			if (target && Number.isFinite(value)) target.firstMs = Math.min(target.firstMs ?? value * 1_000, value * 1_000);
		}
	}

	/** The targets behind one guardrail, as `targetKey` names them; empty while none is known. */
	targetsOf(guardrailId: string): readonly string[] {
		return [...new Set((this.#behind.get(guardrailId) ?? []).flatMap(({targets}) => targets))];
	}

	/** What is known about one guardrail's data at this moment. */
	of(guardrailId: string, {localMs, serverMs}: Now): Freshness {
		const mine = this.#behind.get(guardrailId) ?? [];
		const isUpKnown = localMs - this.#upAtMs <= upKeptMs;
		const up = isUpKnown ? upOf(mine, this.#targets) : undefined;
		if (serverMs === undefined) return up ? {up} : {};
		const ageMs = ageOf(mine, isUpKnown ? this.#targets : new Map(), serverMs);
		const coveredMs = coveredOf(mine, this.#targets, serverMs);
		return {...(ageMs !== undefined && {ageMs}), ...(up && {up}), ...(coveredMs !== undefined && {coveredMs})};
	}

	#combined(prefix: string, query: (use: SelectorUse) => string): Piece[] {
		return combineInPieces(new Map(this.#watched.map(({use}, i) => [`${prefix}${i}`, query(use)])));
	}

	#up(): string {
		return `up${targetsMatcher([...this.#targets.keys()])}`;
	}
}

function watch(watched: Map<string, Watched>, use: SelectorUse): Watched {
	const key = `${use.offsetMs} ${use.text}`;
	const known = watched.get(key);
	const longer = known && known.use.rangeMs >= use.rangeMs ? known.use : use;
	// The same selector with two ranges is one question, over the longer of them.
	const one: Watched = known ? Object.assign(known, {use: longer}) : {use, present: false, targets: []};
	watched.set(key, one);
	return one;
}

/**
 * The answer is as old as the oldest of its parts. A selector that has become empty counts only while one of its targets is still
 * there and down: the series of a pod that was replaced are gone for good reasons, those of a hung page are not.
 */
function ageOf(mine: readonly Watched[], targets: ReadonlyMap<string, Target>, nowMs: number): number | undefined {
	const ages = mine.flatMap(one => (one.newestMs === undefined ? [] : [{one, ageMs: nowMs - one.use.offsetMs - one.newestMs}]));
	const telling = ages.filter(({one}) => one.present || one.targets.some(key => targets.get(key)?.up === false));
	if (telling.length > 0) return Math.max(0, Math.round(Math.max(...telling.map(({ageMs}) => ageMs))));
	return ages.length > 0 ? Math.max(0, Math.round(Math.min(...ages.map(({ageMs}) => ageMs)))) : undefined;
}

function upOf(mine: readonly Watched[], targets: ReadonlyMap<string, Target>): readonly [number, number] | undefined {
	const keys = new Set(mine.flatMap(one => one.targets));
	const known = [...keys].flatMap(key => targets.get(key)?.up ?? []);
	return known.length > 0 ? [known.filter(Boolean).length, known.length] : undefined;
}

/**
 * A range is covered as long as its longest-known target has been scraped; the query as its worst range. Undefined when all are
 * covered, or nobody knows.
 */
function coveredOf(mine: readonly Watched[], targets: ReadonlyMap<string, Target>, nowMs: number): number | undefined {
	const first = mine
		.filter(({use}) => use.rangeMs > 0)
		.flatMap(({use, targets: keys}) => {
			const since = keys.flatMap(key => targets.get(key)?.firstMs ?? []);
			const coveredMs = nowMs - use.offsetMs - Math.min(...since);
			return since.length > 0 && coveredMs < use.rangeMs ? [coveredMs] : [];
		});
	return first.length > 0 ? Math.max(0, Math.round(Math.min(...first))) : undefined;
}
