import {readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {createTempFolder, isAlive, waitUntil} from '../helpers/process.ts';
import {startWorld, type World} from '../helpers/world.ts';

describeWithServers(['prometheus', 'haproxy'], 'the last way out', () => {
	const folder = createTempFolder('deep');
	let world: World;
	beforeAll(async () => {
		// A home so deep that no socket fits into it: every command must find the one elsewhere.
		world = await startWorld({home: join(folder.path, 'd'.repeat(60), 'e'.repeat(60)), loadSeconds: 1});
	}, 60_000);
	afterAll(async () => {
		await world.stop();
		folder.remove();
	});

	test('a session that was ended with traffic on the candidate can still be rolled back by its name', async () => {
		const running = world.run('run', world.profilePath, '--headless');
		await waitUntil('5 % are in force', async () => (await world.splitNow()) === 5, {timeoutMs: 30_000});
		expect((await world.run('end', '--reason', 'done by hand')).code).toBe(0);
		expect((await running).code).toBe(3);
		const name = world.session().split('/').at(-1) ?? '';
		await waitUntil('it is over', async () => (await world.run('sessions', '--json')).stdout.includes('"status": "finished"'));
		expect(await world.splitNow()).toBe(5);
		expect(await world.run('rollback', name)).toMatchObject({code: 0, stdout: expect.stringContaining('reads 0 %')});
		expect(await world.splitNow()).toBe(0);
	});

	test('can be rolled back all the same, and says how to start anew', async () => {
		const running = world.run('run', world.profilePath, '--headless');
		await waitUntil('5 % are in force', async () => (await world.splitNow()) === 5, {timeoutMs: 30_000});
		expect((await world.run('status', '--json')).stdout).toContain('"status": "running"');
		const pid = world.controllerPid();
		process.kill(pid, 'SIGKILL');
		await waitUntil('the controller is dead', () => !isAlive(pid), {timeoutMs: 5_000});
		await running;
		const journal = join(world.session(), 'journal.ndjson');
		const lines = readFileSync(journal, 'utf8').split('\n');
		writeFileSync(journal, lines.with(Math.floor(lines.length / 2), 'garbage').join('\n'));
		rmSync(join(world.session(), 'index.json'), {force: true});

		const again = await world.run('run', world.profilePath, '--headless');
		expect(again).toMatchObject({
			code: 4,
			stderr: expect.stringMatching(/is no JSON object\s+canary rollback .* brings its traffic down/),
		});
		expect(await world.splitNow()).toBe(5);

		const down = await world.run('rollback', '--reason', 'pager', '--json');
		expect(JSON.parse(down.stdout)).toMatchObject({ok: true, exitCode: 0});
		expect(down.code).toBe(0);
		expect(await world.splitNow()).toBe(0);
		expect(readFileSync(join(world.session(), 'controller.log'), 'utf8')).toContain('rolled back without a controller: pager');
	});

	test('can be rolled back by name when nothing of its record is left', async () => {
		await world.haproxy?.runtime('set server app/canary weight 5');
		expect(await world.splitNow()).toBeGreaterThan(0);
		writeFileSync(join(world.session(), 'journal.ndjson'), '');
		const down = await world.run('rollback', world.session().split('/').at(-1) ?? '', '--reason', 'pager');
		expect(down).toMatchObject({code: 0, stdout: expect.stringContaining('reads 0 %')});
		expect(await world.splitNow()).toBe(0);
	});

	test('whoever follows a session hears that its controller is gone, also when its folder is', async () => {
		const running = world.run('run', world.profilePath, '--headless');
		await waitUntil('5 % are in force', async () => (await world.splitNow()) === 5, {timeoutMs: 30_000});
		const pid = world.controllerPid();
		rmSync(world.session(), {recursive: true});
		process.kill(pid, 'SIGTERM');
		const {code, stderr} = await running;
		expect(code).toBe(4);
		expect(stderr).toMatch(/controller is gone and nobody guards .*folder is gone too.* last read as 5 %/);
	});
});

describeWithServers(['prometheus', 'haproxy'], 'a controller that leaves', () => {
	test('has no socket any more, and a rollback that is asked for then waits for its end', async () => {
		await using world = await startWorld({loadSeconds: 1});
		const running = world.run('run', world.profilePath, '--headless');
		await waitUntil('5 % are in force', async () => (await world.splitNow()) === 5, {timeoutMs: 30_000});
		const pid = world.controllerPid();
		// As long as this it may take with its evidence: stopped, it takes as long as we like.
		process.kill(pid, 'SIGSTOP');
		rmSync(join(world.session(), 'control.sock'));
		const status = await world.run('hold');
		expect(status).toMatchObject({code: 4, stderr: expect.stringMatching(/lives without a socket: .*Ask again in a moment/)});
		const down = world.run('rollback', '--reason', 'pager');
		// More than the second that one with a socket would have had.
		await new Promise(resolve => setTimeout(resolve, 2_500));
		process.kill(pid, 'SIGKILL');
		expect(await down).toMatchObject({
			code: 0,
			stdout: expect.stringContaining('reads 0 %'),
			stderr: expect.stringContaining('is starting or leaving; waiting for it'),
		});
		expect(await world.splitNow()).toBe(0);
		await running;
	});
});

describeWithServers(['prometheus', 'haproxy', 'socat'], 'a controller that dies each time it is taken up', () => {
	test('is taken up a few times, and then rolled back without', async () => {
		await using world = await startWorld({router: 'command', loadSeconds: 1});
		const running = world.run('run', world.profilePath, '--headless');
		await waitUntil('5 % are in force', async () => (await world.splitNow()) === 5, {timeoutMs: 30_000});
		// Whoever sets a weight is killed over it, if it is a controller.
		const tool = join(world.folder, 'split-tool');
		const deadly = `#!/bin/sh
if [ "$1" = set ] && tr '\\0' ' ' < /proc/$PPID/cmdline | grep -q ' controller '; then sleep 0.5; kill -9 $PPID; exit 1; fi
`;
		writeFileSync(tool, readFileSync(tool, 'utf8').replace('#!/bin/sh\n', deadly));
		const down = await world.run('rollback', '--reason', 'pager');
		expect(down, down.stderr).toMatchObject({code: 0, stdout: expect.stringContaining('reads 0 %')});
		expect(await world.splitNow()).toBe(0);
		expect(down.stderr.match(/taking the session up again/g)).toHaveLength(2);
		expect(down.stderr).toMatch(/3 controllers of .* died over the rollback, one after the other: no other is started/);
		expect((await running).code).toBe(4);
	});
});
