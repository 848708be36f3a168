import {expect, test} from 'vitest';
import type {Plan} from '../../src/core/plan.ts';
import {sceneOf, seen} from '../helpers/fake-scene.ts';
import {fakePlan, startedSession} from '../helpers/fake-session.ts';

const [firstStage] = fakePlan.stages;
const plan: Plan = {...fakePlan, stages: [{...firstStage!, durationMs: 48 * 3_600_000, bake: true}]};

test('how long it has baked, of how long, stands in the header, also on a small screen', () => {
	const session = startedSession(plan).poll(20);
	expect(seen(sceneOf(session))).toMatch(/baking 0:\d\d of 48:00:00/);
	expect(seen(sceneOf(session, {size: {columns: 80, rows: 24}}))).toMatch(/baking 0:\d\d of 48:00:00/);
	expect(seen(sceneOf(session))).toContain('r roll back');
});

test('a stage without a bake says nothing of it', () => {
	expect(seen(sceneOf(startedSession().poll(20)))).not.toContain('baking');
});

test('the standby stands beside it, and an alarm over everything when it falls', () => {
	const session = startedSession(plan).poll(20);
	const read = (up: number) =>
		session.take({type: 'split-read', split: {weightPercent: 5, pools: {baseline: [up, 3], candidate: [3, 3]}}});
	read(3);
	expect(seen(sceneOf(session))).toContain('standby 3/3 up');
	expect(seen(sceneOf(session, {size: {columns: 80, rows: 24}}))).toMatch(/servers up +3\/3/);
	read(0);
	expect(seen(sceneOf(session))).toMatch(/NO FULL STANDBY: 0\/3 servers of the baseline are up/);
});
