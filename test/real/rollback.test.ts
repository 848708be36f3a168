import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {request} from 'undici';
import {expect, test} from 'vitest';
import type {SessionEvent} from '../../src/core/event.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {keepSpare} from '../helpers/next-prometheus.ts';
import {freePort, isAlive, waitUntil} from '../helpers/process.ts';
import {startWorld, type World} from '../helpers/world.ts';

const of = <Type extends SessionEvent['type']>(events: readonly SessionEvent[], type: Type) =>
	events.filter((event): event is Extract<SessionEvent, {type: Type}> => event.type === type);

/** Failures that the candidate made itself, by the fault put into it; every other one would be ours. */
const notOurs = ['500'];
const ourFailures = (failures: Readonly<Record<string, number>>): string[] =>
	Object.keys(failures).filter(why => !notOurs.includes(why));

const healthy = (world: World) =>
	waitUntil('both sides have data and are ok', async () => {
		const {stdout} = await world.run('status', '--json');
		const {guardrails} = JSON.parse(stdout) as {guardrails: Record<string, {status: string}>};
		return Object.values(guardrails).every(({status}) => status === 'ok');
	});

describeWithServers(['prometheus', 'haproxy', 'nginx', 'socat'], 'the built program on a real canary', () => {
	keepSpare();

	test.each(['haproxy', 'nginx', 'command'] as const)(
		'%s: a breach rolls back by itself, verified, without a request lost to the change',
		async router => {
			await using world = await startWorld({router});
			const load = world.startLoad(60);
			const run = world.run('run', '--headless', world.profilePath, '--operator', 'ana');
			await waitUntil('5 % is in force', async () => (await world.splitNow()) === 5);
			await healthy(world);
			await world.canary.fault({errorRate: 1});
			const {code, stdout} = await run;
			await load.stop();

			expect(await world.splitNow()).toBe(0);
			expect(code).toBe(1);
			expect(stdout).toContain('Canary errors breached');
			expect(ourFailures(load.report.failures)).toEqual([]);
			const events = world.events();
			const [, rollback] = of(events, 'action-verified');
			expect(rollback?.split.weightPercent).toBe(0);
			expect(of(events, 'session-ended')).toMatchObject([{outcome: 'rolled-back'}]);
			// The rollback leaves in the tick in which `for` (1 s) ends: polls are 250 ms apart, so the fifth breaching one.
			const ticks = of(events, 'tick-taken');
			const isBreaching = ({readings}: (typeof ticks)[number]): boolean => {
				const reading = readings['canary-errors'];
				return reading?.kind === 'values' && Number(reading.series[0]?.value) >= 5;
			};
			const intended = of(events, 'action-intended').find(({purpose}) => purpose === 'rollback')!;
			const before = ticks.filter(({seq}) => seq < intended.seq);
			const firstBad = before.findLastIndex(tick => !isBreaching(tick)) + 1;
			expect(before.at(-1)!.dueMs - before[firstBad]!.dueMs).toBe(1_000);
			expect(intended.seq).toBe(before.at(-1)!.seq + 1);
			// What was seen is on the disk: a pair of files for each checkpoint, as the journal says.
			const checkpoints = of(events, 'checkpoint-written');
			expect(checkpoints.map(({trigger}) => trigger)).toEqual(expect.arrayContaining(['stage', 'breach', 'action', 'end']));
			for (const {name} of checkpoints) {
				const json = JSON.parse(readFileSync(join(world.session(), 'checkpoints', `${name}.json`), 'utf8')) as object;
				expect(json).toHaveProperty('guardrails');
				expect(existsSync(join(world.session(), 'checkpoints', `${name}.txt`))).toBe(true);
			}
		},
	);

	test('scripts promote, hold, resume, note, snapshot and roll back, each waiting for the verified result', async () => {
		await using world = await startWorld();
		const load = world.startLoad(60);
		const port = await freePort();
		const headless = world.run('run', '--headless', world.profilePath, '--operator', 'ana', '--metrics-port', String(port));
		await waitUntil('5 % is in force', async () => (await world.splitNow()) === 5);
		await healthy(world);

		const hold = await world.run('hold', '--reason', 'lunch');
		expect(hold).toMatchObject({code: 0, stdout: 'held\n'});
		const refused = await world.run('promote');
		expect(refused.code).toBe(3);
		expect(refused.stderr).toContain('refused: held by');
		expect((await world.run('resume')).code).toBe(0);
		const promote = await world.run('promote', '--reason', 'all green');
		expect(promote.stdout).toMatch(/^promoted: the router reads 50 %, verified in \d+ms\n$/);
		expect(promote.code).toBe(0);
		expect(await world.splitNow()).toBe(50);
		expect((await world.run('note', 'cache warmed')).code).toBe(0);
		const snapshot = await world.run('snapshot', '--json');
		expect(JSON.parse(snapshot.stdout)).toMatchObject({ok: true, exitCode: 0});
		const page = await (await request(`http://127.0.0.1:${port}/metrics`)).body.text();
		expect(page).toMatch(/^canary_actions_total\{[^}]*purpose="promote"[^}]*\} 1$/m);
		expect(page).toMatch(/^canary_tick_late_seconds_count \d+$/m);
		const rollback = await world.run('rollback', '--reason', 'pager', '--json');
		expect(JSON.parse(rollback.stdout)).toMatchObject({
			ok: true,
			lastAction: {purpose: 'rollback', result: 'verified', toPercent: 0},
		});
		expect(await world.splitNow()).toBe(0);

		expect((await headless).code).toBe(1);
		await load.stop();
		expect(ourFailures(load.report.failures)).toEqual([]);
		expect(load.report.failed).toBe(0);
		const events = world.events();
		expect(of(events, 'rollback-asked')).toMatchObject([{reason: 'pager'}]);
		expect(of(events, 'note-added')).toMatchObject([{text: 'cache warmed'}]);
		expect(readdirSync(join(world.session(), 'checkpoints')).filter(name => name.includes('-asked-'))).toHaveLength(2);
	});

	test('a healthy canary walks its stages to the end by itself: exit code 0', async () => {
		const quick = (weight: number) => ({weight, duration: '2s', promote: 'auto'});
		await using world = await startWorld({profile: {stages: [quick(20), quick(50), quick(100)]}});
		const load = world.startLoad(90);
		const {code, stdout} = await world.run('run', '--headless', world.profilePath);
		await load.stop();
		expect(stdout).toContain('promoted: at 100 %');
		expect(code).toBe(0);
		expect(await world.splitNow()).toBe(100);
		expect(load.report.failed).toBe(0);
		expect((await world.run('sessions', '--json')).stdout).toContain('"outcome": "promoted"');
	});

	test('a controller killed by -9 is taken up again; the split is read back, and nothing goes forward by itself', async () => {
		await using world = await startWorld();
		world.startLoad(60);
		void world.run('run', '--headless', world.profilePath);
		await waitUntil('5 % is in force', async () => (await world.splitNow()) === 5);
		await healthy(world);
		const first = world.controllerPid();
		process.kill(first, 'SIGKILL');
		await waitUntil('it is dead', () => !isAlive(first));
		expect((await world.run('sessions')).stdout).toContain('unguarded');
		// Leaving is always allowed, also when nobody guards.
		const rollback = await world.run('rollback', '--reason', 'nobody guards');
		expect(rollback).toMatchObject({code: 0});
		expect(await world.splitNow()).toBe(0);
		const events = world.events();
		expect(of(events, 'controller-resumed')).toMatchObject([{split: {weightPercent: 5}}]);
	});

	test('a second controller on the same target is refused, and told who holds it', async () => {
		await using world = await startWorld();
		world.startLoad(60);
		void world.run('run', '--headless', world.profilePath, '--operator', 'ana');
		await waitUntil('5 % is in force', async () => (await world.splitNow()) === 5);
		const holder = world.controllerPid();
		const second = await world.run('run', '--headless', world.profilePath);
		expect(second, second.stderr).toMatchObject({code: 4});
		expect(second.stderr).toContain('ana');
		expect(second.stderr).toContain(String(holder));
		expect((await world.run('sessions', '--json')).stdout.match(/"name"/g)).toHaveLength(1);
		expect(await world.splitNow()).toBe(5);
	});
});
