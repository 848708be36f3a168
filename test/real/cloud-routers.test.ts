import {execFile} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {beforeAll, describe, expect, test} from 'vitest';
import {albArns} from '../helpers/alb-stub.ts';
import {createTempFolder} from '../helpers/process.ts';
import {type Service, startService} from '../helpers/service.ts';
import {program} from '../helpers/world.ts';
import {giveCredentials, startAlbRig} from '../routers/alb-rig.ts';
import {startArgoRig} from '../routers/argo-rig.ts';
import {startGatewayRig} from '../routers/gateway-rig.ts';

type Ended = {readonly code?: number; readonly stdout: string; readonly stderr: string};

const folder = createTempFolder('cloud-routers');

/** The built program, which has to find the large libraries beside itself. */
async function check(router: object, {url}: Service): Promise<Ended> {
	const path = join(folder.path, 'profile.yaml');
	const profile = {
		name: 'shop',
		baseline: {name: 'v1'},
		candidate: {name: 'v2'},
		metrics: {scrape: {targets: [{url: `${url}/metrics`}], interval: '500ms'}},
		guardrails: [{id: 'up', query: 'up', healthy: '= 1'}],
		stages: [
			{weight: 5, duration: '1m'},
			{weight: 33, duration: '1m'},
		],
		router,
	};
	writeFileSync(path, JSON.stringify(profile));
	return promisify(execFile)(process.execPath, [program, 'check', path], {
		env: {...process.env, HOME: folder.path, CANARY_HOME: folder.path},
		timeout: 60_000,
	}).catch((ended: unknown) => ended as Ended);
}

describe('canary check of the built program, with routers whose libraries stand beside it', () => {
	beforeAll(giveCredentials);

	test('aws-alb', async () => {
		await using service = await startService({version: 'v2'});
		await using rig = await startAlbRig();
		const {baseline, candidate} = {baseline: albArns.stable, candidate: albArns.canary};
		const options = {rule: albArns.rule, baseline, candidate, endpoint: rig.stub.endpoint};
		const {code = 0, stdout, stderr} = await check({'aws-alb': options}, service);
		expect(stderr).toBe('');
		expect(stdout).toContain('split    0 % to the candidate, servers up: baseline 2/2, candidate 1/1');
		expect(stdout).toContain(`router   aws-alb ${albArns.rule}`);
		expect(code).toBe(0);
		expect(rig.stub.calls.flatMap(({fault}) => fault ?? [])).toEqual([]);
	});

	test('gateway-api', async () => {
		await using service = await startService({version: 'v2'});
		await using rig = await startGatewayRig();
		const options = {kubeconfig: rig.kubeconfig, namespace: 'shop', route: 'shop', baseline: 'shop-v1', candidate: 'shop-v2'};
		const {code = 0, stdout} = await check({'gateway-api': options}, service);
		expect(stdout).toContain('split    0 % to the candidate, servers up: baseline 2/2, candidate 1/2');
		expect(code).toBe(0);
	});

	test('argo-rollouts: a stage without a step of the Rollout is an error', async () => {
		await using service = await startService({version: 'v2'});
		await using rig = await startArgoRig();
		const {code, stdout} = await check(
			{'argo-rollouts': {kubeconfig: rig.kubeconfig, namespace: 'shop', rollout: 'shop'}},
			service,
		);
		expect(stdout).toContain('split    0 % to the candidate');
		expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
			"✗ 33 %: Argo can't set any weight, only go through the steps of the Rollout",
		);
		expect(code).toBe(2);
	});
});
