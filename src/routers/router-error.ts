import {sanitize} from '../base/text.ts';
import type {RouterError} from '../core/split.ts';

/** Longer answers of others say nothing more to a person. */
const quotedColumnsMax = 240;

export const routerError = (kind: RouterError['kind'], message: string, remedy?: string): RouterError => ({
	kind,
	message,
	...(remedy === undefined ? {} : {remedy}),
});

/** Words from outside inside a message: one line, no escape sequences, not too long, in quotation marks. */
export const quoted = (text: string): string => `“${sanitize(text.trim(), quotedColumnsMax)}”`;

/** `5 %`, `0.5 %`, `33.33 %`. */
export const percentText = (percent: number): string => `${Number(percent.toFixed(2))} %`;

export const notAShare = (percent: number): RouterError =>
	routerError('bad-options', `${percent} is not a share of the traffic: it is a number from 0 to 100.`);

export const abortedError = (subject: string): RouterError =>
	routerError('aborted', `${subject}: given up, because something more urgent came or the session ends.`);

/** A promise that broke its word (a bug of ours, or of Node) must not break the chain behind it: the next call may be the rollback. */
export const unexpectedError = (subject: string, error: unknown): RouterError =>
	routerError('refused', `${subject}: failed in a way nobody foresaw: ${quoted(String(error))}`);

const list = new Intl.ListFormat('en');

/** `a, b, and c`, or the first few and how many more. */
export function listText(names: readonly string[], max = 8): string {
	const shown = names.slice(0, max).map(name => sanitize(name, 80));
	return list.format(names.length > max ? [...shown, `${names.length - max} more`] : shown);
}
