import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {configuredShare, isBlocked, planWeights, type Sides, servingShare, toSplit} from '../../src/routers/haproxy-split.ts';
import type {ServerRow} from '../../src/routers/haproxy-text.ts';

const row = (name: string, weight: number, more: Partial<ServerRow> = {}): ServerRow => ({
	...{backend: 'app', name, weight, initialWeight: weight, inMaintenance: false, isDraining: false, isDown: false},
	...{isWarmingUp: false, isBackup: false, hasCheck: true, cookie: '', lastCheck: '', redispatches: 0},
	...more,
});

const sides = (baseline: readonly ServerRow[], candidate: readonly ServerRow[], others: readonly ServerRow[] = []): Sides => ({
	...{name: 'app', baseline, candidate, others, missing: []},
});

const rows = (name: string, weight: number, count: number): ServerRow[] =>
	Array.from({length: count}, (_, index) => row(`${name}-${index}`, weight));

describe('what the weights say', () => {
	test('DOWN keeps its weight, drain and maintenance do not', () => {
		const both = sides([row('stable', 75)], [row('canary', 25, {isDown: true})]);
		expect(configuredShare(both)).toBe(25);
		expect(servingShare(both)).toBe(0);
		expect(configuredShare(sides([row('stable', 75)], [row('canary', 25, {isDraining: true})]))).toBe(0);
		expect(configuredShare(sides([row('stable', 75, {inMaintenance: true})], [row('canary', 25)]))).toBe(100);
	});

	test('a backend without any weight gives the candidate nothing, and says so', () => {
		const split = toSplit([sides([row('stable', 0)], [row('canary', 0)])], new Map());
		expect(split.weightPercent).toBe(0);
		expect(split.warnings).toEqual(['no server of app with a weight can take traffic: its clients get errors']);
	});

	test('only redispatches since the last look are news', () => {
		const look = (redispatches: number, before?: number) =>
			toSplit(
				[sides([row('stable', 75)], [row('canary', 25, {redispatches})])],
				new Map(before === undefined ? [] : [['app/canary', before]]),
			).warnings;
		expect(look(400)).toBeUndefined();
		expect(look(400, 400)).toBeUndefined();
		expect(look(3, 400)).toBeUndefined();
		expect(look(414, 400)).toEqual([
			'14 requests meant for app/canary were sent elsewhere because it did not answer: clients saw no error',
		]);
	});

	test('warnings have an end', () => {
		const many = Array.from({length: 40}, (_, index) => row(`canary-${index}`, 1, {isDown: true}));
		const {warnings = []} = toSplit([sides([row('stable', 75)], many)], new Map());
		expect(warnings).toHaveLength(12);
		expect(warnings.at(-1)).toBe('and 30 more warnings');
	});

	test('words of a check cannot carry escape sequences', () => {
		const {warnings} = toSplit(
			[sides([row('stable', 75)], [row('canary', 25, {isDown: true, lastCheck: '\u001b]0;x\u0007boo'})])],
			new Map(),
		);
		expect(warnings?.[0]).toBe('app/canary is DOWN (\uFFFDboo) and keeps its weight of 25');
	});
});

describe('a wanted share', () => {
	test('is a raise first and a lowering then', () => {
		expect(planWeights(25, [sides([row('stable', 95)], [row('canary', 5)])], 100).commands).toEqual([
			'set server app/canary weight 25',
			'set server app/stable weight 75',
		]);
		expect(planWeights(0, [sides([row('stable', 75)], [row('canary', 25)])], 100).commands).toEqual([
			'set server app/stable weight 100',
			'set server app/canary weight 0',
		]);
	});

	test('that is there already needs no command', () => {
		expect(planWeights(25, [sides([row('stable', 75)], [row('canary', 25)])], 100).commands).toEqual([]);
	});

	test('leaves servers that are out of the sum, and gives them the weight for their return', () => {
		const both = sides([row('a', 50), row('b', 50, {inMaintenance: true})], [row('canary', 0)]);
		expect(planWeights(50, [both], 100).commands).toEqual(['set server app/canary weight 50']);
	});

	test('is blocked by a side that is out, but a rollback never is', () => {
		const out = sides([row('stable', 75)], [row('canary', 25, {isDraining: true})]);
		expect([isBlocked(5, out), isBlocked(100, out), isBlocked(0, out)]).toEqual([true, true, false]);
		const noBase = sides([row('stable', 75, {inMaintenance: true})], [row('canary', 25)]);
		expect([isBlocked(5, noBase), isBlocked(100, noBase), isBlocked(0, noBase)]).toEqual([true, false, false]);
	});

	const weight = fc.integer({min: 0, max: 256});
	const count = fc.integer({min: 1, max: 4});
	const percent = fc.constantFrom(0, 1, 5, 12.5, 25, 50, 99, 100);

	test('never has both sides at nothing on the way, nor more of the candidate than before or after', () => {
		fc.assert(
			fc.property(weight, weight, count, count, percent, (baseline, candidate, stables, canaries, wanted) => {
				fc.pre(baseline + candidate > 0);
				const before = sides(rows('stable', baseline, stables), rows('canary', candidate, canaries));
				const {commands} = planWeights(wanted, [before], 100);
				const states = [before];
				for (const command of commands) {
					const [, name, to] = /^set server app\/(\S+) weight (\d+)$/.exec(command) ?? [];
					const apply = (some: readonly ServerRow[]) => some.map(one => (one.name === name ? {...one, weight: Number(to)} : one));
					const last = states.at(-1) ?? before;
					states.push({...last, baseline: apply(last.baseline), candidate: apply(last.candidate)});
				}
				const most = Math.max(configuredShare(before), configuredShare(states.at(-1) ?? before));
				for (const state of states) {
					expect([...state.baseline, ...state.candidate].some(one => one.weight > 0)).toBe(true);
					expect(configuredShare(state)).toBeLessThanOrEqual(most + 1e-9);
				}
			}),
			{numRuns: 500},
		);
	});
});
