import {type Followed, type FollowSettings, follow, nothingFollowed} from '../src/core/judge/follow.ts';
import {judge, type Verdict} from '../src/core/judge/judge.ts';
import {normal, uniform} from '../test/core/judge/kit.ts';
import {aim, progress, round, spread} from './kit/figures.ts';

const rounds = 1_000;
const spacingMs = 1_000;
const sessionRounds = 400;
const comparisons = 4;
const planneds = [6, 12, 24];

type Draw = (next: () => number) => () => number;

/** What metrics look like: latencies, shares, and counts that are mostly zero. Each has the same distribution on both sides. */
const kinds: Readonly<Record<string, Draw>> = {
	normal: next => {
		const draw = normal(next);
		return () => 100 + 10 * draw();
	},
	'log-normal': next => {
		const draw = normal(next);
		return () => Math.exp(0.5 * draw());
	},
	'mostly-zero': next => () => (next() < 0.15 ? Math.ceil(next() * 4) : 0),
	'half-zero': next => () => (next() < 0.5 ? Math.ceil(next() * 9) : 0),
	'autocorrelated r=0.5': next => {
		const draw = normal(next);
		let last = draw();
		return () => {
			last = 0.5 * last + Math.sqrt(0.75) * draw();
			return 100 + 10 * last;
		};
	},
};

/** Every verdict that stood at any time of a stage of `planned` values and as many again of waiting after it. */
function stage(planned: number, allowed: number, x: () => number, y: () => number, among = 1): ReadonlySet<Verdict> {
	const settings: FollowSettings = {
		direction: 'higher-is-worse',
		allowed,
		alpha: 0.02 / among,
		spacingMs,
		durationMs: planned * spacingMs,
	};
	const seen = new Set<Verdict>();
	let state: Followed = nothingFollowed;
	for (let index = 1; index <= 2 * planned; index++) {
		const tMs = index * spacingMs;
		state = follow(state, settings, {tMs, enteredAtMs: 0, isOver: index >= planned, mayLook: true}, [x(), y()]);
		if (state.looked) seen.add(state.looked.verdict);
	}
	return seen;
}

/** The same data looked at after each value, each time with the whole of what may go wrong. */
function peeked(planned: number, x: () => number, y: () => number): boolean {
	const pairs: [number, number][] = [];
	for (let index = 0; index < planned; index++) {
		pairs.push([x(), y()]);
		if (judge(pairs, {direction: 'higher-is-worse', allowed: 1, alpha: 0.02}).verdict === 'worse') return true;
	}
	return false;
}

const share = (count: number, of = rounds): number => round((100 * count) / of);
const count = (what: (seed: number) => boolean, of = rounds): number =>
	Array.from({length: of}, (_, seed) => what(seed)).filter(Boolean).length;

/**
 * Candidate against baseline: how often equal sides are called worse over a whole stage with all its looks (and as long again of
 * waiting after it), how often 30 % more is found, and what a look costs. Seeded: the same figures in each run.
 */
export async function run(): Promise<object> {
	const falseAlarms: Record<string, unknown> = {};
	for (const [name, kind] of Object.entries(kinds)) {
		for (const planned of [6, 12, 60]) {
			progress(`  equal sides, ${name}, ${planned} values`);
			const alarms = count(seed => stage(planned, 1, kind(uniform(seed * 2 + 1)), kind(uniform(seed * 2 + 2e6))).has('worse'));
			falseAlarms[`${name}, ${planned} values`] = aim(share(alarms), 1, '% of stages');
		}
	}
	const power: Record<string, unknown> = {};
	for (const [name, noise] of [
		['10 % noise', 0.1],
		['20 % noise', 0.2],
		['40 % noise', 0.4],
	] as const) {
		for (const planned of [6, 12, 60]) {
			const draw =
				(mean: number): Draw =>
				next => {
					const one = normal(next);
					return () => mean * Math.exp(noise * one());
				};
			const found = count(
				seed => stage(planned, 1.1, draw(1.3)(uniform(seed * 2 + 1)), draw(1)(uniform(seed * 2 + 2e6))).has('worse'),
				500,
			);
			power[`30 % more, ${name}, ${planned} values`] = {found: share(found, 500), unit: '% of stages'};
		}
	}
	progress('  whole sessions of equal sides');
	const session = (noise: number) => {
		const one = (seed: number): (() => number) => {
			const draw = normal(uniform(seed));
			return () => Math.exp(noise * draw());
		};
		const alarms = count(
			seed =>
				Array.from({length: comparisons * planneds.length}, (_, index) => index).some(index => {
					const planned = planneds[index % planneds.length] ?? 12;
					const own = 1_000 * seed + index;
					return stage(planned, 1.1, one(2 * own + 1), one(2 * own + 4e8), comparisons).has('worse');
				}),
			sessionRounds,
		);
		return aim(share(alarms, sessionRounds), 1, '% of sessions');
	};
	const sessions = {
		about: `${comparisons} comparisons in each of stages of ${planneds.join(', ')} values, 10 % allowed`,
		'5 % noise': session(0.05),
		'10 % noise': session(0.1),
		'20 % noise': session(0.2),
	};
	const plain = kinds['normal'] as Draw;
	const naive = count(seed => peeked(60, plain(uniform(seed * 2 + 1)), plain(uniform(seed * 2 + 2e6))), 500);
	const [x, y] = [plain(uniform(1)), plain(uniform(2))];
	const pairs = Array.from({length: 160}, () => [x(), y()] as const);
	const took = Array.from({length: 30}, () => {
		const startedAt = performance.now();
		judge(pairs, {direction: 'higher-is-worse', allowed: 1.1, alpha: 0.01});
		return performance.now() - startedAt;
	});
	return {
		name: 'judge',
		rounds,
		falseAlarms,
		sessions,
		power,
		lookedAtAfterEachValue: {falseAlarms: share(naive, 500), unit: '% of stages of 60 values, uncorrected'},
		lookOf160Milliseconds: spread(took),
	};
}
