import type {Clock} from '../../base/clock.ts';
import type {CleanText, ErrorCollector} from '../../core/error-groups.ts';
import type {ErrorGroupDelta} from '../../core/event.ts';
import type {LineCounts} from './log-judge.ts';
import type {LogAnswer, OpenQuestion} from './questions.ts';

/** Between two batches: more than four a second is more than anybody reads. */
export const batchMsMin = 250;

/** Between two calls with answers. The first after a pause goes at once. */
export const answersMsMin = 50;

/** How often a window that only runs dry is looked at. */
const decayMs = 1_000;

export type TailBatch = {
	/** By the clock the tail was given. */
	readonly tMs: number;
	readonly groups: readonly ErrorGroupDelta[];
	/** All lines since the last batch; of these `matched` were errors (the sum of the groups' counts), and `dropped` were only counted. */
	readonly lines: number;
	readonly matched: number;
	readonly dropped: number;
};

export type OutboxPorts = {
	readonly clock: Clock;
	readonly collector: ErrorCollector;
	readonly counts: LineCounts;
	readonly questions: readonly OpenQuestion[];
	readonly clean: CleanText;
	readonly onBatch: (batch: TailBatch) => void;
	readonly onAnswers: (answers: readonly LogAnswer[]) => void;
};

export type Outbox = {
	/** Lines came; `hit`: a guardrail counts some of them. */
	touched(hit: boolean): void;
	/** Whatever answers are new, now or as soon as the pace allows. */
	answer(): void;
	/** Sends what is left. */
	close(): void;
};

/** Keeps the pace: at most four batches and twenty calls with answers a second, the last state always gets out. */
export function createOutbox({clock, collector, counts, questions, clean, onBatch, onAnswers}: OutboxPorts): Outbox {
	let sent: Readonly<LineCounts> = {...counts};

	const batches = createPace(batchMsMin, () => {
		const {lines, matched, dropped} = counts;
		if (matched === sent.matched && dropped === sent.dropped) return;
		const groups = collector.take(clean);
		const since = {lines: lines - sent.lines, matched: matched - sent.matched, dropped: dropped - sent.dropped};
		sent = {lines, matched, dropped};
		onBatch({tMs: clock.nowMs(), groups, ...since});
	});

	const answers = createPace(answersMsMin, () => {
		const nowMs = clock.nowMs();
		const changed = questions.map(question => question.changed(nowMs, clean)).filter(answer => answer !== undefined);
		if (changed.length > 0) onAnswers(changed);
	});

	const decay = questions.length > 0 ? setInterval(answers.soon, decayMs) : undefined;

	return {
		touched(hit) {
			if (hit) answers.soon();
			if (counts.matched !== sent.matched || counts.dropped !== sent.dropped) batches.soon();
		},
		answer: answers.soon,
		close() {
			clearInterval(decay);
			answers.end();
			batches.end();
		},
	};
}

type Pace = {
	/** At once if the last call is long enough ago, else when it is. */
	readonly soon: () => void;
	/** A last time, now, and never again. */
	readonly end: () => void;
};

function createPace(msMin: number, send: () => void): Pace {
	let lastMs = Number.NEGATIVE_INFINITY;
	let timer: NodeJS.Timeout | undefined;
	let ended = false;

	function now(): void {
		timer = undefined;
		lastMs = performance.now();
		send();
	}

	return {
		soon() {
			if (timer !== undefined || ended) return;
			const waitMs = lastMs + msMin - performance.now();
			if (waitMs <= 0) now();
			else timer = setTimeout(now, Math.ceil(waitMs));
		},
		end() {
			if (ended) return;
			ended = true;
			clearTimeout(timer);
			send();
		},
	};
}
