/** From HAProxy's tables to a split, and from a wanted split to commands. Pure. */
import {sanitize} from '../base/text.ts';
import type {HaproxyBackend} from '../core/router-options.ts';
import {type Split, sameSplit} from '../core/split.ts';
import {type RuntimeAnswer, type ServerRow, setWeightCommand} from './haproxy-text.ts';
import {listText, percentText} from './router-error.ts';
import {type SideCounts, shareOut, type WeightLimits} from './weights.ts';

/** HAProxy's own limit for the weight of one server. */
export const haproxyWeightMax = 256;

const warningsMax = 12;
const textColumnsMax = 2_000;

/** A backend's servers by what they are to us. `others` take traffic beside the two sides. */
export type Sides = {
	readonly name: string;
	readonly baseline: readonly ServerRow[];
	readonly candidate: readonly ServerRow[];
	readonly others: readonly ServerRow[];
	/** Named in the options, unknown to HAProxy. */
	readonly missing: readonly string[];
};

export function sidesOf(backend: HaproxyBackend, answer: RuntimeAnswer): Sides {
	const rows = answer.servers.filter(row => row.backend === backend.name);
	const pick = (names: readonly string[]): ServerRow[] => rows.filter(row => names.includes(row.name));
	const named = [...backend.baseline, ...backend.candidate];
	return {
		name: backend.name,
		baseline: pick(backend.baseline),
		candidate: pick(backend.candidate),
		others: rows.filter(row => !named.includes(row.name) && !row.isBackup),
		missing: named.filter(name => !rows.some(row => row.name === name)),
	};
}

/** A person took it out of the traffic; its weight waits for its return. */
const isOut = (row: ServerRow): boolean => row.inMaintenance || row.isDraining;

const isAble = (row: ServerRow): boolean => !isOut(row) && !row.isDown;

const weightOf = (rows: readonly ServerRow[], counts: (row: ServerRow) => boolean): number =>
	rows.reduce((sum, row) => sum + (counts(row) ? row.weight : 0), 0);

function candidateShare({baseline, candidate, others}: Sides, counts: (row: ServerRow) => boolean): number {
	const ours = weightOf(candidate, counts);
	const all = ours + weightOf(baseline, counts) + weightOf(others, counts);
	return all === 0 ? 0 : (ours / all) * 100;
}

/**
 * The share that people configured: by weights, where a server in drain or maintenance weighs nothing, because it was taken out on
 * a person's word. A server that is only DOWN keeps its weight here: its health may come back at any moment.
 */
export const configuredShare = (sides: Sides): number => candidateShare(sides, row => !isOut(row));

/** The share that new requests see now. */
export const servingShare = (sides: Sides): number => candidateShare(sides, isAble);

/** Redispatches since `earlier`, by `backend/server`: HAProxy counts from its own start. */
export type Redispatches = ReadonlyMap<string, number>;

export const redispatchesOf = (answer: RuntimeAnswer): Redispatches =>
	new Map(answer.servers.map(row => [`${row.backend}/${row.name}`, row.redispatches]));

/** Where backends disagree, the largest share is told: there the candidate has most to break. The warnings name them all. */
export function toSplit(backends: readonly Sides[], earlier: Redispatches): Split {
	const shares = backends.map(configuredShare);
	const pool = (rows: readonly ServerRow[]): readonly [number, number] => [rows.filter(isAble).length, rows.length];
	const warnings = [...differing(backends, shares), ...backends.flatMap(sides => warningsOf(sides, earlier))];
	return {
		weightPercent: Math.max(...shares),
		pools: {
			baseline: pool(backends.flatMap(sides => sides.baseline)),
			candidate: pool(backends.flatMap(sides => sides.candidate)),
		},
		text: sanitize(backends.flatMap(rowTexts).join(', '), textColumnsMax),
		...(warnings.length > 0 && {warnings: bounded(warnings)}),
	};
}

const rowTexts = ({baseline, candidate}: Sides): string[] =>
	[...baseline, ...candidate].map(row => `${row.backend}/${row.name} weight ${row.weight} ${stateText(row)}`);

const stateText = (row: ServerRow): string =>
	row.inMaintenance ? 'MAINT' : row.isDraining ? 'DRAIN' : row.isDown ? 'DOWN' : row.isWarmingUp ? 'STARTING' : 'UP';

const bounded = (warnings: readonly string[]): readonly string[] =>
	warnings.length <= warningsMax
		? warnings
		: [...warnings.slice(0, warningsMax - 1), `and ${warnings.length - warningsMax + 1} more warnings`];

