import type {Clock} from '../../base/clock.ts';
import {maskPlain} from '../../base/mask-plain.ts';
import type {Redact} from '../../base/redact.ts';
import {fail, ok, type Result} from '../../base/result.ts';
import {sanitize} from '../../base/text.ts';
import {type CleanText, createErrorCollector, type ErrorCollector, sampleColumnsMax} from '../../core/error-groups.ts';
import {signatureOf} from '../../core/signature.ts';
import type {LogQuestion, TailOptions} from '../../core/tail-options.ts';
import {messageOf} from './discover.ts';
import {createDisk} from './disk.ts';
import {createLogFiles, type LogFiles, type StartBack} from './log-files.ts';
import {createLogJudge, type LineCounts} from './log-judge.ts';
import {createLook, followLog, type Look} from './log-loop.ts';
import {createOutbox, type TailBatch} from './outbox.ts';
import {parseLineTime} from './parse-line.ts';
import {type LogAnswer, openQuestion} from './questions.ts';
import {createSpending, type TailLimits, tailLimits} from './spending.ts';

export type {LogAnswer, TailBatch, TailLimits};
export {tailLimits};

export type TailSetup = {
	readonly logs: readonly TailOptions[];
	readonly questions: readonly LogQuestion[];
	/** Windows and paces go by it: best one that nobody can set. If it steps back, it counts as standing still. */
	readonly clock: Clock;
	readonly redact: Redact;
	/** How much of what is in the files already is read: nothing, unless said. No guardrail counts it. */
	readonly startBack?: StartBack;
	readonly limits?: Partial<TailLimits>;
};

export type TailNotice = {readonly level: 'info' | 'warning'; readonly log: string; readonly text: string};

/** Called from the loop, never at once from `openTail`; must not throw. Every text is sanitised and redacted. */
export type TailHandlers = {
	/** At most four times a second, and only when there were errors or dropped lines. */
	onBatch(batch: TailBatch): void;
	/**
	 * At most twenty times a second: every guardrail whose value changed. Each is answered once when the tail has opened. A value
	 * is null while a log of it has no file that can be read, unless lines were counted in the others.
	 */
	onAnswers(answers: readonly LogAnswer[]): void;
	/** A log that can't be read, or can again; each problem once. */
	onNotice(notice: TailNotice): void;
};

export type TailStats = LineCounts & {
	readonly files: readonly {readonly log: string; readonly path: string; readonly size: number; readonly behindBytes: number}[];
	readonly longLines: number;
	readonly rotations: number;
	/** Files found shorter than before: truncated, or copied and truncated. */
	readonly cuts: number;
	/** Bytes passed over unread because a file grew faster than it could be read. */
	readonly skippedBytes: number;
	/** Signatures remembered, forgotten for newer ones, and lines summed up as "other". */
	readonly groups: {readonly known: number; readonly forgotten: number; readonly other: number};
	readonly problems: readonly string[];
	/** The time the newest parsed line gives itself, in ms since 1970; absent when none gave one that can be read. */
	readonly newestLineAtMs?: number;
};

export type Tail = {
	/** Resolves when every log has been looked up once: from then on no line is missed. Never rejects. */
	readonly ready: Promise<void>;
	stats(): TailStats;
	/** Sends what is gathered and lets the files go. Safe twice. */
	close(): Promise<void>;
};

/**
 * Follows the logs until closed or aborted. The error is a sentence about a pattern that is none; whatever happens to files is a
 * notice and never ends the tail.
 */
export function openTail(setup: TailSetup, handlers: TailHandlers, signal: AbortSignal): Result<Tail, string> {
	try {
		return ok(startTail(setup, handlers, signal));
	} catch (error) {
		// Only a pattern can be wrong here: RE2 throws on compiling, and says which and why.
		return fail(messageOf(error));
	}
}

