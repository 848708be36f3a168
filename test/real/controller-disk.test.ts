import {execFileSync} from 'node:child_process';
import {closeSync, ftruncateSync, mkdirSync, openSync, rmSync, statfsSync, writeSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {connect} from '../../src/console/client.ts';
import {type Controller, startController} from '../../src/controller/controller.ts';
import {foldJournal} from '../../src/journal/fold.ts';
import {createSession} from '../../src/journal/session-folder.ts';
import {summarise} from '../../src/journal/sessions.ts';
import {connectPath} from '../../src/journal/socket-path.ts';
import {controllerOptions, quickPlan, startControlled} from '../helpers/controlled-session.ts';
import {stage} from '../helpers/given.ts';
import {createScriptedRouter} from '../helpers/scripted-router.ts';
import {createScriptedSource} from '../helpers/scripted-source.ts';
import {createTempFolder, type TempFolder} from '../helpers/temp-folder.ts';
import {waitUntil} from '../helpers/wait.ts';

/** A file system of its own, small, that can be filled and turned read-only. Only root may mount one. */
const canMount = process.getuid?.() === 0 && tryMount();

function tryMount(): boolean {
	const temp = createTempFolder('probe');
	try {
		execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'canary-test', temp.path], {stdio: 'ignore'});
		execFileSync('umount', [temp.path], {stdio: 'ignore'});
		return true;
	} catch {
		return false;
	} finally {
		temp.remove();
	}
}

const describeWithDisk = describe.runIf(canMount);