function differing(backends: readonly Sides[], shares: readonly number[]): string[] {
	if (shares.every(share => sameSplit(share, shares[0] ?? 0))) return [];
	const each = backends.map(({name}, index) => `${name} ${percentText(shares[index] ?? 0)}`);
	return [`the backends disagree on the candidate's share: ${listText(each)}`];
}

function warningsOf(sides: Sides, earlier: Redispatches): string[] {
	const rows = [...sides.baseline, ...sides.candidate];
	const warnings = rows.flatMap(row => [...unableText(row), ...redispatchText(row, earlier)]);
	const inUse = sides.others.filter(row => row.weight > 0 && isAble(row));
	if (inUse.length > 0) {
		warnings.push(`${sides.name} also sends traffic to ${listText(inUse.map(row => row.name))}, on neither side of the split`);
	}
	const all = [...rows, ...sides.others];
	if (!all.some(row => isAble(row) && row.weight > 0)) {
		return [`no server of ${sides.name} with a weight can take traffic: its clients get errors`, ...warnings];
	}
	const [configured, serving] = [configuredShare(sides), servingShare(sides)];
	if (!sameSplit(configured, serving)) {
		const shares = `${percentText(serving)} of ${sides.name}'s traffic now, although the weights say ${percentText(configured)}`;
		warnings.push(`the candidate gets ${shares}`);
	}
	return warnings;
}

function unableText(row: ServerRow): string[] {
	const name = `${row.backend}/${row.name}`;
	if (row.inMaintenance) return [`${name} is in maintenance and takes no traffic`];
	if (row.isDraining) return [`${name} is in drain and takes no new traffic`];
	if (!row.isDown) return row.isWarmingUp ? [`${name} is warming up and takes less than its weight`] : [];
	const why = row.lastCheck === '' ? '' : ` (${sanitize(row.lastCheck, 80)})`;
	return [`${name} is DOWN${why} and keeps its weight of ${row.weight}`];
}

function redispatchText(row: ServerRow, earlier: Redispatches): string[] {
	const name = `${row.backend}/${row.name}`;
	const before = earlier.get(name);
	const since = before === undefined ? 0 : row.redispatches - before;
	return since > 0
		? [`${since} requests meant for ${name} were sent elsewhere because it did not answer: clients saw no error`]
		: [];
}

/**
 * Whether a side that is to get traffic was taken out of it by a person, all its servers: weights can't bring it back. A rollback
 * to 0 is never blocked: that the baseline can't take over is for people to weigh, and told as a warning.
 */
export function isBlocked(percent: number, {baseline, candidate}: Sides): boolean {
	return (percent > 0 && candidate.every(isOut)) || (percent > 0 && percent < 100 && baseline.every(isOut));
}

export type WeightPlan = {
	/** In the order in which they are safe; none when the weights are there already. */
	readonly commands: readonly string[];
	/** By backend, the share that the weights give when no server is away. */
	readonly shares: ReadonlyMap<string, number>;
};

/** Servers in drain or maintenance don't count when the weights are worked out; they get their side's weight for the day they return. */
export function planWeights(percent: number, backends: readonly Sides[], totalWeight: number): WeightPlan {
	const limits: WeightLimits = {preferredSum: totalWeight, weightMax: haproxyWeightMax};
	const changes: Change[] = [];
	const shares = new Map<string, number>();
	for (const sides of backends) {
		const counts: SideCounts = {baseline: countIn(sides.baseline), candidate: countIn(sides.candidate)};
		const weights = shareOut(percent, counts, limits);
		const ours = weights.candidate * counts.candidate;
		shares.set(sides.name, (ours / (ours + weights.baseline * counts.baseline)) * 100);
		for (const side of ['baseline', 'candidate'] as const) {
			for (const row of sides[side]) if (row.weight !== weights[side]) changes.push({row, side, to: weights[side]});
		}
	}
	return {commands: changes.toSorted(safeOrder).map(({row, to}) => setWeightCommand(row, to)), shares};
}

const countIn = (rows: readonly ServerRow[]): number => rows.filter(row => !isOut(row)).length || rows.length;

type Change = {readonly row: ServerRow; readonly side: 'baseline' | 'candidate'; readonly to: number};

/**
 * Raise before lowering: between two commands requests go on arriving, and with both sides at 0 they get a 503. Where both sides
 * rise the baseline goes first, where both sink the candidate does: on the way the candidate never has more than before or after.
 */
function safeOrder(left: Change, right: Change): number {
	const rank = ({row, side, to}: Change): number =>
		to > row.weight ? (side === 'baseline' ? 0 : 1) : side === 'candidate' ? 2 : 3;
	return rank(left) - rank(right);
}
