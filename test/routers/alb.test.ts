import {expect, test} from 'vitest';
import {openRouter} from '../../src/routers/registry.ts';
import {type AlbStub, albArns, forwardTo, startAlbStub, type Trouble} from '../helpers/alb-stub.ts';
import {albOptions, giveCredentials, openAlbAt, startAlbRig} from './alb-rig.ts';
import {never, routerContract} from './contract.ts';
import {noSecrets} from './rigs.ts';

routerContract('aws-alb', startAlbRig);

const faults = (stub: AlbStub): readonly string[] => stub.calls.flatMap(({fault}) => fault ?? []);

test('every request is signed as AWS computes it, and nothing in it is odd', async () => {
	await using rig = await startAlbRig();
	await rig.router.setWeight(12.5, never);
	expect(faults(rig.stub)).toEqual([]);
	expect(rig.stub.weights()).toEqual({[albArns.stable]: 84, [albArns.canary]: 12});
	expect(new Set(rig.stub.calls.map(({action}) => action))).toEqual(
		new Set(['DescribeRules', 'DescribeTargetHealth', 'ModifyRule']),
	);
});

test('a wrong key is told as such, with what to do', async () => {
	giveCredentials();
	await using stub = await startAlbStub({id: 'AKIDEXAMPLE', secret: 'another'});
	const router = openAlbAt(stub.endpoint);
	expect(await router.readSplit(never)).toMatchObject({
		ok: false,
		error: {kind: 'refused', message: expect.stringContaining('does not take the credentials (SignatureDoesNotMatch)')},
	});
	expect(faults(stub)[0]).toContain('SignatureDoesNotMatch');
	await router.close();
});

test('without credentials the error names where they may come from', async () => {
	giveCredentials();
	delete process.env['AWS_ACCESS_KEY_ID'];
	delete process.env['AWS_SECRET_ACCESS_KEY'];
	await using stub = await startAlbStub();
	const router = openAlbAt(stub.endpoint);
	const answer = await router.readSplit(never);
	expect(answer).toMatchObject({
		ok: false,
		error: {
			kind: 'refused',
			message: expect.stringContaining('no AWS credentials'),
			remedy: expect.stringContaining('AWS_PROFILE'),
		},
	});
	expect(stub.calls).toEqual([]);
	await router.close();
});

test("a listener's default action is moved by ModifyListener", async () => {
	await using rig = await startAlbRig({at: {listener: albArns.listener}});
	expect(await rig.router.setWeight(5, never)).toMatchObject({ok: true, value: {weightPercent: 5}});
	expect(rig.stub.weights(albArns.listener)).toEqual({[albArns.stable]: 95, [albArns.canary]: 5});
	expect(rig.stub.weights(albArns.rule)).toEqual({[albArns.stable]: 100, [albArns.canary]: 0});
	expect((await rig.router.lint(never))[0]).toContain('no rule goes before it');
});

test('a login before the forward and stickiness stay as they are, the hidden secret of the client included', async () => {
	await using rig = await startAlbRig();
	const login = {
		Type: 'authenticate-oidc',
		Order: '1',
		AuthenticateOidcConfig: {Issuer: 'https://id', ClientId: 'console', OnUnauthenticatedRequest: 'deny', ClientSecret: 's'},
	};
	const forward = {
		...forwardTo({[albArns.stable]: 100}),
		Order: '2',
		TargetGroupArn: albArns.stable,
		ForwardConfig: {
			TargetGroups: [{TargetGroupArn: albArns.stable, Weight: '1'}],
			TargetGroupStickinessConfig: {Enabled: 'true', DurationSeconds: '3600'},
		},
	};
	rig.stub.actions.set(albArns.rule, [login, forward]);
	expect(await rig.router.lint(never)).toEqual([
		'The rule does not name the target group shop-v2 yet; the first change adds it.',
		'Target group stickiness is on: a client may keep to the candidate for up to 3600 s after a rollback.',
	]);
	const set = await rig.router.setWeight(25, never);
	expect(set).toMatchObject({ok: true, value: {text: 'authenticate-oidc; forward shop-v1=75 shop-v2=25, sticky 3600 s'}});
	const [kept, moved] = rig.stub.actions.get(albArns.rule) ?? [];
	expect(kept).toMatchObject({AuthenticateOidcConfig: {Issuer: 'https://id', UseExistingClientSecret: 'true'}});
	expect(moved).toMatchObject({
		Order: '2',
		ForwardConfig: {TargetGroupStickinessConfig: {Enabled: 'true', DurationSeconds: '3600'}},
	});
});

test('the pools are the targets that can take traffic; a side that has none is not promoted to, but always left', async () => {
	await using rig = await startAlbRig();
	rig.stub.health.set(albArns.canary, ['unhealthy', 'draining']);
	expect(await rig.router.readSplit(never)).toMatchObject({
		ok: true,
		value: {pools: {baseline: [2, 2], candidate: [0, 1]}, text: 'forward shop-v1=100 shop-v2=0'},
	});
	expect(await rig.router.setWeight(5, never)).toMatchObject({
		ok: false,
		error: {kind: 'refused', message: expect.stringContaining('none of its 1 targets is healthy. Nothing was changed')},
	});
	rig.stub.actions.set(albArns.rule, [forwardTo({[albArns.stable]: 75, [albArns.canary]: 25})]);
	rig.stub.health.set(albArns.stable, ['unhealthy']);
	expect(await rig.router.setWeight(0, never)).toMatchObject({
		ok: true,
		value: {weightPercent: 0, warnings: ['the baseline shop-v1: none of its 1 targets is healthy']},
	});
});

