import {InvalidArgumentError, Option} from 'commander';
import {parseDuration} from '../base/duration.ts';
import {parseMoment} from '../view/moment.ts';
import type {Moment} from '../view/replay.ts';

/** Waits for a command and keeps its exit code for the end of the process. */
export type Finish = (code: Promise<number>) => Promise<void>;

/** A duration option: `30s`, `5m`. */
export function duration(text: string): number {
	const parsed = parseDuration(text);
	if (!parsed.ok) throw new InvalidArgumentError(parsed.error);
	return parsed.value;
}

/** How many times faster. */
export function times(text: string): number {
	const number = Number(text);
	if (!(number > 0 && number <= 100_000)) throw new InvalidArgumentError('A number above 0, such as 60.');
	return number;
}

export function port(text: string): number {
	const number = Number(text);
	if (!Number.isInteger(number) || number < 0 || number > 65_535)
		throw new InvalidArgumentError('A port is a whole number, 0 to 65535.');
	return number;
}

export function moment(text: string): Moment {
	const parsed = parseMoment(text);
	if (!parsed.ok) throw new InvalidArgumentError(parsed.error);
	return parsed.value;
}

export function speed(text: string): number {
	const times = Number(text.replace(/[x×]$/, ''));
	if (!(times >= 0.1 && times <= 3_600)) throw new InvalidArgumentError('A speed is a number, 0.1 to 3600.');
	return times;
}

export const operator = new Option(
	'--operator <name>',
	'who you are, for the record (default: user@host, or what was set by :name)',
);
export const json = new Option('--json', 'print JSON');

/** A place in a list, from 1. */
export function ordinal(text: string): number {
	if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('Write a number from 1, as in 4.');
	return Number(text);
}