describeWithDisk(`with a small disk${canMount ? '' : ' (skipped: only root may mount one)'}`, () => {
	let temp: TempFolder;
	let disk: string;
	let running: Controller[];

	beforeEach(() => {
		temp = createTempFolder('disk');
		disk = join(temp.path, 'disk');
		mkdirSync(disk);
		execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'canary-test', disk]);
		running = [];
	});
	afterEach(async () => {
		await Promise.all(running.map(controller => controller.stop('the test is over')));
		execFileSync('umount', ['-l', disk]);
		temp.remove();
	});

	const thePlan = quickPlan({stages: [stage(5, {durationMs: 60_000}), stage(100)]});

	async function start(plan = thePlan) {
		const session = await startControlled(disk, {plan});
		running.push(session.controller);
		await waitUntil('the first weight is verified', () => session.controller.state.stage.index === 0);
		return session;
	}

	/** Takes all the room there is; `free` gives it back. */
	function fill(): {free(): void} {
		const path = join(disk, 'ballast');
		const file = openSync(path, 'w');
		try {
			for (const bytes of [65_536, 4_096, 1]) {
				const block = Buffer.alloc(bytes);
				try {
					for (;;) writeSync(file, block);
				} catch {
					// Full for blocks of this size.
				}
			}
		} finally {
			closeSync(file);
		}
		expect(statfsSync(disk).bavail).toBe(0);
		return {
			free() {
				ftruncateSync(openSync(path, 'r+'), 0);
				rmSync(path);
			},
		};
	}

	test('full: the breach is rolled back on time, the alarm is loud, and the record is whole once there is room', async () => {
		const {controller, router, source, journal} = await start(quickPlan({stages: [stage(5)]}, {watchAfterEndMs: 60_000}));
		const ballast = fill();
		await waitUntil('the alarm is raised', () => controller.state.alarms['journal'] !== undefined, {timeoutMs: 5_000});
		expect(controller.state.alarms['journal']).toMatch(/ENOSPC/);
		source.value = 99;
		const before = performance.now();
		await waitUntil('it is down', () => router.weightPercent === 0);
		expect(performance.now() - before).toBeLessThan(1_000);
		await waitUntil('the run has ended', () => controller.state.ended?.outcome === 'rolled-back');
		await waitUntil('the checkpoint is missed', () => controller.state.alarms['checkpoint'] !== undefined);
		ballast.free();
		await waitUntil('the alarm is over', () => controller.state.alarms['journal'] === undefined);
		const state = await controller.stop('enough');
		const folded = await foldJournal(journal);
		expect(folded).toMatchObject({ok: true, value: {notes: []}});
		expect(folded.ok && folded.value.state).toEqual(state);
	});

	test('full: a step down whose record can’t be kept becomes the immediate rollback', async () => {
		const {controller, router} = await start();
		fill();
		await waitUntil('the alarm is raised', () => controller.state.alarms['journal'] !== undefined);
		const connected = await connect(controller.socketPath, {role: 'owner', who: 'ana'});
		if (!connected.ok) throw new Error(connected.error.message);
		await connected.value.send({command: 'rollback-gradually', reason: '', durationMs: 600_000});
		await waitUntil('it is down', () => router.weightPercent === 0);
		expect(router.calls.filter(call => call !== 'read')).toEqual(['set 5', 'set 0']);
		expect(controller.state.rollback?.reason).toMatch(/^a step down failed: .*ENOSPC/);
		connected.value.close();
	});

	test('full: no step forward is begun', async () => {
		const {controller, router} = await start(quickPlan({stages: [stage(5, {promote: 'manual', durationMs: 100}), stage(100)]}));
		fill();
		await waitUntil('the alarm is raised', () => controller.state.alarms['journal'] !== undefined);
		const connected = await connect(controller.socketPath, {role: 'owner', who: 'ana'});
		if (!connected.ok) throw new Error(connected.error.message);
		expect(await connected.value.send({command: 'promote', reason: ''})).toMatchObject({value: {accepted: true}});
		await waitUntil('it has failed', () => controller.state.lastAction?.result === 'failed');
		expect(controller.state.lastAction?.error?.message).toMatch(/ENOSPC.*not begun/);
		expect(router.weightPercent).toBe(5);
		expect(await connected.value.send({command: 'rollback', reason: ''})).toMatchObject({value: {accepted: true}});
		await waitUntil('it is down', () => router.weightPercent === 0);
		connected.value.close();
	});

	test('full from the beginning: a clear error, nothing is moved', async () => {
		const options = controllerOptions(disk, {plan: thePlan});
		fill();
		const started = await startController(options);
		expect(started).toMatchObject({
			ok: false,
			error: {kind: 'journal', message: expect.stringMatching(/full.*Nothing was done/)},
		});
		const created = createSession({sessionsFolder: join(disk, 'sessions'), profile: 'x', version: '0', startedAtMs: 0});
		expect(created).toMatchObject({ok: false, error: expect.stringMatching(/ENOSPC.*Nothing was done to the traffic/)});
	});

	test('a session folder that can only be read: taken up again it guards, says what it can not keep, and rolls back', async () => {
		const first = await start();
		await first.controller.stop('it was sent SIGTERM');
		execFileSync('mount', ['-o', 'remount,ro', disk]);
		const router = createScriptedRouter(first.router.target, 5);
		const started = await startController({...first.options, source: createScriptedSource(), routers: [router]});
		if (!started.ok) throw new Error(started.error.message);
		const controller = started.value;
		running.push(controller);
		expect(summarise(first.folder)).toMatchObject({status: 'running', process: {pid: process.pid}});
		expect(controller.state.stage.index).toBe(0);
		await waitUntil('the alarm is raised', () => controller.state.alarms['journal'] !== undefined);
		expect(controller.state.alarms['journal']).toMatch(/EROFS/);
		const connected = await connect(connectPath(first.folder), {role: 'owner', who: 'ana'});
		if (!connected.ok) throw new Error(connected.error.message);
		expect(await connected.value.send({command: 'rollback', reason: 'pager'})).toMatchObject({value: {accepted: true}});
		await waitUntil('it is down', () => router.weightPercent === 0);
		connected.value.close();
		await controller.ended;
	});

	test('a place that can only be read: no session begins, with a clear error', () => {
		mkdirSync(join(disk, 'sessions'));
		execFileSync('mount', ['-o', 'remount,ro', disk]);
		const created = createSession({sessionsFolder: join(disk, 'sessions'), profile: 'x', version: '0', startedAtMs: 0});
		expect(created).toMatchObject({ok: false, error: expect.stringMatching(/EROFS.*Nothing was done to the traffic/)});
	});
});