test('a group that no rule forwards to yet is not looked at by the load balancer; that is no reason to refuse', async () => {
	await using rig = await startAlbRig();
	rig.stub.actions.set(albArns.rule, [forwardTo({[albArns.stable]: 1})]);
	rig.stub.health.set(albArns.canary, ['unused']);
	expect(await rig.router.setWeight(5, never)).toMatchObject({ok: true, value: {weightPercent: 5}});
});

test('a third group that gets traffic stands against a promotion, never against a rollback', async () => {
	await using rig = await startAlbRig();
	rig.stub.actions.set(albArns.rule, [forwardTo({[albArns.stable]: 50, [albArns.canary]: 25, [albArns.other]: 25})]);
	expect(await rig.router.setWeight(50, never)).toMatchObject({ok: false, error: {message: expect.stringContaining('shop-old')}});
	expect(await rig.router.setWeight(0, never)).toMatchObject({ok: true, value: {weightPercent: 0}});
	expect(rig.stub.weights()).toMatchObject({[albArns.other]: 25});
});

test('a rule that forwards elsewhere is refused before anything is written', async () => {
	await using rig = await startAlbRig();
	rig.stub.actions.set(albArns.rule, [forwardTo({[albArns.other]: 1})]);
	const answer = await rig.router.setWeight(5, never);
	expect(answer).toMatchObject({ok: false, error: {message: expect.stringContaining('forwards to shop-old: neither')}});
	expect(rig.stub.calls.some(({action}) => action === 'ModifyRule')).toBe(false);
});

const after = async (trouble: Trouble, timeoutMs = 3_000) => {
	await using rig = await startAlbRig({timeoutMs});
	rig.stub.troubles.push(trouble);
	const startedMs = performance.now();
	const answer = await rig.router.setWeight(25, never);
	return {
		answer,
		tookMs: performance.now() - startedMs,
		calls: rig.stub.calls.map(({action}) => action),
		weights: rig.stub.weights(),
	};
};

test.each(['throttle', 'broken'] as const)('%s passes: the call is made again until it goes well', async as => {
	const {answer, calls} = await after({action: /./, times: 5, as});
	expect(answer).toMatchObject({ok: true, value: {weightPercent: 25}});
	expect(calls.length).toBeGreaterThan(7);
});

test('throttled for ever ends when the time is over, and says why', async () => {
	const {answer, tookMs} = await after({action: 'ModifyRule', times: 1_000, as: 'throttle'}, 700);
	expect(answer).toMatchObject({
		ok: false,
		error: {kind: 'refused', message: expect.stringContaining('limits our calls to each ModifyRule'), remedy: expect.any(String)},
	});
	expect(tookMs).toBeLessThan(2_500);
});

test('a missing permission is named, and nothing of the answer reaches the terminal raw', async () => {
	const {answer, calls} = await after({action: 'ModifyRule', times: 1, as: 'deny'});
	expect(answer).toMatchObject({
		ok: false,
		error: {
			kind: 'refused',
			message: expect.stringContaining('no permission elasticloadbalancing:ModifyRule'),
			remedy: expect.stringContaining('"Action": "elasticloadbalancing:ModifyRule"'),
		},
	});
	expect(calls.filter(action => action === 'ModifyRule')).toHaveLength(1);
});

test('where only the health may not be read the split moves all the same, and a warning names the permission', async () => {
	const {answer} = await after({action: 'DescribeTargetHealth', times: 1_000, as: 'deny'});
	expect(answer).toMatchObject({
		ok: true,
		value: {weightPercent: 25, warnings: [expect.stringContaining('elasticloadbalancing:DescribeTargetHealth')]},
	});
	expect(answer.ok && answer.value.pools).toBeUndefined();
});

test.each([
	['hang', 'timeout', 'had no answer within 600 ms'],
	['gone', 'unreachable', 'got no answer'],
	['not-found', 'refused', 'found nothing there (RuleNotFound'],
	['forget', 'not-applied', 'took the change to 25 %, but still reads 0 %'],
] as const)('%s is told as %s', async (as, kind, message) => {
	const {answer, tookMs, weights} = await after({action: as === 'not-found' ? 'DescribeRules' : 'ModifyRule', times: 1, as}, 600);
	expect(answer).toMatchObject({ok: false, error: {kind, message: expect.stringContaining(message)}});
	expect(tookMs).toBeLessThan(2_000);
	expect(weights).toEqual({[albArns.stable]: 100, [albArns.canary]: 0});
});

test('nobody there at all', async () => {
	giveCredentials();
	const router = openAlbAt('http://127.0.0.1:9');
	expect(await router.readSplit(never)).toMatchObject({
		ok: false,
		error: {kind: 'unreachable', message: expect.stringContaining('ECONNREFUSED')},
	});
	await router.close();
});

test('a change that was given up and is made late, behind the rollback, does not stay', async () => {
	await using rig = await startAlbRig();
	rig.stub.troubles.push({action: 'ModifyRule', times: 1, as: 'late'});
	const aborting = new AbortController();
	const promote = rig.router.setWeight(50, aborting.signal);
	while (!rig.stub.calls.some(({action}) => action === 'ModifyRule')) await new Promise(resolve => setTimeout(resolve, 2));
	aborting.abort();
	expect(await promote).toMatchObject({ok: false, error: {kind: 'aborted'}});
	expect(await rig.router.setWeight(0, never)).toMatchObject({ok: true, value: {weightPercent: 0}});
	expect(await rig.actualPercent()).toBe(0);
});

test('wrong options are told before anything is asked', () => {
	const opened = openRouter(albOptions('http://127.0.0.1:9', {candidate: albArns.stable}), noSecrets);
	expect(opened).toMatchObject({
		ok: false,
		error: {kind: 'bad-options', message: expect.stringContaining('shop-v1 stands on both sides')},
	});
});
