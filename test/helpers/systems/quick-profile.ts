import {readFileSync} from 'node:fs';
import {parse, stringify} from 'yaml';
import {formatDuration, parseDuration} from '../../../src/base/duration.ts';
import {plannedCheckpointNames} from '../../../src/core/next.ts';
import type {StagePlan} from '../../../src/core/plan.ts';

/** How a shipped profile is made short enough for a test. Only times are touched: names, queries, bounds and order stay. */
export type Hurry = {
	/** What `for`, `severe.for` and ranges in queries are divided by. */
	readonly guardrailsBy: number;
	/** What durations and checkpoints of stages are divided by. */
	readonly stagesBy: number;
	/** No range of a guardrail becomes shorter: it must hold a few scrapes. */
	readonly rangeMsMin: number;
	/** How long the bake lasts, where there is one. */
	readonly bakeMs: number;
};

/** One value is taken per range, and a stage must have some: no longer than it takes for two scrapes and a late one. */
const comparedRangeMs = 3_000;

type Node = Readonly<Record<string, unknown>>;

const shorter = (text: string, by: number, minMs: number): string => {
	const parsed = parseDuration(text);
	if (!parsed.ok || parsed.value === 0) return text;
	return formatDuration(Math.max(minMs, Math.round(parsed.value / by)));
};

const shorterRanges = (query: string, {guardrailsBy, rangeMsMin}: Pick<Hurry, 'guardrailsBy' | 'rangeMsMin'>): string =>
	query.replaceAll(/\[([\dsmhdw]+)\]/g, (_, range: string) => `[${shorter(range, guardrailsBy, rangeMsMin)}]`);

/** The text of `profiles/<name>.yaml` with `${VAR}` left as it is, in a hurry, and with what the test lays over it. */
export function quickProfile(name: string, hurry: Hurry, over: Node, smtpPort: number): string {
	const text = readFileSync(new URL(`../../../profiles/${name}.yaml`, import.meta.url), 'utf8');
	const shipped = parse(text, {merge: true}) as Node;
	const hurried = walk(shipped, [], hurry) as Node;
	const policies = {metricsCheckEvery: '5s', ...(hurried['policies'] as Node), ...(over['policies'] as Node)};
	const whole = {...hurried, ...over, policies};
	return stringify({
		...whole,
		...('stages' in over ? {requiredArtifacts: []} : requiredIn(shipped, {...hurried, policies})),
		...tellingTo(hurried, smtpPort),
	});
}

type Requirement = string | {readonly checkpoints?: readonly string[]};

/** Checkpoints are called after their time, so that those of a shorter run have other names: the same ones are asked for. */
function requiredIn(shipped: Node, hurried: Node): Node {
	const [before, after] = [checkpointNames(shipped), checkpointNames(hurried)];
	const required = (shipped['requiredArtifacts'] ?? []) as readonly Requirement[];
	return {
		requiredArtifacts: required.map(one =>
			typeof one === 'string' || !one.checkpoints
				? one
				: {...one, checkpoints: one.checkpoints.map(name => after[before.indexOf(name)] ?? name)},
		),
	};
}

/** Of the stages that list them. */
function checkpointNames({stages, policies}: Node): readonly string[] {
	const ms = (text: unknown): number => {
		const parsed = parseDuration(String(text ?? '0s'));
		return parsed.ok ? parsed.value : 0;
	};
	const planned = (stages as readonly Node[]).map(({weight, duration, checkpoints = []}) => ({
		durationMs: weight === 100 ? ms((policies as Node | undefined)?.['bake']) : ms(duration),
		checkpointsMs: (checkpoints as readonly string[]).map(ms),
	}));
	return plannedCheckpointNames({stages: planned as unknown as readonly StagePlan[]});
}

/** A profile names the port of its mail server as a number, which can be in no variable of an editor's schema. */
const tellingTo = ({notify = []}: Node, port: number): Node => ({
	notify: (notify as readonly Node[]).map(one => (one['mail'] ? {...one, mail: {...(one['mail'] as Node), port}} : one)),
});

function walk(value: unknown, path: readonly string[], hurry: Hurry): unknown {
	if (Array.isArray(value)) return value.map(one => walk(one, path, hurry));
	if (typeof value === 'object' && value !== null) {
		return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, walk(one, [...path, key], hurry)]));
	}
	if (typeof value !== 'string') return value;
	const key = path.at(-1) ?? '';
	if (key === 'query' || key === 'observedShare') return shorterRanges(value, hurry);
	if (path[0] === 'compare' && (key === 'candidate' || key === 'baseline')) {
		return shorterRanges(value, {guardrailsBy: 2 * hurry.guardrailsBy, rangeMsMin: comparedRangeMs});
	}
	if (path.join('.') === 'stages.first.for') return shorter(value, hurry.stagesBy, 1_000);
	if (key === 'for' && path.at(-2) === 'first') return shorter(value, hurry.stagesBy, 500);
	if (key === 'for' || key === 'after') return shorter(value, hurry.guardrailsBy, 500);
	const isStageTime = path[0] === 'stages' && (key === 'duration' || key === 'checkpoints');
	if (isStageTime) return shorter(value, hurry.stagesBy, 3_000);
	if (path[0] === 'checkpoints' && key === 'every') return shorter(value, hurry.stagesBy, 10_000);
	if (path.join('.') === 'policies.bake') return formatDuration(hurry.bakeMs);
	if (key === 'metricsCheckEvery') return shorter(value, hurry.stagesBy, 1_000);
	if (key === 'window') return shorter(value, hurry.guardrailsBy, hurry.rangeMsMin);
	return value;
}
