import {execFileSync} from 'node:child_process';
import {statSync} from 'node:fs';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {connect} from '../../src/console/client.ts';
import {foldJournal} from '../../src/journal/fold.ts';
import {sessionFiles} from '../../src/journal/session-folder.ts';
import {connectPath} from '../../src/journal/socket-path.ts';
import {verifySession} from '../../src/journal/verify.ts';
import {quickPlan} from '../helpers/controlled-session.ts';
import {type ControllerRig, createControllerRig} from '../helpers/controller-rig.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {stage} from '../helpers/given.ts';
import {waitUntil} from '../helpers/wait.ts';

describeWithServers(['haproxy'], 'a journal that may not grow', () => {
	let rig: ControllerRig;
	beforeAll(async () => {
		rig = await createControllerRig(
			// It stays after the end: what could not be written is written when it may be again.
			quickPlan({stages: [stage(5, {durationMs: 60_000}), stage(100)]}, {watchAfterEndMs: 60_000}),
		);
	});
	afterAll(() => rig[Symbol.asyncDispose]());

	test('a breach is rolled back all the same; once it may grow again the record is whole, and says what it could not keep', async () => {
		rig.setValue(1);
		const folder = rig.newSession();
		const started = await rig.start(folder);
		if (!started.ok) throw new Error(started.error.message);
		await waitUntil('the first weight is set', async () => (await rig.canaryPercent()) === 5);
		const pid = rig.pidOf(folder);
		const {journal} = sessionFiles(folder);
		const limit = (bytes: number | 'unlimited'): void =>
			void execFileSync('prlimit', ['--pid', `${pid}`, `--fsize=${bytes}:unlimited`]);
		// As `ulimit -f` does: a write beyond it fails, or is cut in the middle of a line.
		limit(statSync(journal).size + 300);
		const connected = await connect(connectPath(folder), {role: 'read-only', who: 'ana'});
		if (!connected.ok) throw new Error(connected.error.message);
		const state = () => connected.value.getSnapshot().state;
		await waitUntil('the alarm is raised', () => state().alarms['journal'] !== undefined);
		expect(state().alarms['journal']).toMatch(/EFBIG/);
		rig.setValue(99);
		await waitUntil('it is down', async () => (await rig.canaryPercent()) === 0);
		limit('unlimited');
		await waitUntil('the alarm is over', () => state().alarms['journal'] === undefined);
		connected.value.close();
		process.kill(pid, 'SIGTERM');
		await rig.dead(folder);
		const folded = await foldJournal(journal);
		expect(folded).toMatchObject({ok: true, value: {notes: [], state: {ended: {outcome: 'rolled-back'}}}});
		expect((await verifySession(folder)).problems).toEqual([]);
	});
});