function startTail(setup: TailSetup, handlers: TailHandlers, signal: AbortSignal): Tail {
	const {logs, redact} = setup;
	const clock = createSteadyClock(setup.clock);
	const stop = new AbortController();
	const clean: CleanText = (text, columnsMax) => sanitize(maskPlain(text, redact), columnsMax);
	const counts: LineCounts = {lines: 0, matched: 0, dropped: 0};
	const collector = createErrorCollector();
	const questions = setup.questions.map(openQuestion);
	const spending = createSpending({...tailLimits, ...setup.limits});
	const outbox = createOutbox({clock, collector, counts, questions, clean, ...handlers});

	const readers = logs.map(options => {
		const files = createLogFiles(options, setup.startBack ?? {}, createDisk());
		const judge = createLogJudge(options, {questions, collector, counts, spending});
		return {options, files, look: createLook({judge, clock, counts, spending, outbox})};
	});

	let unscanned = readers.length;

	/** A question stands on all its logs: a blind one could hide what it asks for. */
	function updateReadable(): void {
		if (unscanned > 0) return;
		const readable = new Set(readers.filter(({files}) => files.followers().length > 0).map(({options}) => options.name));
		for (const question of questions) {
			question.setReadable(logs.every(({name}) => !question.asks(name) || readable.has(name)));
		}
		outbox.answer();
	}

	const loops = readers.map(({options, files, look}) => {
		const notice = createNotices(options.name, text => clean(text, sampleColumnsMax), handlers.onNotice);
		let isFirst = true;
		const scanned = (): void => {
			if (isFirst) unscanned--;
			isFirst = false;
			notice(
				files.followers().length > 0 ? files.problems() : [`no file to read: ${options.paths.join(', ')}`, ...files.problems()],
			);
			updateReadable();
		};
		return followLog({files, look, clock, stop: stop.signal, scanned});
	});

	async function close(): Promise<void> {
		stop.abort();
		await Promise.all(loops.map(({ended}) => ended));
		outbox.close();
		await Promise.all(readers.map(({files}) => files.close()));
	}
	if (signal.aborted) void close();
	else signal.addEventListener('abort', () => void close(), {once: true});

	return {
		ready: Promise.all(loops.map(({ready}) => ready)).then(() => {}),
		stats: () => statsOf(readers, counts, collector),
		close,
	};
}

/** Time that never goes back: after a step back of the clock it goes on from where it was. */
function createSteadyClock(clock: Clock): Clock {
	let lastMs = Number.NEGATIVE_INFINITY;
	let offsetMs = 0;
	return {
		nowMs() {
			const nowMs = clock.nowMs() + offsetMs;
			if (nowMs < lastMs) offsetMs += lastMs - nowMs;
			lastMs = Math.max(lastMs, nowMs);
			return lastMs;
		},
	};
}

type Reader = {readonly options: TailOptions; readonly files: LogFiles; readonly look: Look};

function statsOf(readers: readonly Reader[], counts: LineCounts, collector: ErrorCollector): TailStats {
	const sum = (count: (reader: Reader) => number): number => readers.reduce((total, reader) => total + count(reader), 0);
	const newest = readers.map(({look}) => parseLineTime(look.newestTime())).filter(time => time !== undefined);
	return {
		...counts,
		files: readers.flatMap(({options, files}) =>
			files.followers().map(follower => ({
				log: options.name,
				path: follower.path,
				size: follower.size(),
				behindBytes: Math.max(0, follower.size() - follower.position()),
			})),
		),
		longLines: sum(({look}) => look.longLines()),
		rotations: sum(({files}) => files.counts.rotations),
		cuts: sum(({files}) => files.counts.cuts),
		skippedBytes: sum(({files}) => files.counts.skippedBytes),
		groups: collector.counts(),
		problems: readers.flatMap(({files}) => files.problems()),
		...(newest.length > 0 && {newestLineAtMs: Math.max(...newest)}),
	};
}

/** Each problem once when it comes, and a word when all are gone. Problems that differ in their numbers only are the same. */
function createNotices(log: string, clean: (text: string) => string, onNotice: TailHandlers['onNotice']) {
	let standing = new Set<string>();
	return (problems: readonly string[]): void => {
		const now = new Map(problems.map(problem => [signatureOf(problem), problem]));
		for (const [key, problem] of now) {
			if (!standing.has(key)) onNotice({level: 'warning', log, text: clean(problem)});
		}
		if (now.size === 0 && standing.size > 0) onNotice({level: 'info', log, text: 'all its files can be read'});
		standing = new Set(now.keys());
	};
}
