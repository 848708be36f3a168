import {expect, test} from 'vitest';
import type {Fact} from '../../src/core/event.ts';
import {standbyOf} from '../../src/core/standby.ts';
import {given, plan, stage, started, tick} from '../helpers/given.ts';

const read = (weightPercent: number, up: number): Fact => ({
	type: 'split-read',
	split: {weightPercent, pools: {baseline: [up, 3], candidate: [3, 3]}},
});
const to = (toPercent: number, stageIndex: number, up = 3): Fact[] => [
	{type: 'action-intended', intentId: `${toPercent}`, purpose: 'promote', toPercent, stageIndex, reason: '', by: 'ana'},
	{
		type: 'action-verified',
		intentId: `${toPercent}`,
		router: 'r',
		split: {weightPercent: toPercent, pools: {baseline: [up, 3], candidate: [3, 3]}},
		attempt: 1,
		tookMs: 1,
	},
];
const thePlan = plan({
	stages: [stage(5), stage(100, {durationMs: 60_000, bake: true})],
	notify: [{name: 'pager', on: ['alarm']}],
});
const baking = [started(thePlan), tick(0, 1), read(0, 3), ...to(5, 0), ...to(100, 1)];

test('while it bakes the baseline is a standby; one that falls is an alarm, and told, until it is whole again', () => {
	expect(standbyOf(given(started(thePlan), tick(0, 1), read(0, 3), ...to(5, 0)).when(read(5, 2)).state)).toBeUndefined();
	expect(standbyOf(given(...baking).when(tick(1_000, 1)).state)).toEqual({up: 3, of: 3, needed: 3, isShort: false});
	const fallen = given(...baking).when(read(100, 1)).state;
	expect(fallen.alarms).toEqual({
		standby: '1/3 servers of the baseline are up, 3 were when it began: it could not take everything back',
	});
	expect(fallen.notices?.owed.map(({key}) => key)).toEqual(['alarm:standby']);
	const back = given(...baking, read(100, 1)).when(read(100, 3)).state;
	expect(back.alarms).toEqual({});
	expect(back.timeline.at(-1)?.text).toBe('the baseline can take everything back again: 3/3 up');
});

test('a rollback and the end take the alarm away: there is nothing to take back any more', () => {
	const fallen = [...baking, read(100, 1)];
	expect(given(...fallen).when({type: 'rollback-asked', by: 'ana', reason: ''}).state.alarms).toEqual({});
	expect(given(...fallen).when({type: 'session-ended', outcome: 'promoted', reason: ''}).state.alarms).toEqual({});
});

test('a server that was down from the start is none that is missed; without pools nothing is said', () => {
	const two = [started(thePlan), tick(0, 1), read(0, 2), ...to(5, 0, 2), ...to(100, 1, 2)];
	expect(given(...two).when(read(100, 2)).state.alarms).toEqual({});
	expect(standbyOf(given(...baking).when({type: 'split-read', split: {weightPercent: 100}}).state)).toBeUndefined();
});
