import type {GuardrailPlan} from '../core/plan.ts';
import type {Reading} from '../core/reading.ts';
import {readSeriesLines, seriesFiles} from '../journal/series-file.ts';
import {decodeSeriesLine, notAmong, type SeriesHead, type SeriesLine} from '../promql/series-text.ts';
import {RecordedSeries} from '../sources/recorded-series.ts';

/** The raw series of one session, read along with its journal. */
export class SeriesFeed {
	readonly #lines: readonly AsyncIterator<string>[];
	readonly #next: (SeriesLine | undefined)[] = [];
	readonly #heads: readonly SeriesHead[];
	#recorded: RecordedSeries | undefined;
	#newestMs = Number.NEGATIVE_INFINITY;
	#why: string | undefined;

	private constructor(
		lines: readonly AsyncIterator<string>[],
		heads: readonly SeriesHead[],
		next: readonly (SeriesLine | undefined)[],
	) {
		this.#lines = lines;
		this.#heads = heads;
		this.#next = [...next];
	}

	/** Opens what there is; nothing is read but the first lines. */
	static async open(folder: string): Promise<SeriesFeed> {
		const {scrape, prometheus} = seriesFiles(folder);
		const lines = [prometheus, scrape].map(path => readSeriesLines(path)[Symbol.asyncIterator]());
		const first = await Promise.all(lines.map(one => nextLine(one)));
		return new SeriesFeed(
			lines,
			first.flatMap(line => (line?.kind === 'head' ? [line.head] : [])),
			first,
		);
	}

	/** Why a guardrail can't be answered, as a clause; undefined when it can. */
	whyNot({query, minRequests}: GuardrailPlan): string | undefined {
		if (this.#heads.length === 0)
			return 'no raw series were recorded (canary record fetches them from a server that still has them)';
		const missing = [query, ...(minRequests ? [minRequests.query] : [])].map(text => {
			// All selectors of a query in one file: two records of the same time need not agree.
			const open = this.#heads.map(({selectors}) => notAmong(text, selectors));
			return open.includes(undefined) ? undefined : open[0];
		});
		const first = missing.find(selector => selector !== undefined);
		return first === undefined ? undefined : `the series of ${first} were not recorded`;
	}

	/** From here on these are answered. */
	answer(guardrails: readonly GuardrailPlan[]): void {
		this.#recorded = new RecordedSeries(guardrails, this.#heads[0]?.dialect ?? '3.x');
	}

	/**
	 * What each of them would have been answered at a tick that was due and was over at these times. Where the record tells as of when
	 * its questions were answered, as of then, from what was there then; else when it was due.
	 */
	async readingsAt(dueMs: number, overMs: number): Promise<Readonly<Record<string, Reading>>> {
		const recorded = this.#recorded;
		if (!recorded) return {};
		let askedMs: number | undefined;
		for (const [index, lines] of this.#lines.entries()) {
			const untilMs = this.#tellsWhen(index) ? overMs + slackMs : dueMs;
			for (let line = this.#next[index]; line && askedMs === undefined; line = this.#next[index]) {
				if ('fromMs' in line) {
					if (line.fromMs > untilMs) break;
					if (line.kind === 'asked' && line.fromMs >= dueMs - slackMs) askedMs = line.fromMs;
					this.#newestMs = Math.max(this.#newestMs, line.kind === 'block' ? (line.times.at(-1) ?? line.fromMs) : line.fromMs);
				}
				if (line.kind === 'end') this.#why = line.why;
				recorded.take(line);
				this.#next[index] = await nextLine(lines);
			}
		}
		return recorded.readingsAt(askedMs ?? dueMs);
	}

	/** A scrape that is the only record. */
	#tellsWhen(index: number): boolean {
		return index === this.#lines.length - 1 && this.#heads.every(({source}) => source === 'scrape');
	}

	/** What a reader must know about the end of the record, as a clause; `untilMs`: the last time that was asked about. */
	remark(untilMs: number): string | undefined {
		if (!this.#recorded || untilMs - this.#newestMs < endedMs) return undefined;
		const at = Number.isFinite(this.#newestMs) ? new Date(this.#newestMs).toISOString() : 'before the session began';
		return `the raw series end at ${at}${this.#why === undefined ? '' : ` (${this.#why})`}: what was asked of them later has no data`;
	}

	async close(): Promise<void> {
		for (const lines of this.#lines) await lines.return?.();
	}
}

/** The clock of the samples and that of the events are read one after the other. */
const slackMs = 20;

/** A record that ends this long before what is asked about has ended early. */
const endedMs = 30_000;

/** Lines that can't be read are passed by: the torn last line of a run stands in the middle once the next one has begun. */
async function nextLine(lines: AsyncIterator<string>): Promise<SeriesLine | undefined> {
	for (let next = await lines.next(); !next.done; next = await lines.next()) {
		const line = decodeSeriesLine(next.value);
		if (line) return line;
	}
	return undefined;
}
