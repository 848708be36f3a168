import {expect, test} from 'vitest';
import {fields} from '../helpers/kube-stub.ts';
import {later, reconcile, rollout, rolloutPath, standing, startArgoRig, statusIn, weightIn} from './argo-rig.ts';
import {never, routerContract} from './contract.ts';

routerContract('argo-rollouts', startArgoRig);

const says = (kind: string, message: string) => ({ok: false, error: {kind, message: expect.stringContaining(message)}});

test('the split, its words and the pods of both versions', async () => {
	await using rig = await startArgoRig();
	expect(await rig.router.setWeight(25, never)).toEqual({
		ok: true,
		value: {
			weightPercent: 25,
			pools: {baseline: [4, 4], candidate: [1, 2]},
			text: expect.stringMatching(/^canary 25 %, step \d+\/14, Paused/),
		},
	});
	expect(rig.stub.calls.filter(call => call.startsWith('PATCH'))).toEqual([
		`PATCH ${rolloutPath}/status application/merge-patch+json`,
	]);
});

test('rollback is abort: nothing else of the Rollout is written', async () => {
	await using rig = await startArgoRig();
	await rig.router.setWeight(50, never);
	const spec = structuredClone(rig.stub.objects.get(rolloutPath)?.['spec']);
	expect(await rig.router.setWeight(0, never)).toMatchObject({
		ok: true,
		value: {weightPercent: 0, text: expect.stringContaining('aborted')},
	});
	expect(statusIn(rig.stub)).toMatchObject({abort: true});
	expect(rig.stub.objects.get(rolloutPath)?.['spec']).toEqual(spec);
});

test('an abort that leaves traffic behind is not believed: it is asked for again until the weight reads 0', async () => {
	await using rig = await startArgoRig({timeoutMs: 15_000});
	await rig.router.setWeight(50, never);
	let passedOver = 0;
	rig.stub.react = later((object, part) => {
		// The weight stays where it is, and the request is forgotten.
		if (passedOver++ === 0) fields(object['status'])['abort'] = false;
		else reconcile(object, part);
	});
	expect(await rig.router.setWeight(0, never)).toMatchObject({ok: true, value: {weightPercent: 0}});
	expect(passedOver).toBe(2);
});

test('an abort that never works is told with what Argo says, in bounded time', async () => {
	await using rig = await startArgoRig({timeoutMs: 1_200});
	await rig.router.setWeight(50, never);
	rig.stub.react = () => {};
	const startedMs = performance.now();
	expect(await rig.router.setWeight(0, never)).toMatchObject(
		says('not-applied', 'took the change to 0 %, but it says “canary 50 %'),
	);
	expect(performance.now() - startedMs).toBeLessThan(3_000);
	expect(await rig.router.readSplit(never)).toMatchObject({
		ok: true,
		value: {weightPercent: 50, warnings: ['it is aborted, but the candidate still has traffic']},
	});
});

test('an abort asked for after a full promotion takes that back first', async () => {
	await using rig = await startArgoRig();
	await rig.router.setWeight(50, never);
	Object.assign(statusIn(rig.stub), {promoteFull: true});
	expect(await rig.router.setWeight(0, never)).toMatchObject({ok: true, value: {weightPercent: 0}});
	expect(statusIn(rig.stub)).toMatchObject({abort: true, stableRS: 'old1'});
});

test("somebody's pause of the whole Rollout does not stand in the way", async () => {
	await using rig = await startArgoRig();
	await rig.router.setWeight(25, never);
	Object.assign(fields(rig.stub.objects.get(rolloutPath)?.['spec']), {paused: true});
	expect(await rig.router.readSplit(never)).toMatchObject({
		ok: true,
		value: {warnings: ['somebody has paused the whole Rollout']},
	});
	expect(await rig.router.setWeight(0, never)).toMatchObject({ok: true, value: {weightPercent: 0}});
});

test('a weight that is no step is refused with the steps there are; check tells it for the whole plan', async () => {
	await using rig = await startArgoRig();
	rig.stub.put(
		rolloutPath,
		rollout([...standing(0, 5), {setWeight: 20}, {pause: {duration: '10m'}}, {setWeight: 40}, ...standing(50)]),
	);
	expect(await rig.router.setWeight(33, never)).toMatchObject({
		...says(
			'refused',
			"33 % can't be set: Argo can't set any weight, only go through the steps of the Rollout, which stands still at 0 %, 5 %, and 50 % only",
		),
		error: {remedy: expect.stringContaining('Add "setWeight: 33" and "pause: {}"')},
	});
	expect(await rig.router.cannot?.([5, 20, 50, 100], never)).toEqual([
		expect.stringMatching(/^20 %: Argo/),
		expect.stringMatching(/^100 %: Argo/),
	]);
	expect((await rig.router.lint(never))[0]).toContain('Argo leaves 20 % and 40 % by itself');
	expect(weightIn(rig.stub)).toBe(0);
});

test('once Argo has made the candidate the stable version there is nothing to abort, and that is told', async () => {
	await using rig = await startArgoRig();
	await rig.router.setWeight(100, never);
	Object.assign(statusIn(rig.stub), {stableRS: 'new1', phase: 'Healthy'});
	expect(await rig.router.readSplit(never)).toMatchObject({ok: true, value: {weightPercent: 100}});
	expect(await rig.router.setWeight(0, never)).toMatchObject(says('refused', 'Argo has made the candidate the stable version'));
});

test('without a new version there is nothing to promote', async () => {
	await using rig = await startArgoRig();
	Object.assign(statusIn(rig.stub), {currentPodHash: 'old1'});
	expect(await rig.router.readSplit(never)).toMatchObject({ok: true, value: {weightPercent: 0}});
	expect(await rig.router.setWeight(5, never)).toMatchObject(says('refused', 'no new version is under way'));
	expect(await rig.router.setWeight(0, never)).toMatchObject({ok: true});
});

test.each([
	[{blueGreen: {}}, 'its strategy is blueGreen'],
	[{canary: {steps: []}}, 'it has no trafficRouting'],
])('a Rollout that shares no traffic out is refused at once: %j', async (strategy, message) => {
	await using rig = await startArgoRig();
	rig.stub.put(rolloutPath, {...rollout([]), spec: {strategy}});
	expect(await rig.router.readSplit(never)).toMatchObject(says('refused', message));
});

test.each([
	[403, 'refused', 'no permission to patch rollouts.argoproj.io in shop'],
	['hang', 'timeout', 'no answer to patch within 700 ms'],
] as const)('%s is told as %s', async (as, kind, message) => {
	await using rig = await startArgoRig({timeoutMs: 700});
	rig.stub.troubles.push({method: 'PATCH', path: 'rollouts', times: 1_000, as});
	expect(await rig.router.setWeight(25, never)).toMatchObject(says(kind, message));
	expect(weightIn(rig.stub)).toBe(0);
});

test('an abort by Argo itself on the way up is told, not waited out', async () => {
	await using rig = await startArgoRig();
	rig.stub.react = later(object =>
		Object.assign(fields(object['status']), {abort: true, phase: 'Degraded', message: 'metric "errors" failed'}),
	);
	expect(await rig.router.setWeight(25, never)).toMatchObject(says('not-applied', 'was aborted on its way to 25 %'));
});
