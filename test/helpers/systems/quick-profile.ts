import {readFileSync} from 'node:fs';
import {parse, stringify} from 'yaml';
import {formatDuration, parseDuration} from '../../../src/base/duration.ts';

/** How a shipped profile is made short enough for a test. Only times are touched: names, queries, bounds and order stay. */
export type Hurry = {
	/** What `for`, `severe.for` and ranges in queries are divided by. */
	readonly guardrailsBy: number;
	/** What durations and checkpoints of stages are divided by. */
	readonly stagesBy: number;
	/** No range becomes shorter: it must hold a few scrapes. */
	readonly rangeMsMin: number;
};

type Node = Readonly<Record<string, unknown>>;

const shorter = (text: string, by: number, minMs: number): string => {
	const parsed = parseDuration(text);
	if (!parsed.ok || parsed.value === 0) return text;
	return formatDuration(Math.max(minMs, Math.round(parsed.value / by)));
};

const shorterRanges = (query: string, {guardrailsBy, rangeMsMin}: Hurry): string =>
	query.replaceAll(/\[([\dsmhdw]+)\]/g, (_, range: string) => `[${shorter(range, guardrailsBy, rangeMsMin)}]`);

/** The text of `profiles/<name>.yaml` with `${VAR}` left as it is, in a hurry, and with what the test lays over it. */
export function quickProfile(name: string, hurry: Hurry, over: Node): string {
	const text = readFileSync(new URL(`../../../profiles/${name}.yaml`, import.meta.url), 'utf8');
	const hurried = walk(parse(text, {merge: true}), [], hurry) as Node;
	return stringify({...hurried, ...over});
}

function walk(value: unknown, path: readonly string[], hurry: Hurry): unknown {
	if (Array.isArray(value)) return value.map(one => walk(one, path, hurry));
	if (typeof value === 'object' && value !== null) {
		return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, walk(one, [...path, key], hurry)]));
	}
	if (typeof value !== 'string') return value;
	const key = path.at(-1) ?? '';
	if (key === 'query' || key === 'observedShare') return shorterRanges(value, hurry);
	if (path.join('.') === 'stages.first.for') return shorter(value, hurry.stagesBy, 1_000);
	if (key === 'for' && path.at(-2) === 'first') return shorter(value, hurry.stagesBy, 500);
	if (key === 'for' || key === 'after') return shorter(value, hurry.guardrailsBy, 500);
	const isStageTime = path[0] === 'stages' && (key === 'duration' || key === 'checkpoints');
	if (isStageTime) return shorter(value, hurry.stagesBy, 3_000);
	if (path[0] === 'checkpoints' && key === 'every') return shorter(value, hurry.stagesBy, 10_000);
	if (key === 'window') return shorter(value, hurry.guardrailsBy, hurry.rangeMsMin);
	return value;
}
