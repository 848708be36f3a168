import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {parse, stringify} from 'yaml';
import type {SessionEvent} from '../../src/core/event.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {isAlive, waitUntil} from '../helpers/process.ts';
import {startWorld, type World} from '../helpers/world.ts';

const of = <Type extends SessionEvent['type']>(events: readonly SessionEvent[], type: Type) =>
	events.filter((event): event is Extract<SessionEvent, {type: Type}> => event.type === type);

/** Rewrites the profile with these checks. */
function withChecks(world: World, preflight: readonly unknown[]): void {
	const profile = parse(readFileSync(world.profilePath, 'utf8')) as object;
	writeFileSync(world.profilePath, stringify({...profile, preflight}));
}

const soundChecks = (world: World) => [
	{title: 'hardening', command: {argv: ['/bin/sh', '-c', 'test "$MODE" = strict'], env: {MODE: 'strict'}}},
	{title: 'health', http: {url: `${world.canary.url}/`, match: 'canary'}},
	{title: 'shadow', timeout: '10s', promql: {query: '100 * avg(up)', unit: 'percent', healthy: '> 99.9'}},
	{title: 'pages', metricsPage: {url: `${world.canary.url}/metrics`, names: ['http_requests_total']}},
	{title: 'way back', capacity: {baseline: 1}},
	{split: {percent: 0}},
	{cooldown: {after: '24h'}},
];

