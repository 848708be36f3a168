import {RE2JS} from 're2js';
import type {ErrorCollector} from '../../core/error-groups.ts';
import {codeIn, signatureOf} from '../../core/signature.ts';
import type {TailOptions} from '../../core/tail-options.ts';
import {canonicalLevel} from './levels.ts';
import {type CompiledFormat, compileParser, type ParsedLine} from './parse-line.ts';
import type {OpenQuestion} from './questions.ts';
import type {Spending} from './spending.ts';

/** What became of lines. `lines` is all of them; `matched` were errors; `dropped` nobody had the time to look at. */
export type LineCounts = {lines: number; matched: number; dropped: number};

export type Judged = {
	/** The newest parsed line's own time, as text; empty when it has none. */
	readonly time: string;
	/** A guardrail's count has changed. */
	readonly hit: boolean;
};

export type LogJudge = {
	/** Looks at one line. `isLive` is false for lines older than the tail: they are grouped, but no guardrail counts them. */
	judge(text: string, nowMs: number, isLive: boolean): Judged;
	/** Whether a line must be seen as text even with no budget left, because a guardrail may count it. */
	readonly isAsked: boolean;
};

export type JudgePorts = {
	readonly questions: readonly OpenQuestion[];
	readonly collector: ErrorCollector;
	readonly counts: LineCounts;
	readonly spending: Spending;
};

const byteOrderMark = 0xfe_ff;

const nothing: Judged = {time: '', hit: false};

/** One log's lines to groups and guardrails. Throws RE2JSSyntaxException for a pattern that is none. */
export function createLogJudge(options: TailOptions, {questions, collector, counts, spending}: JudgePorts): LogJudge {
	const parse = compileParser(compileFormat(options.format));
	const include = options.include === undefined ? undefined : RE2JS.compile(options.include);
	const exclude = options.exclude === undefined ? undefined : RE2JS.compile(options.exclude);
	const levels = new Set(options.levels.map(canonicalLevel));
	const asked = questions.filter(question => question.asks(options.name));
	const isPlain = options.format.kind === 'plain';

	/** An indented line in a plain log belongs to the one before it: a stack trace is one error, not forty. */
	const isContinuation = (raw: string): boolean => isPlain && (raw.startsWith(' ') || raw.startsWith('\t'));

	const isError = (line: ParsedLine): boolean => levels.size === 0 || (line.level === '' ? isPlain : levels.has(line.level));

	function collect(line: ParsedLine, raw: string): void {
		counts.matched++;
		collector.add({
			signature: signatureOf(line.message),
			code: line.code || codeIn(line.message),
			level: line.level,
			side: options.side,
			message: line.message,
			raw,
		});
	}

	return {
		isAsked: asked.length > 0,
		judge(text, nowMs, isLive) {
			counts.lines++;
			const raw = text.charCodeAt(0) === byteOrderMark ? text.slice(1) : text;
			if (raw === '' || isContinuation(raw)) return nothing;
			const urgent = isLive ? asked.filter(question => question.mayCount(raw)) : [];
			if (!spending.mayLook(nowMs, urgent.length > 0)) {
				counts.dropped++;
				return nothing;
			}
			if (include && !include.test(raw)) return nothing;
			if (exclude?.test(raw)) return nothing;
			const line = parse(raw);
			const error = isError(line);
			if (error) collect(line, raw);
			const hits = urgent.filter(question => question.counts(line, error));
			for (const question of hits) question.hit(raw, nowMs);
			return {time: line.time, hit: hits.length > 0};
		},
	};
}

const compileFormat = (format: TailOptions['format']): CompiledFormat =>
	format.kind === 'plain'
		? {kind: 'plain', ...(format.pattern !== undefined && {pattern: RE2JS.compile(format.pattern)})}
		: format;
