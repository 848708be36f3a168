import {randomUUID} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import {fail, ok, type Result} from '../base/result.ts';
import {sanitize} from '../base/text.ts';
import type {NginxOptions} from '../core/router-options.ts';
import type {RouterError, Split} from '../core/split.ts';
import {type Deadline, orAbort, pause, startDeadline} from './deadline.ts';
import {reload, testConfiguration, trial} from './nginx-commands.ts';
import {
	confTrouble,
	parseInclude,
	parseServedText,
	renderInclude,
	type ServedSplit,
	servedText,
	shareInFile,
	sharePercent,
} from './nginx-conf.ts';
import {driftText, foreign, tooCoarse, undecided, unmoved, unseen} from './nginx-errors.ts';
import {lintNginx} from './nginx-lint.ts';
import {createRevisionPage, type RevisionPage} from './nginx-page.ts';
import {restoreFile, type StagedFile, stageFile} from './replace-file.ts';
import type {Router} from './router.ts';
import {abortedError, notAShare, quoted, routerError, unexpectedError} from './router-error.ts';
import {isShareAsked, shareOut} from './weights.ts';

/** nginx knows no limit; this one spells a tenth of a percent and stays readable. */
const limits = {preferredSum: 100, weightMax: 1_000} as const;

/** One look at the revision page may take this long, or the whole change's time if that is less. */
const pageTimeoutMs = 2_000;

/**
 * After a reload old and new workers answer side by side: the master gives the new ones 100 ms before it tells the old ones to stop
 * (`ngx_msleep(100)` in ngx_master_process_cycle). The new split is in force when that time and some more is over since the new
 * revision was first seen, and the last few rounds of fresh connections met nothing else.
 */
const overlapMs = 125;
const steadyRounds = 3;
const lookEveryMs = 8;

/** Questions at once: one alone is mostly taken by the same old worker, and the new ones are found late. */
const askersAtOnce = 4;

/** Moves traffic by rewriting one include file and reloading nginx. Nothing is touched before the first call. */
export function openNginx(options: NginxOptions): Result<Router, RouterError> {
	const trouble = confTrouble(options) ?? urlTrouble(options.revisionUrl);
	if (trouble !== undefined) return fail(routerError('bad-options', trouble));
	return ok(new NginxRouter(options));
}

function urlTrouble(text: string): string | undefined {
	const isHttp = URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
	return isHttp ? undefined : `The revision URL ${quoted(text)} is no http address.`;
}

/** What runs, by the page, beside what stands on disk. */
type Seen = {readonly split: Split; readonly served: ServedSplit | undefined; readonly include: string | undefined};

class NginxRouter implements Router {
	readonly target: string;
	readonly #options: NginxOptions;
	readonly #page: RevisionPage;
	readonly #closing = new AbortController();
	/** Counts the changes begun: what an older one still has to tidy up is off once a newer one has begun. */
	#changes = 0;

	constructor(options: NginxOptions) {
		this.#options = options;
		this.#page = createRevisionPage(options.revisionUrl);
		this.target = `nginx ${options.include} ${options.upstream}`;
	}

	async readSplit(signal: AbortSignal): Promise<Result<Split, RouterError>> {
		try {
			const seen = await this.#look(signal);
			return seen.ok ? ok(seen.value.split) : seen;
		} catch (error) {
			return fail(unexpectedError('nginx', error));
		}
	}

