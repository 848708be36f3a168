import type {Cursor} from './cursor.ts';
import {durationMsMax, parseDuration} from './duration.ts';
import {parseNumeral} from './numeral.ts';
import {ParseFailure} from './parse-error.ts';
import type {Token} from './token.ts';

/** What `step()` and `range()` mean inside a duration; absent where no query is known yet. */
export type DurationContext = {readonly stepMs?: number; readonly rangeMs?: number};

/** Seconds of one number or duration token. */
function tokenValue(token: Token): number {
	if (token.kind === 'duration') {
		const ms = parseDuration(token.text);
		if (ms === undefined) throw new ParseFailure(`not a valid duration string: ${JSON.stringify(token.text)}`, token);
		return ms / 1000;
	}
	const value = parseNumeral(token.text);
	if (value === undefined) throw new ParseFailure(`error parsing number: ${JSON.stringify(token.text)}`, token);
	return value;
}

/** A number or a duration (then in seconds) with at most one sign, or undefined if none stands here. */
export function parseSignedNumber(cursor: Cursor): number | undefined {
	const sign = cursor.accept('-') ?? cursor.accept('+');
	const token = cursor.peek();
	if (token.kind !== 'number' && token.kind !== 'duration') {
		if (sign) cursor.unexpected('', 'number');
		return undefined;
	}
	const value = tokenValue(cursor.next());
	return sign?.word === '-' ? -value : value;
}

/**
 * A duration in ms: `5m`, `300` (seconds), or a sum of such (`5m + 2 * step()`, experimental in 3.x; after `offset` only in
 * parentheses, because there an operator goes on with the query).
 */
export function parseDurationExpr(cursor: Cursor, context: DurationContext, where: string, bound: 'positive' | 'signed'): number {
	const start = cursor.peek();
	const parser = new DurationParser(cursor, context, where);
	const seconds = bound === 'positive' ? parser.sum() : parser.signed();
	const span = {start: start.start, end: cursor.lastEnd()};
	// Nanoseconds are cut off as Prometheus' int64 durations are, then whole milliseconds as its engine counts.
	const ms = Math.trunc(Math.round(seconds * 1e9) / 1e6);
	if (!(Math.abs(ms) <= durationMsMax)) throw new ParseFailure('duration out of range', span);
	if (bound === 'positive' && ms <= 0) throw new ParseFailure('duration must be greater than 0', span);
	return ms;
}

class DurationParser {
	private readonly cursor: Cursor;
	private readonly context: DurationContext;
	private readonly where: string;

	constructor(cursor: Cursor, context: DurationContext, where: string) {
		this.cursor = cursor;
		this.context = context;
		this.where = where;
	}

	sum(): number {
		let value = this.product();
		for (;;) {
			if (this.cursor.accept('+')) value += this.product();
			else if (this.cursor.accept('-')) value -= this.product();
			else return value;
		}
	}

	private product(): number {
		let value = this.power();
		for (;;) {
			const operator = this.cursor.accept('*') ?? this.cursor.accept('/') ?? this.cursor.accept('%');
			if (!operator) return value;
			const right = this.power();
			if (operator.word !== '*' && right === 0) {
				throw new ParseFailure(operator.word === '/' ? 'division by zero' : 'modulo by zero', operator);
			}
			value = operator.word === '*' ? value * right : operator.word === '/' ? value / right : value % right;
		}
	}

	private power(): number {
		const base = this.factor();
		return this.cursor.accept('^') ? base ** this.power() : base;
	}

	/** A sign and one value: `offset -2 ^ 2` squares what stands 2 s ahead. */
	signed(): number {
		const sign = this.cursor.accept('-') ?? this.cursor.accept('+');
		const value = this.factor();
		return sign?.word === '-' ? -value : value;
	}

	private factor(): number {
		const {cursor} = this;
		return cursor.nested(cursor.peek(), () => {
			if (cursor.accept('-')) return -this.power();
			if (cursor.accept('+')) return this.power();
			if (cursor.accept('(')) {
				const value = this.sum();
				cursor.expect(')', this.where);
				return value;
			}
			if (cursor.is('step') || cursor.is('range')) return this.ofQuery();
			const token = cursor.peek();
			if (token.word === 'min' || token.word === 'max') return this.extreme();
			if (token.kind !== 'number' && token.kind !== 'duration')
				return cursor.unexpected(this.where, 'number, duration, step(), or range()');
			return tokenValue(cursor.next());
		});
	}

	private extreme(): number {
		const {cursor} = this;
		const isMin = cursor.next().word === 'min';
		cursor.expect('(', this.where);
		const left = this.sum();
		cursor.expect(',', this.where);
		const right = this.sum();
		cursor.expect(')', this.where);
		return isMin ? Math.min(left, right) : Math.max(left, right);
	}

	private ofQuery(): number {
		const word = this.cursor.next();
		this.cursor.expect('(', this.where);
		this.cursor.expect(')', this.where);
		const ms = word.word === 'step' ? this.context.stepMs : this.context.rangeMs;
		if (ms === undefined) throw new ParseFailure(`${word.word}() in a duration needs the range query it belongs to`, word);
		return ms / 1000;
	}
}
