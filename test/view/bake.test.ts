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
