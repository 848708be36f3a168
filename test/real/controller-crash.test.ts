import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, beforeEach, expect, test} from 'vitest';
import {untilOrGone} from '../../src/commands/controller-gone.ts';
import {connect} from '../../src/console/client.ts';
import type {SessionEvent} from '../../src/core/event.ts';
import {foldJournal} from '../../src/journal/fold.ts';
import {sessionFiles} from '../../src/journal/session-folder.ts';
import {summarise} from '../../src/journal/sessions.ts';
import {connectPath} from '../../src/journal/socket-path.ts';
import {quickPlan} from '../helpers/controlled-session.ts';
import {type ControllerRig, createControllerRig} from '../helpers/controller-rig.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {stage} from '../helpers/given.ts';
import {readAll} from '../helpers/journal.ts';
import {isAlive} from '../helpers/process.ts';
import {waitUntil} from '../helpers/wait.ts';

const thePlan = quickPlan({stages: [stage(5, {durationMs: 60_000}), stage(100)], pollMs: 100});

for (const kind of ['haproxy', 'nginx'] as const)
	describeWithServers([kind], `a controller that is killed, with ${kind}`, () => {
		let rig: ControllerRig;
		beforeAll(async () => {
			rig = await createControllerRig(thePlan, kind);
		});
		afterAll(() => rig[Symbol.asyncDispose]());
		beforeEach(async () => {
			rig.setValue(1);
			await rig.setSplit(0);
		});

		const journalOf = (folder: string): string => sessionFiles(folder).journal;

		async function events(folder: string): Promise<readonly SessionEvent[]> {
			const {entries, fault} = await readAll(journalOf(folder));
			expect(fault).toBeUndefined();
			return entries.flatMap(entry => (entry.kind === 'event' ? [entry.event] : []));
		}

		/** The first life: killed at the given point, with a breach to come once the first weight is set. */
		async function livesUntil(folder: string, crash: NonNullable<Parameters<ControllerRig['start']>[1]>['crash']): Promise<void> {
			const breach = waitUntil('the first weight is set', async () => (await rig.canaryPercent()) === 5).then(() =>
				rig.setValue(99),
			);
			await rig.start(folder, {...(crash && {crash})});
			await rig.dead(folder);
			await Promise.race([breach, new Promise(resolve => setTimeout(resolve, 100))]).catch(() => {});
			breach.catch(() => {});
		}

		/** The second life: with the breach standing, it must end rolled back. */
		async function endsRolledBack(folder: string): Promise<void> {
			rig.setValue(99);
			const started = await rig.start(folder);
			// One that had ended already, with nothing left to watch, is over before its socket is asked.
			if (!started.ok && started.error.exitCode !== 0) throw new Error(started.error.message);
			// With no traffic on the candidate there is nothing to roll back: it waits for a value to start on.
			const state = async () => {
				const folded = await foldJournal(journalOf(folder));
				return folded.ok ? folded.value.state : undefined;
			};
			await waitUntil('it has settled', async () => {
				const now = await state();
				return now?.ended !== undefined || (now?.stage.index === -1 && (now?.tick.count ?? 0) > 2);
			});
			if ((await state())?.ended === undefined) process.kill(rig.pidOf(folder), 'SIGTERM');
			await rig.dead(folder);
			expect(await rig.canaryPercent()).toBe(0);
		}

		test('whoever waits for its rollback is told within seconds, not when the time to wait is over', async () => {
			const folder = rig.newSession();
			await rig.start(folder);
			const connected = await connect(connectPath(folder), {role: 'script', who: 'ana'});
			if (!connected.ok) throw new Error(connected.error.message);
			const waiting = untilOrGone(connected.value, summarise(folder), () => false, 600_000);
			process.kill(rig.pidOf(folder), 'SIGKILL');
			expect(await waiting).toBe('gone');
			connected.value.close();
		}, 60_000);

		test.each(Array.from({length: 16}, (_, index) => index + 1))(
			'right after event %d is taken up again, and ends rolled back',
			async seq => {
				const folder = rig.newSession();
				await livesUntil(folder, {seq});
				await endsRolledBack(folder);
				const all = await events(folder);
				const numbers = all.map(event => event.seq);
				expect(numbers).toEqual(numbers.map((_, index) => index));
				// A way up that was begun is not begun again by the restart.
				const resumedAt = all.findIndex(({type}) => type === 'controller-resumed');
				const ups = all.slice(Math.max(0, resumedAt)).filter(event => event.type === 'action-intended' && event.toPercent > 0);
				if (resumedAt !== -1) expect(ups).toEqual([]);
			},
		);

		test('before its first line reached the disk never began: it leaves nothing behind, and nothing moved', async () => {
			const folder = rig.newSession();
			expect(await rig.start(folder, {crash: {seq: 0}})).toMatchObject({ok: false, error: {kind: 'exited'}});
			expect(existsSync(folder)).toBe(false);
			expect(await rig.canaryPercent()).toBe(0);
		});

		test.each([
			['before', 'read', 1],
			['after', 'read', 1],
			['before', 'set', 1],
			['after', 'set', 1],
			['before', 'set', 2],
			['after', 'set', 2],
		] as const)('%s call %s %d to the router is taken up again, and ends rolled back', async (when, call, nth) => {
			const folder = rig.newSession();
			await livesUntil(folder, {call, when, nth});
			await endsRolledBack(folder);
			await events(folder);
		});

		test('between asking for a step and its answer: the split is known and right, and the restart promotes nothing', async () => {
			const folder = rig.newSession();
			await rig.start(folder, {crash: {call: 'set', when: 'after', nth: 1}});
			await rig.dead(folder);
			expect(await rig.canaryPercent()).toBe(5);
			expect(summarise(folder).status).toBe('dead');
			await rig.start(folder);
			const connected = await connect(connectPath(folder), {role: 'owner', who: 'ana'});
			if (!connected.ok) throw new Error(connected.error.message);
			const {state} = connected.value.getSnapshot();
			expect(state.split.configured?.weightPercent).toBe(5);
			expect(state.stage.index).toBe(0);
			expect(state.action).toBeUndefined();
			connected.value.close();
			process.kill(rig.pidOf(folder), 'SIGTERM');
			await rig.dead(folder);
			expect(await rig.canaryPercent()).toBe(5);
		});

		test('before the step reached the router: it is held, not tried again', async () => {
			const folder = rig.newSession();
			await rig.start(folder, {crash: {call: 'set', when: 'before', nth: 1}});
			await rig.dead(folder);
			await rig.start(folder);
			const connected = await connect(connectPath(folder), {role: 'owner', who: 'ana'});
			if (!connected.ok) throw new Error(connected.error.message);
			await waitUntil('it asks again', () => connected.value.getSnapshot().state.tick.count > 10);
			expect(connected.value.getSnapshot().state.held?.reason).toMatch(/restart cut off the step to 5 %/);
			expect(await rig.canaryPercent()).toBe(0);
			connected.value.close();
			process.kill(rig.pidOf(folder), 'SIGTERM');
			await rig.dead(folder);
		});

		test('by -9 from outside, again and again, it never goes forward, and the chain holds', async () => {
			const folder = rig.newSession();
			for (let life = 0; life < 4; life++) {
				const started = await rig.start(folder);
				expect(started).toMatchObject({ok: true});
				await waitUntil('it guards at 5 %', async () => (await rig.canaryPercent()) === 5);
				process.kill(rig.pidOf(folder), 'SIGKILL');
				await rig.dead(folder);
			}
			await endsRolledBack(folder);
			expect((await events(folder)).filter(({type}) => type === 'controller-resumed')).toHaveLength(4);
		});

		test('a second controller on the same session or target is refused while the first lives', async () => {
			const [first, second] = [rig.newSession(), rig.newSession()];
			await rig.start(first);
			const refused = await rig.start(second);
			expect(refused).toMatchObject({
				ok: false,
				error: {kind: 'exited', exitCode: 4, message: expect.stringMatching(/guarded already/)},
			});
			expect(existsSync(second)).toBe(false);
			expect(await rig.start(first)).toMatchObject({ok: false, error: {message: expect.stringMatching(/guarded already/)}});
			expect(existsSync(journalOf(first))).toBe(true);
			const pid = Number(readFileSync(join(first, 'controller.pid'), 'utf8').split(' ')[0]);
			process.kill(pid, 'SIGTERM');
			await waitUntil('the first has ended', () => !isAlive(pid));
		});

		test('SIGINT and a closed terminal are nothing to it; SIGTERM ends it, the split stays, and its socket is gone', async () => {
			const folder = rig.newSession();
			await rig.start(folder);
			const pid = rig.pidOf(folder);
			await waitUntil('it guards at 5 %', async () => (await rig.canaryPercent()) === 5);
			process.kill(pid, 'SIGINT');
			await sleep(300);
			expect(isAlive(pid)).toBe(true);
			process.kill(pid, 'SIGTERM');
			await rig.dead(folder);
			expect(await rig.canaryPercent()).toBe(5);
			expect(existsSync(sessionFiles(folder).socket)).toBe(false);
			expect((await events(folder)).at(-1)).toMatchObject({type: 'controller-stopping', reason: 'it was sent SIGTERM'});
		});
	});