describeWithServers(['prometheus', 'haproxy'], 'the pre-flight of the built program', () => {
	test('it holds back the first weight, is repeated after a crash but not once passed, and waits after a rollback', {
		timeout: 120_000,
	}, async () => {
		await using world = await startWorld();
		const load = world.startLoad(60);
		withChecks(world, soundChecks(world));

		const alone = await world.run('preflight', world.profilePath, '--json');
		const told = JSON.parse(alone.stdout) as {checks: {ok: boolean; title: string; message: string}[]};
		expect(told.checks.filter(({ok}) => !ok)).toEqual([]);
		expect(told.checks.map(({title}) => title)).toEqual([
			'hardening',
			'health',
			'shadow',
			'pages',
			'way back',
			'split',
			'cooldown',
		]);
		expect(alone.code).toBe(0);

		// Everything that can be wrong, at once.
		withChecks(world, [
			{title: 'hardening', command: {argv: ['/bin/sh', '-c', 'echo "port 22 is open" >&2; exit 3']}},
			{title: 'too slow', timeout: '200ms', command: {argv: ['sleep', '60']}},
			{title: 'health', http: {url: `${world.canary.url}/`, match: 'stable and nothing else'}},
			{title: 'status', http: {url: `${world.canary.url}/`, status: 204}},
			{title: 'shadow', promql: {query: '100 * avg(up)', unit: 'percent', healthy: '< 50'}},
			{title: 'no data', promql: {query: 'nonesuch_total', healthy: '> 1'}},
			{title: 'pages', metricsPage: {url: `${world.canary.url}/metrics`, names: ['nonesuch_ms']}},
			{title: 'no page', metricsPage: {url: `${world.canary.url}/`}},
			{title: 'way back', capacity: {baseline: 3}},
			{split: {percent: 50}},
		]);
		const bad = await world.run('preflight', world.profilePath);
		expect(bad.code).toBe(3);
		for (const sentence of [
			'hardening: /bin/sh ended with 3; it printed "port 22 is open"',
			'too slow: sleep did not end in its time',
			'nothing in its body matches /stable and nothing else/',
			'answered 200, not 204',
			'100 %, and < 50 % is asked for',
			'no data: no value: the query answered, with no series',
			'/metrics has no nonesuch_ms',
			'is no metrics page: line 1',
			'1 of 1 servers of the baseline are up, and 3 must be',
			'split: 0 % goes to the candidate, not 50 %',
			'10 of 10 checks failed',
		]) {
			expect(bad.stdout).toContain(sentence);
		}
		withChecks(world, [{title: 'nobody there', http: {url: 'http://127.0.0.1:1/health'}}]);
		expect(await world.run('preflight', world.profilePath)).toMatchObject({
			code: 4,
			stdout: expect.stringContaining('ECONNREFUSED'),
		});

		// A failed one moves nothing, and a job in CI ends with it.
		withChecks(world, [{title: 'hardening', command: {argv: ['false']}}, {split: {}}]);
		const failed = await world.run('run', '--headless', world.profilePath);
		expect(failed.stdout).toContain('pre-flight failed: hardening; no traffic was moved');
		expect(failed.code).toBe(3);
		expect(await world.splitNow()).toBe(0);
		expect(of(world.events(), 'action-intended')).toEqual([]);
		expect(of(world.events(), 'preflight-checked').map(({title, ok}) => [title, ok])).toEqual([
			['hardening', false],
			['split', true],
		]);
		expect(of(world.events(), 'session-ended')).toMatchObject([{outcome: 'ended', reason: expect.stringContaining('hardening')}]);

		// Cut off by a crash: run again. Mended: passed, and the weight goes. Once passed it stays so.
		const gate = join(world.folder, 'mended');
		const script = `echo x >> ${join(world.folder, 'runs')}; while [ ! -e ${gate} ]; do sleep 0.05; done`;
		withChecks(world, [...soundChecks(world), {title: 'slow', timeout: '60s', command: {argv: ['/bin/sh', '-c', script]}}]);
		const first = world.run('run', '--headless', world.profilePath);
		await waitUntil('the slow check runs', () => existsSync(join(world.folder, 'runs')));
		await waitUntil('it is being watched all the same', () => of(world.events(), 'tick-taken').length > 2);
		expect(JSON.parse((await world.run('promote', '--json')).stdout)).toMatchObject({
			ok: false,
			text: 'refused: pre-flight 8/8: slow',
		});
		await kill(world);
		expect((await first).code).toBe(4);
		const second = world.run('run', '--headless', world.profilePath);
		await waitUntil('it runs again', () => readFileSync(join(world.folder, 'runs'), 'utf8') === 'x\nx\n');
		expect(await world.splitNow()).toBe(0);
		mkdirSync(gate);
		await waitUntil('the first weight is in force', async () => (await world.splitNow()) === 5);
		await waitUntil('it is verified', () => of(world.events(), 'action-verified').length === 1);
		await kill(world);
		expect((await second).code).toBe(4);
		const third = world.run('run', '--headless', world.profilePath);
		await waitUntil('it is taken up', () => of(world.events(), 'controller-resumed').length === 2);
		await world.run('rollback', '--reason', 'enough');
		expect((await third).code).toBe(1);
		// Both changes, though a controller died between them.
		const diff = readFileSync(join(world.session(), 'artifacts', 'LB_DIFF.txt'), 'utf8');
		expect(diff).toMatch(/start to 5 %.*- 0 % .*\+ 5 % .*rollback to 0 %.*- 5 % .*\+ 0 % /s);
		expect(of(world.events(), 'artifact-written').some(({name}) => name === 'LB_DIFF.txt')).toBe(true);
		expect(of(world.events(), 'preflight-started')).toHaveLength(2);
		expect(of(world.events(), 'preflight-finished')).toMatchObject([{passed: true, failed: []}]);

		// And now a retry waits, unless a person says why not.
		await waitUntil('its controller is gone', () => !existsSync(join(world.session(), 'controller.pid')));
		withChecks(world, [{cooldown: {after: '24h'}}]);
		const early = await world.run('run', '--headless', world.profilePath);
		expect(early.code).toBe(3);
		expect(early.stdout).toContain('--override-cooldown');
		const forced = world.run('run', '--headless', world.profilePath, '--override-cooldown', 'the cause is found');
		await waitUntil('it goes all the same', async () => (await world.splitNow()) === 5);
		expect(of(world.events(), 'preflight-checked')).toMatchObject([
			{ok: true, message: expect.stringContaining('overridden: the cause is found')},
		]);
		await world.run('rollback', '--reason', 'done');
		expect((await forced).code).toBe(1);
		await load.stop();
	});
});

async function kill(world: World): Promise<void> {
	const pid = world.controllerPid();
	process.kill(pid, 'SIGKILL');
	await waitUntil('the controller is dead', () => !isAlive(pid));
}
