import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {fields, type KubeTrouble, kubeToken} from '../helpers/kube-stub.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {never, routerContract} from './contract.ts';
import {httpRoute, ref, removeSlices, routePath, startGatewayRig, statusOf, takesAfter, weightsOf} from './gateway-rig.ts';

routerContract('gateway-api', startGatewayRig);

const says = (kind: string, message: string) => ({ok: false, error: {kind, message: expect.stringContaining(message)}});

test('the split, its words and the endpoints behind it', async () => {
	await using rig = await startGatewayRig();
	expect(await rig.router.setWeight(25, never)).toEqual({
		ok: true,
		value: {
			weightPercent: 25,
			pools: {baseline: [2, 2], candidate: [1, 2]},
			text: 'rule 0: shop-v1=75 shop-v2=25 (generation 2, accepted)',
		},
	});
	expect(rig.stub.calls.filter(call => call.startsWith('PATCH'))).toEqual([`PATCH ${routePath} application/merge-patch+json`]);
	const spec = fields(rig.stub.objects.get(routePath)?.['spec']);
	expect(spec).toMatchObject({hostnames: ['shop.example.com'], rules: [{matches: [{path: {value: '/0'}}]}]});
});

test('a bearer token signs in as well; a wrong one, or none, is told', async () => {
	await using rig = await startGatewayRig({}, ['token']);
	expect(await rig.router.readSplit(never)).toMatchObject({ok: true});
	for (const by of ['wrong-token', 'nothing'] as const) {
		await using stranger = await startGatewayRig({}, [by]);
		expect(await stranger.router.readSplit(never)).toMatchObject(says('refused', 'does not take the credentials (401)'));
	}
});

test('a server of an authority nobody named is not spoken to', async () => {
	await using rig = await startGatewayRig({}, ['token', false]);
	const answer = await rig.router.readSplit(never);
	expect(answer).toMatchObject({
		...says('unreachable', 'no trust between us'),
		error: {remedy: expect.stringContaining('certificate-authority')},
	});
	expect(rig.stub.calls).toEqual([]);
});

test("the pod's own service account", async () => {
	await using rig = await startGatewayRig();
	const folder = createTempFolder('pod');
	const mount = join(folder.path, 'var/run/secrets/kubernetes.io/serviceaccount');
	mkdirSync(mount, {recursive: true});
	writeFileSync(join(mount, 'token'), kubeToken);
	writeFileSync(join(mount, 'ca.crt'), rig.stub.ca);
	writeFileSync(join(mount, 'namespace'), 'shop');
	Object.assign(process.env, {KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(rig.stub.port)});
	await using inside = await startGatewayRig({access: {inCluster: true, root: folder.path}});
	rig.stub.calls.length = 0;
	expect(await inside.router.setWeight(5, never)).toMatchObject({ok: true});
	expect(weightsOf(rig.stub)).toEqual({'shop-v1': 95, 'shop-v2': 5});
	delete process.env['KUBERNETES_SERVICE_HOST'];
	folder.remove();
});

test.each([
	[{kubeconfig: '/nowhere/config', inCluster: false}, "can't be read"],
	[{kubeconfig: '', context: 'staging', inCluster: false}, 'no context “staging”; known are “prod, elsewhere”'],
	[{kubeconfig: '', context: 'elsewhere', inCluster: false}, 'names no cluster'],
])('a kubeconfig that does not lead anywhere: %s', async (access, message) => {
	await using rig = await startGatewayRig();
	const folder = createTempFolder('kube');
	const file = join(folder.path, 'config');
	writeFileSync(file, rig.stub.kubeconfig('token'));
	await using other = await startGatewayRig({access: {...access, kubeconfig: access.kubeconfig || file}});
	expect(await other.router.readSplit(never)).toMatchObject(says('bad-options', message));
	folder.remove();
});

test('several rules move by one patch; a rule that names neither is left alone', async () => {
	await using rig = await startGatewayRig();
	rig.stub.put(
		routePath,
		httpRoute([ref('shop-v1', 1), ref('shop-v2', 0)], [ref('docs')], [ref('shop-v1', 9), ref('shop-v2', 1)]),
	);
	expect(await rig.router.readSplit(never)).toMatchObject({
		ok: true,
		value: {weightPercent: 10, warnings: [expect.stringContaining('its rules differ: rule 0: shop-v1=1 shop-v2=0; rule 2')]},
	});
	expect(await rig.router.setWeight(50, never)).toMatchObject({ok: true, value: {weightPercent: 50}});
	expect([0, 1, 2].map(rule => weightsOf(rig.stub, rule))).toEqual([
		{'shop-v1': 50, 'shop-v2': 50},
		{docs: 1},
		{'shop-v1': 50, 'shop-v2': 50},
	]);
	expect(rig.stub.calls.filter(call => call.startsWith('PATCH'))).toHaveLength(1);
});

test('only the named rules move', async () => {
	await using rig = await startGatewayRig({rules: [1]});
	rig.stub.put(routePath, httpRoute([ref('shop-v1', 1), ref('shop-v2', 0)], [ref('shop-v1', 1), ref('shop-v2', 0)]));
	await rig.router.setWeight(50, never);
	expect([0, 1].map(rule => weightsOf(rig.stub, rule)['shop-v2'])).toEqual([0, 50]);
	await using wrong = await startGatewayRig({rules: [7]});
	expect(await wrong.router.readSplit(never)).toMatchObject(says('refused', 'it has no rule 7, but 1 rules'));
});