	async setWeight(weightPercent: number, signal: AbortSignal): Promise<Result<Split, RouterError>> {
		if (!(weightPercent >= 0 && weightPercent <= 100)) return fail(notAShare(weightPercent));
		using deadline = startDeadline(signal, this.#options.timeoutMs);
		try {
			return await this.#set(weightPercent, deadline);
		} catch (error) {
			return fail(unexpectedError('nginx', error));
		}
	}

	async lint(signal: AbortSignal): Promise<readonly string[]> {
		try {
			const seen = await this.#look(signal);
			const found = await lintNginx(this.#options, signal);
			return seen.ok ? [...found, ...(seen.value.split.warnings ?? [])] : [...found, seen.error.message];
		} catch (error) {
			return [unexpectedError('nginx', error).message];
		}
	}

	async close(): Promise<void> {
		this.#closing.abort();
		await this.#page.close();
	}

	async #set(weightPercent: number, deadline: Deadline): Promise<Result<Split, RouterError>> {
		this.#changes++;
		const {baseline, candidate, upstream} = this.#options;
		const counts = {baseline: baseline.length, candidate: candidate.length};
		const wanted: ServedSplit = {id: newId(), upstream, counts, weights: shareOut(weightPercent, counts, limits)};
		if (!isShareAsked(weightPercent, sharePercent(wanted)))
			return fail(tooCoarse(weightPercent, sharePercent(wanted), limits.weightMax));
		// A page that can't be read must not keep a rollback from being written; it only can't be called verified then.
		const before = await this.#look(deadline.signal);
		if (deadline.signal.aborted) return fail(this.#overtime(deadline, undefined));
		if (before.ok && this.#isThere(before.value, wanted)) return ok(before.value.split);
		const include = await orAbort(readText(this.#options.include), deadline.signal);
		const taken = await this.#apply(wanted, include, deadline);
		if (taken !== undefined) return fail(taken);
		return await this.#awaitWorkers(wanted, include, before.ok ? before.value.split : undefined, deadline);
	}

	/** The same servers with the same weights run already, and stand on disk as well. */
	#isThere({served, include}: Seen, wanted: ServedSplit): boolean {
		return served !== undefined && include === renderInclude(this.#options, {...wanted, id: served.id});
	}

	/** New file, trial, rename, check, reload. Whatever fails on the way, the file on disk is the old one again. */
	async #apply(wanted: ServedSplit, before: string | undefined, deadline: Deadline): Promise<RouterError | undefined> {
		const {include} = this.#options;
		const staging = stageFile(include, renderInclude(this.#options, wanted));
		const staged = await orAbort(staging, deadline.signal);
		if (staged === undefined) {
			staging.then(late => late.ok && late.value.drop());
			return this.#overtime(deadline, undefined);
		}
		if (!staged.ok) return routerError('refused', `${staged.error}. The split was not changed.`, seeToFile);
		const refusal = (await this.#putInPlace(staged.value, deadline)) ?? (await this.#reload(before, deadline));
		if (refusal === undefined || refusal === 'under-way') return refusal && this.#overtime(deadline, undefined);
		staged.value.drop();
		const restored = restoreFile(include, before);
		const state = restored.ok
			? 'The include file is as it was, and so is the split.'
			: `${restored.error}, so it holds the refused split.`;
		const why = refusal.kind === 'aborted' ? this.#overtime(deadline, undefined) : refusal;
		return {...why, message: `${why.message} ${state}`};
	}

	async #putInPlace(staged: StagedFile, {signal}: Deadline): Promise<RouterError | undefined> {
		const {timeoutMs} = this.#options;
		const onCopy = await trial(this.#options, staged.path, timeoutMs, signal);
		if (onCopy !== undefined) return onCopy;
		if (signal.aborted) return abortedError(subject);
		const committed = staged.commit();
		if (!committed.ok) return routerError('refused', `${committed.error}.`, seeToFile);
		return await testConfiguration(this.#options, timeoutMs, signal);
	}

	/**
	 * Once begun, a reload is not ended half way: nobody could say then whether the master was told, and which file it read. It goes
	 * on by itself, and can undo nothing that comes later, because a master reads the file that is there when it reads.
	 */
	async #reload(before: string | undefined, {signal}: Deadline): Promise<RouterError | 'under-way' | undefined> {
		if (signal.aborted) return abortedError(subject);
		const mine = this.#changes;
		const reloading = reload(this.#options, this.#options.timeoutMs, this.#closing.signal).then(error => ({error}));
		const done = await orAbort(reloading, signal);
		if (done) return done.error;
		reloading.then(({error}) => {
			if (error && mine === this.#changes) restoreFile(this.#options.include, before);
		});
		return 'under-way';
	}

	async #awaitWorkers(
		wanted: ServedSplit,
		include: string | undefined,
		before: Split | undefined,
		deadline: Deadline,
	): Promise<Result<Split, RouterError>> {
		const {signal} = deadline;
		let rounds = 0;
		let firstSeenMs: number | undefined;
		let last: Result<string, RouterError> | undefined;
		const isNew = (page: Result<string, RouterError>): boolean => page.ok && page.value === servedText(wanted);
		while (!signal.aborted) {
			const pages = await Promise.all(Array.from({length: askersAtOnce}, () => this.#page.ask(signal, pageTimeoutMs)));
			if (signal.aborted) break;
			last = pages.find(page => !isNew(page)) ?? pages[0];
			if (pages.some(isNew)) firstSeenMs ??= performance.now();
			rounds = pages.every(isNew) ? rounds + 1 : 0;
			const isOver = firstSeenMs !== undefined && performance.now() - firstSeenMs >= overlapMs;
			if (isOver && rounds >= steadyRounds) return ok(splitOf(wanted));
			await pause(lookEveryMs, signal);
		}
		if (firstSeenMs === undefined || deadline.reason() === 'aborted')
			return fail(this.#notTaken(wanted, include, before, last, deadline));
		// The new file runs, in part at least: it stays on disk.
		return fail(undecided(this.#options, sharePercent(wanted)));
	}

	/** The time is over, or a more urgent call came, after nginx was told to reload, and no worker with the new split was seen. */
	#notTaken(
		wanted: ServedSplit,
		include: string | undefined,
		before: Split | undefined,
		last: Result<string, RouterError> | undefined,
		deadline: Deadline,
	): RouterError {
		// A reload under way will end in the new file; the next call finds what came of it.
		if (deadline.reason() === 'aborted' || !last) return this.#overtime(deadline, last);
		if (!last.ok) return unseen(sharePercent(wanted), last.error);
		const restored = restoreFile(this.#options.include, include);
		return unmoved(
			this.#options,
			sharePercent(wanted),
			before,
			last.value,
			restored.ok ? 'the include file is as it was' : restored.error,
		);
	}

	#overtime(deadline: Deadline, last: Result<string, RouterError> | undefined): RouterError {
		if (deadline.reason() === 'aborted') return abortedError(subject);
		if (last && !last.ok) return last.error;
		const remedy = 'Is nginx stopped, or the machine without CPU? Is the timeout long enough?';
		return routerError('timeout', `The change of nginx was not done within ${this.#options.timeoutMs} ms.`, remedy);
	}

	async #look(signal: AbortSignal): Promise<Result<Seen, RouterError>> {
		const {upstream, include: path, timeoutMs} = this.#options;
		const page = await this.#page.ask(signal, Math.min(pageTimeoutMs, timeoutMs / 2));
		if (!page.ok) return page;
		const include = await orAbort(readText(path), signal);
		if (signal.aborted) return fail(abortedError('nginx'));
		const file = include === undefined ? undefined : parseInclude(include, upstream);
		const served = parseServedText(page.value);
		if (served && served.upstream !== upstream) {
			const what = `The page at ${this.#options.revisionUrl} tells the split of upstream ${quoted(served.upstream)}, not of ${upstream}.`;
			return fail(routerError('refused', what, 'Give each upstream its own include file and its own revision page.'));
		}
		const onDisk = file && shareInFile(this.#options, file);
		if (served) {
			const isSame = file?.revision === page.value;
			return ok({split: splitOf(served, isSame ? undefined : driftText(onDisk)), served, include});
		}
		// Written by hand, before the first change: what runs is known as long as the page tells the revision that is on disk.
		if (onDisk !== undefined && file?.revision?.trim() === page.value) {
			const text = `revision ${page.value}, by the include file`;
			return ok({split: {weightPercent: onDisk, text: sanitize(text, 200)}, served: undefined, include});
		}
		return fail(foreign(this.#options, page.value));
	}
}

const subject = 'The change of nginx';
const seeToFile = 'See to the include file and its folder.';

const newId = (): string => randomUUID().slice(0, 8);

const readText = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);

const splitOf = (served: ServedSplit, warning?: string): Split => ({
	weightPercent: sharePercent(served),
	text: servedText(served),
	...(warning !== undefined && {warnings: [warning]}),
});
