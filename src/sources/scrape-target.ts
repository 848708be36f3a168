import {fail, type Result} from '../base/result.ts';
import {sanitize} from '../base/text.ts';
import type {Page} from '../promql/exposition.ts';
import type {Credentials} from './prometheus-credentials.ts';
import {type Fault, fault, quoted} from './prometheus-fault.ts';
import type {Gate} from './scrape-gate.ts';
import type {PageHttp} from './scrape-http.ts';
import type {PageReader} from './scrape-page.ts';
import type {KeptOrNot, TargetPages} from './scrape-pages.ts';
import {inSlices} from './scrape-slices.ts';
import type {PageTarget} from './scrape-targets.ts';

export type TargetParts = {
	readonly target: PageTarget;
	readonly http: PageHttp;
	readonly reader: PageReader;
	readonly pages: TargetPages;
	readonly gate: Gate;
};

/** A tick waits for a page a little longer than it usually takes, and hardly at all for one that did not come last time. */
const patienceLeastMs = 50;
const patienceTimes = 3;

/** One target: scraped when told to, one page at a time. What happens to it touches no other. */
export class TargetScraper {
	readonly target: PageTarget;
	readonly pages: TargetPages;
	readonly #parts: TargetParts;
	#underWay: Promise<void> | undefined;
	#beganAt = 0;
	/** Of the last scrape that is over. */
	#tookMs = Number.POSITIVE_INFINITY;
	#fault: Fault | undefined;

	constructor(parts: TargetParts) {
		this.#parts = parts;
		this.target = parts.target;
		this.pages = parts.pages;
	}

	/** Why the last scrape failed, for people; undefined when it did not, or none is over yet. */
	get trouble(): string | undefined {
		return this.#fault && `${sanitize(this.target.name, 80)} is down: ${this.#fault.message}`;
	}

	/** Begins a scrape, unless one is still under way. `timeMs` is what its samples are dated. */
	begin(timeMs: number, credentials: Promise<Result<Credentials, string>>, signal: AbortSignal): void {
		if (this.#underWay) return;
		this.#beganAt = performance.now();
		this.#underWay = this.#scrape(timeMs, credentials, signal).finally(() => {
			this.#tookMs = performance.now() - this.#beganAt;
			this.#underWay = undefined;
		});
	}

	/** What is under way, and how much longer (in ms) it is worth waiting for. */
	awaited(): {readonly done: Promise<void>; readonly patienceMs: number} | undefined {
		if (!this.#underWay) return undefined;
		const usual = this.#fault?.kind === 'timeout' ? 0 : this.#tookMs * patienceTimes;
		const patience = Math.max(patienceLeastMs, usual);
		return {done: this.#underWay, patienceMs: Math.max(0, patience - (performance.now() - this.#beganAt))};
	}

	close(): Promise<void> {
		return this.#parts.http.close();
	}

	/** Its page, or that it failed, and the series that say so are stored in one go. */
	async #scrape(timeMs: number, credentials: Promise<Result<Credentials, string>>, signal: AbortSignal): Promise<void> {
		const startedAt = performance.now();
		const {pages, gate} = this.#parts;
		const page = await this.#read(credentials, signal).catch(error =>
			fail(fault('internal', `reading its page failed: ${quoted(String(error))}`)),
		);
		await gate.passed();
		// Closing the source fails what is under way: that says nothing about the target.
		if (signal.aborted) return;
		this.#fault = page.ok ? undefined : page.error;
		if (page.ok) pages.append(page.value, timeMs);
		else pages.fail(timeMs);
		pages.report(timeMs, {
			up: page.ok ? 1 : 0,
			scrape_duration_seconds: (performance.now() - startedAt) / 1_000,
			scrape_samples_scraped: page.ok ? page.value.count : 0,
		});
	}

	/** A page whose series are looked up, ready to be stored; or why there is none. */
	async #read(credentials: Promise<Result<Credentials, string>>, signal: AbortSignal): Promise<Result<Page<KeptOrNot>, Fault>> {
		const {http, reader, pages} = this.#parts;
		const access = await credentials;
		if (!access.ok) return fail(fault('unauthorized', access.error));
		const fetched = await http.fetch(access.value, signal);
		if (!fetched.ok) return fetched;
		const page = await reader.read(fetched.value);
		if (page.ok) await inSlices(pages.lookUp(page.value));
		return page;
	}
}
