import {RE2JS} from 're2js';
import {type CleanText, sampleColumnsMax} from '../../core/error-groups.ts';
import {createSlidingCount} from '../../core/sliding-count.ts';
import type {LogQuestion} from '../../core/tail-options.ts';
import {canonicalLevel} from './levels.ts';
import type {ParsedLine} from './parse-line.ts';

/** The value of a guardrail that stands on the logs, as it is now. */
export type LogAnswer = {
	readonly guardrailId: string;
	/** Lines in the window, or lines per second over it; null while none of its logs can be read. */
	readonly value: number | null;
	/** Lines that matched since the last answer. */
	readonly matched: number;
	/** The newest line that matched, sanitised and redacted; empty when none has. */
	readonly sample: string;
};

/** A question with its pattern compiled and its window. */
export type OpenQuestion = {
	readonly guardrailId: string;
	/** Whether this log is asked. */
	readonly asks: (logName: string) => boolean;
	/** The cheap half: could the raw line count? */
	readonly mayCount: (raw: string) => boolean;
	/** The other half, on a line that `mayCount`. `isError`: the log's own levels let it through. */
	readonly counts: (line: ParsedLine, isError: boolean) => boolean;
	/** Counts one line. */
	readonly hit: (raw: string, nowMs: number) => void;
	/** Whether some of its logs can be read. */
	readonly setReadable: (readable: boolean) => void;
	/** The answer, if it is another one than the last. */
	readonly changed: (nowMs: number, clean: CleanText) => LogAnswer | undefined;
};

/** Throws RE2JSSyntaxException for a pattern that is none. */
export function openQuestion(question: LogQuestion): OpenQuestion {
	const {guardrailId, logs, measure, windowMs} = question;
	const pattern = question.match === undefined ? undefined : RE2JS.compile(question.match);
	const level = question.level === undefined ? undefined : canonicalLevel(question.level);
	const code = question.code;
	const window = createSlidingCount(windowMs);
	let readable = false;
	let matched = 0;
	let newest = '';
	let answered: number | null | undefined;

	const valueAt = (nowMs: number): number | null => {
		const count = window.count(nowMs);
		if (!readable && count === 0) return null;
		return measure === 'count' ? count : count / (windowMs / 1_000);
	};

	return {
		guardrailId,
		asks: logName => logs.length === 0 || logs.includes(logName),
		mayCount: raw => (pattern?.test(raw) ?? true) && (code === undefined || raw.includes(code)),
		counts: (line, isError) =>
			(code === undefined || line.code === code) && (level === undefined ? isError : line.level === level),
		hit(raw, nowMs) {
			window.add(nowMs);
			matched++;
			newest = raw;
		},
		setReadable(now) {
			readable = now;
		},
		changed(nowMs, clean) {
			const value = valueAt(nowMs);
			if (value === answered && matched === 0) return undefined;
			const answer = {guardrailId, value, matched, sample: newest === '' ? '' : clean(newest, sampleColumnsMax)};
			answered = value;
			matched = 0;
			return answer;
		},
	};
}
