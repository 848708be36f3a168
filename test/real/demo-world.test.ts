import {existsSync, readFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {request} from 'undici';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {type DemoWorld, startDemoWorld} from '../../src/demo/demo-world.ts';
import {type IncidentName, incidentNames, incidents} from '../../src/demo/incidents.ts';
import {profileText} from '../../src/demo/profile-text.ts';
import type {WorldInfo} from '../../src/demo/world.ts';
import {readBuiltin} from '../../src/routers/builtin.ts';
import {isAlive, isPortTaken, knownPid, startProcess, waitUntil} from '../helpers/process.ts';
import {never} from '../routers/contract.ts';

const stageSeconds = [15, 20, 15] as const;
const portOf = (url: string): number => Number(new URL(url).port);
const proxy = ({controlSocket}: WorldInfo) => readBuiltin(controlSocket, never, 2_000);

async function expectGone({folder, url, candidateUrl}: WorldInfo): Promise<void> {
	await waitUntil(
		'nothing listens any more',
		async () => !(await isPortTaken(portOf(url))) && !(await isPortTaken(portOf(candidateUrl))),
	);
	expect(existsSync(`${folder}/proxy.sock`)).toBe(false);
}

describe("the demo's world", () => {
	let world: DemoWorld;
	let startedInMs: number;
	beforeAll(async () => {
		const beganMs = performance.now();
		world = await startDemoWorld({stageSeconds});
		startedInMs = performance.now() - beganMs;
	});
	afterAll(() => world.end());

	const metric = async (pattern: RegExp): Promise<number> => {
		const page = await (await request(`${world.info.candidateUrl}/metrics`)).body.text();
		return Number(pattern.exec(page)?.[1]);
	};
	const errorLog = (): string => readFileSync(`${world.info.folder}/logs/v2.log`, 'utf8');

	test('it is up within five seconds, with users that are all served by the old version', async () => {
		expect(startedInMs).toBeLessThan(5_000);
		await waitUntil('users come', async () => ((await proxy(world.info))?.counts.baseline.requests ?? 0) > 100);
		expect((await proxy(world.info))?.counts).toMatchObject({
			baseline: {failures: 0, serverErrors: 0},
			candidate: {requests: 0},
		});
	});

	test('each incident has a guardrail in the profile', () => {
		const profile = readFileSync(world.info.profilePath, 'utf8');
		for (const {guardrail} of Object.values(incidents)) expect(profile).toContain(`- id: ${guardrail}\n`);
	});

	const seen: Readonly<Record<IncidentName, () => Promise<boolean> | boolean>> = {
		latency: async () => {
			const beganMs = performance.now();
			await (await request(`${world.info.candidateUrl}/`)).body.dump();
			return performance.now() - beganMs > 550;
		},
		errors: async () =>
			(await request(`${world.info.candidateUrl}/`)).statusCode === 500 && errorLog().includes('UPSTREAM_FAILED'),
		rls: async () => (await metric(/rls_policy_errors_total (\d+)/)) === 1 && errorLog().includes('RLS_VIOLATION'),
		hung: async () => {
			try {
				const {body} = await request(`${world.info.candidateUrl}/metrics`, {signal: AbortSignal.timeout(300)});
				await body.text();
				return false;
			} catch {
				return true;
			}
		},
		breaker: async () => {
			const {statusCode} = await request(`${world.info.candidateUrl}/`);
			return statusCode === 503 && (await metric(/circuit_breaker_open (\d)/)) === 1;
		},
		leak: async () => {
			const share = (await metric(/resident_memory_bytes (\d+)/)) / (await metric(/memory_limit_bytes (\d+)/));
			return share > 0.75;
		},
	};

	test.each(incidentNames)('the incident "%s" really happens, and what was wrong before is put right', async name => {
		world.inject(name);
		await waitUntil(`${name} is seen`, seen[name], {timeoutMs: 15_000});
		world.heal();
		if (name === 'leak') return;
		await waitUntil('all is well', async () => {
			const beganMs = performance.now();
			const {statusCode, body} = await request(`${world.info.candidateUrl}/`);
			await body.dump();
			return statusCode === 200 && performance.now() - beganMs < 200 && Number.isFinite(await metric(/db_pool_size (\d+)/));
		});
	});

	test('at its end nothing of it is left', async () => {
		const pid = knownPid((await proxy(world.info))?.pid);
		await world.end();
		await expectGone(world.info);
		expect(isAlive(pid)).toBe(false);
		expect(existsSync(world.info.folder)).toBe(false);
	});
});

test('the kill -9 of whoever started it ends the whole world', async () => {
	const module = new URL('../../src/demo/demo-world.ts', import.meta.url).href;
	const program = `
		import {startDemoWorld} from ${JSON.stringify(module)};
		const world = await startDemoWorld({stageSeconds: [15, 20, 15]});
		console.log(JSON.stringify(world.info));
		setInterval(() => {}, 1000);
	`;
	await using starter = await startProcess({
		name: 'starter',
		command: process.execPath,
		args: ['--input-type=module-typescript', '-e', program],
	});
	const line = await waitUntil('it is up', () => /^\{.*\}$/m.exec(starter.output())?.[0], {seen: () => starter.output()});
	const info = JSON.parse(line) as WorldInfo;
	starter.signal('SIGKILL');
	await expectGone(info);
	await waitUntil('its folder is gone', () => !existsSync(info.folder));
});

test('the kill -9 of its keeper ends the services, and the end asked for afterwards ends the proxy', async () => {
	const world = await startDemoWorld({stageSeconds});
	process.kill(world.keeperPid, 'SIGKILL');
	await world.over;
	await waitUntil('the services are gone', async () => !(await isPortTaken(portOf(world.info.candidateUrl))));
	await sleep(50);
	expect(await isPortTaken(portOf(world.info.url))).toBe(true);
	await world.end();
	await expectGone(world.info);
	expect(existsSync(world.info.folder)).toBe(false);
});

test('paths and addresses stand in the profile as JSON, whatever is in them', () => {
	const parts = {
		baseline: 'http://127.0.0.1:1',
		candidate: 'http://127.0.0.1:2',
		listen: '127.0.0.1:3',
		metricsListen: '127.0.0.1:4',
		controlSocket: '/tmp/a "b": {c}/proxy.sock',
		baselineLog: '/tmp/# v1.log',
		candidateLog: '/tmp/v2.log',
		stageSeconds,
	};
	expect(profileText(parts)).toContain('controlSocket: "/tmp/a \\"b\\": {c}/proxy.sock"');
});