test('a candidate that is not among the backendRefs is named by check, refused for a promotion, and no matter for a rollback', async () => {
	await using rig = await startGatewayRig();
	rig.stub.put(routePath, httpRoute([ref('shop-v1')]));
	expect(await rig.router.lint(never)).toEqual(['rule 0 has no backendRef to shop-v2; add it with weight 0.']);
	expect(await rig.router.setWeight(5, never)).toMatchObject(
		says('refused', 'has no backendRef to shop-v2. Nothing was changed'),
	);
	expect(await rig.router.setWeight(0, never)).toMatchObject({ok: true, value: {weightPercent: 0}});
});

test('no promotion to a candidate without a ready endpoint; leaving is always allowed', async () => {
	await using rig = await startGatewayRig();
	removeSlices(rig.stub, 'shop-v2');
	expect(await rig.router.setWeight(5, never)).toMatchObject(says('refused', 'no ready endpoint behind the candidate shop-v2'));
	removeSlices(rig.stub, 'shop-v1');
	expect(await rig.router.setWeight(0, never)).toMatchObject({
		ok: true,
		value: {warnings: ['no ready endpoint behind the baseline']},
	});
});

const after = async (trouble: KubeTrouble, timeoutMs = 3_000) => {
	await using rig = await startGatewayRig({timeoutMs});
	rig.stub.troubles.push(trouble);
	const startedMs = performance.now();
	const answer = await rig.router.setWeight(25, never);
	return {answer, tookMs: performance.now() - startedMs, calls: rig.stub.calls, percent: await rig.actualPercent()};
};

test('somebody else writes the route in between: it is read again, and nothing of theirs is lost', async () => {
	const {answer, calls, percent} = await after({method: 'PATCH', path: 'httproutes', times: 3, as: 'changed-by-others'});
	expect(answer).toMatchObject({ok: true, value: {weightPercent: 25}});
	expect(calls.filter(call => call.endsWith('→ 409'))).toHaveLength(3);
	expect(percent).toBe(25);
});

test('somebody else writes it for ever: the tries are counted', async () => {
	const {answer, calls} = await after({method: 'PATCH', path: 'httproutes', times: 1_000, as: 'changed-by-others'}, 20_000);
	expect(answer).toMatchObject(says('refused', 'changed by others 9 times'));
	expect(calls.filter(call => call.endsWith('→ 409'))).toHaveLength(9);
});

test.each([
	[429, 'PATCH'],
	[503, 'GET'],
] as const)('%s to %s passes', async (as, method) => {
	const {answer} = await after({method, path: 'httproutes', times: 2, as});
	expect(answer).toMatchObject({ok: true, value: {weightPercent: 25}});
});

test.each([
	[403, 'refused', 'no permission to patch httproutes.gateway.networking.k8s.io in shop'],
	[422, 'refused', 'answered 422 to patch'],
	[500, 'refused', 'answered 500 to patch'],
	['hang', 'timeout', 'no answer to patch within 700 ms'],
	['drop', 'unreachable', "can't be reached"],
] as const)('%s is told as %s, and nothing was moved', async (as, kind, message) => {
	const {answer, tookMs, percent} = await after({method: 'PATCH', path: 'httproutes', times: 1_000, as}, 700);
	expect(answer).toMatchObject(says(kind, message));
	if (!answer.ok) expect(`${answer.error.message}${answer.error.remedy ?? ''}`).not.toContain('\u001b');
	expect(tookMs).toBeLessThan(3_000);
	expect(percent).toBe(0);
});

test('endpoints that may not be read are a warning, no obstacle', async () => {
	const {answer} = await after({method: 'GET', path: 'endpointslices', times: 1_000, as: 403});
	expect(answer).toMatchObject({ok: true, value: {warnings: [expect.stringContaining("endpoints can't be read")]}});
	expect(answer.ok && answer.value.pools).toBeUndefined();
});

test('done is when the gateway has taken this generation, not before', async () => {
	await using rig = await startGatewayRig();
	rig.stub.react = takesAfter(300);
	const startedMs = performance.now();
	expect(await rig.router.setWeight(25, never)).toMatchObject({ok: true});
	expect(performance.now() - startedMs).toBeGreaterThan(280);
});

test('a gateway that takes no notice, or says no, is told with its words', async () => {
	await using rig = await startGatewayRig({timeoutMs: 600});
	rig.stub.react = () => {};
	expect(await rig.router.setWeight(25, never)).toMatchObject(says('not-applied', 'has seen generation 1 of 2'));
	rig.stub.react = object => {
		object['status'] = statusOf(Number(fields(object['metadata'])['generation']), {Accepted: 'False'});
	};
	expect(await rig.router.setWeight(50, never)).toMatchObject(says('not-applied', 'says Accepted False'));
});

test('a Service that does not resolve stands against a promotion; a rollback to 0 only warns', async () => {
	await using rig = await startGatewayRig();
	rig.stub.react = object => {
		object['status'] = statusOf(Number(fields(object['metadata'])['generation']), {ResolvedRefs: 'False'});
	};
	expect(await rig.router.setWeight(25, never)).toMatchObject(says('not-applied', 'ResolvedRefs False'));
	expect(await rig.router.setWeight(0, never)).toMatchObject({
		ok: true,
		value: {weightPercent: 0, warnings: [expect.stringContaining('ResolvedRefs')]},
	});
});
