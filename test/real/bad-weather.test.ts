import {execFileSync} from 'node:child_process';
import {mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect, test} from 'vitest';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {keepSpare} from '../helpers/next-prometheus.ts';
import {createTempFolder, waitUntil} from '../helpers/process.ts';
import {startWorld, type World} from '../helpers/world.ts';

const isRoot = process.getuid?.() === 0;

type Status = {
	readonly alarms: Readonly<Record<string, string>>;
	readonly guardrails: Readonly<Record<string, {status: string; because: string}>>;
	readonly rollback?: {readonly verifiedAtMs?: number};
	readonly tick: {readonly count: number};
};

const status = async (world: World): Promise<Status> => JSON.parse((await world.run('status', '--json')).stdout) as Status;

const atFive = async (world: World): Promise<void> => {
	world.startLoad(90);
	void world.run('run', '--headless', world.profilePath);
	await waitUntil('5 % is in force', async () => (await world.splitNow()) === 5);
	await waitUntil('all is ok', async () => Object.values((await status(world)).guardrails).every(one => one.status === 'ok'));
};

/** A small disk of its own, unmounted and removed at the end. */
function smallDisk(kilobytes: number): Disposable & {readonly path: string} {
	const folder = createTempFolder('disk');
	execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'canary-test', folder.path]);
	return {
		path: folder.path,
		[Symbol.dispose]() {
			execFileSync('umount', ['-l', folder.path]);
			folder.remove();
		},
	};
}

const fill = (path: string): void => {
	try {
		writeFileSync(path, Buffer.alloc(64 * 1024 * 1024));
	} catch {
		// Full is what it is to be: what fitted stays.
	}
};

describeWithServers(['prometheus', 'haproxy'], 'when things go wrong around it', () => {
	keepSpare();

	test.runIf(isRoot)(
		'a full disk is an alarm, and the rollback by breach happens all the same; the record goes on when there is room',
		async () => {
			using disk = smallDisk(2_048);
			await using world = await startWorld({
				home: join(disk.path, 'home'),
				profile: {policies: {watchAfterEnd: '60s', splitReadEvery: '1s'}},
			});
			await atFive(world);
			fill(join(disk.path, 'filler'));
			await waitUntil('the journal says so', async () => (await status(world)).alarms['journal'] !== undefined);
			await world.canary.fault({errorRate: 1});
			await waitUntil('the split is 0', async () => (await world.splitNow()) === 0);
			await waitUntil('it is verified', async () => (await status(world)).rollback?.verifiedAtMs !== undefined);
			rmSync(join(disk.path, 'filler'));
			await waitUntil('the alarm is over', async () => (await status(world)).alarms['journal'] === undefined);
			const types = world.events().map(({type}) => type);
			expect(types).toContain('action-intended');
			expect(
				world
					.events()
					.filter(event => event.type === 'action-verified')
					.at(-1),
			).toMatchObject({split: {weightPercent: 0}});
		},
	);

	test.runIf(isRoot)('a session folder that turned read-only is an alarm, and stops no rollback', async () => {
		await using world = await startWorld({profile: {policies: {watchAfterEnd: '60s'}}});
		await atFive(world);
		const folder = world.session();
		// Laid over itself, read-only: what is opened from now on can't be written.
		execFileSync('mount', ['--bind', folder, folder]);
		execFileSync('mount', ['-o', 'remount,bind,ro', folder]);
		try {
			const rollback = await world.run('rollback', '--reason', 'pager');
			expect(rollback.stdout).toContain('the router reads 0 %');
			expect(rollback.code).toBe(0);
			expect(await world.splitNow()).toBe(0);
			expect((await status(world)).alarms['checkpoint']).toContain('could not be written');
		} finally {
			execFileSync('umount', ['-l', folder]);
		}
	});

	test('a home that can not be written starts nothing, moves nothing, and says what to do', async () => {
		await using world = await startWorld();
		const file = join(world.folder, 'a-file');
		writeFileSync(file, '');
		await using blocked = await startWorld({home: join(world.folder, 'other')});
		rmSync(blocked.home, {recursive: true});
		writeFileSync(blocked.home, '');
		const {code, stderr} = await blocked.run('run', '--headless', blocked.profilePath);
		expect(code).toBe(2);
		expect(stderr).toContain('CANARY_HOME');
		expect(await blocked.splitNow()).toBe(0);
		rmSync(blocked.home);
		mkdirSync(blocked.home);
	});

	test('a router that can not be reached starts nothing, and says what to look at', async () => {
		await using world = await startWorld({
			profile: {
				router: {
					haproxy: {socket: '/nowhere/admin.sock', backends: [{name: 'app', baseline: ['stable'], candidate: ['canary']}]},
				},
			},
		});
		const {code, stderr} = await world.run('run', '--headless', world.profilePath);
		expect(code).toBe(4);
		expect(stderr).toContain('nothing was started');
		expect(stderr).toContain('/nowhere/admin.sock');
		expect((await world.run('sessions', '--json')).stdout).toBe('[]\n');
	});

	test('a Prometheus that hangs is an error on every guardrail, piles nothing up, and stops no rollback', async () => {
		await using world = await startWorld({profile: {policies: {watchAfterEnd: '60s'}}});
		await atFive(world);
		world.prometheus.process.signal('SIGSTOP');
		await waitUntil('it is said', async () => (await status(world)).guardrails['canary-errors']?.status === 'error');
		const before = (await status(world)).tick.count;
		await sleep(2_000);
		const ticks = (await status(world)).tick.count - before;
		// A tick each 250 ms; each ends at its deadline.
		expect(ticks).toBeGreaterThanOrEqual(6);
		const promote = await world.run('promote');
		expect(promote.code).not.toBe(0);
		const rollback = await world.run('rollback');
		world.prometheus.process.signal('SIGCONT');
		expect(rollback.code).toBe(0);
		expect(await world.splitNow()).toBe(0);
	});

	test('a HAProxy that hangs makes the rollback loud, and gets it as soon as it answers', async () => {
		await using world = await startWorld({profile: {policies: {watchAfterEnd: '60s'}}});
		await atFive(world);
		world.haproxy?.process.signal('SIGSTOP');
		const rollback = world.run('rollback', '--reason', 'pager');
		await waitUntil('it is loud', async () => (await status(world)).alarms['rollback'] !== undefined, {timeoutMs: 20_000});
		world.haproxy?.process.signal('SIGCONT');
		expect(await rollback).toMatchObject({code: 0});
		expect(await world.splitNow()).toBe(0);
		expect((await status(world)).alarms['rollback']).toBeUndefined();
	});

	test('weights that a reload brings back after a rollback are set down again', async () => {
		await using world = await startWorld({
			reloadable: true,
			profile: {policies: {watchAfterEnd: '60s', splitReadEvery: '500ms'}},
		});
		await atFive(world);
		await world.run('rollback');
		// As a reload does it: the weights of the configuration are back.
		await world.haproxy?.runtime('set server app/canary weight 30; set server app/stable weight 70');
		await waitUntil('it is 0 again', async () => (await world.splitNow()) === 0);
		const events = world.events();
		expect(events.filter(event => event.type === 'action-intended').map(event => event.purpose)).toEqual([
			'start',
			'rollback',
			'reassert',
		]);
	});
});
