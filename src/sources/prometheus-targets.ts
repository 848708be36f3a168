import type {Labels} from '../core/reading.ts';
import {quote} from '../promql/quote.ts';

/** What is known of one scraped target. */
export type Target = {
	/** Absent: there is no `up` for it; it was removed, or its job is not scraped by this server. */
	up?: boolean;
	/** Server time of its first sample within the longest window. */
	firstMs?: number;
};

/** Prometheus gives both to each target; undefined for series of rules and the like. */
export function targetKey({job, instance}: Labels): string | undefined {
	return job && instance ? JSON.stringify([job, instance]) : undefined;
}

export const isUp = (value: number): boolean => value === 1;

/** More than this many, and only the jobs are named: the pattern would be longer than what it saves. */
const instancesMax = 40;

const escapeRegex = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

const anyOf = (label: string, values: readonly string[]): string =>
	`${label}=~${quote([...new Set(values)].sort().map(escapeRegex).join('|'))}`;

/** `{job=~"a|b",instance=~"…"}`: at least these targets. */
export function targetsMatcher(keys: readonly string[]): string {
	const pairs = keys.map(key => JSON.parse(key) as [string, string]);
	const jobs = anyOf(
		'job',
		pairs.map(([job]) => job),
	);
	if (pairs.length > instancesMax) return `{${jobs}}`;
	return `{${jobs},${anyOf(
		'instance',
		pairs.map(([, instance]) => instance),
	)}}`;
}
