import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {type Client, connect} from '../../src/console/client.ts';
import type {SessionEvent} from '../../src/core/event.ts';
import type {Command} from '../../src/core/protocol.ts';
import {sessionFiles} from '../../src/journal/session-folder.ts';
import {connectPath} from '../../src/journal/socket-path.ts';
import {quickPlan} from '../helpers/controlled-session.ts';
import {type ControllerRig, createControllerRig} from '../helpers/controller-rig.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {stage} from '../helpers/given.ts';
import {readAll} from '../helpers/journal.ts';
import {waitUntil} from '../helpers/wait.ts';

const thePlan = quickPlan({stages: [stage(25, {durationMs: 3_600_000}), stage(100)], pollMs: 100});

describeWithServers(['haproxy'], 'a controller that is killed while it goes down in steps', () => {
	let rig: ControllerRig;
	beforeAll(async () => {
		rig = await createControllerRig(thePlan);
	});
	afterAll(() => rig[Symbol.asyncDispose]());

	async function console(folder: string): Promise<Client> {
		const connected = await connect(connectPath(folder), {role: 'owner', who: 'ana'});
		if (!connected.ok) throw new Error(connected.error.message);
		return connected.value;
	}

	/** Guards at 25 %, and is asked to go down. */
	async function goesDown(over: Partial<Command> = {}, crash?: NonNullable<Parameters<ControllerRig['start']>[1]>['crash']) {
		const folder = rig.newSession();
		rig.setValue(1);
		await rig.setSplit(25);
		await rig.start(folder, {...(crash && {crash})});
		const client = await console(folder);
		await client.until(({split, tick}) => split.askedPercent === 25 && tick.count > 1, 10_000);
		// Its answer may be cut off by the crash.
		const wish = {command: 'rollback-gradually', reason: 'slow', durationMs: 1_000, steps: 5, ...over} as Command;
		await client.send(wish);
		return {folder, client};
	}

	async function events(folder: string): Promise<readonly SessionEvent[]> {
		const {entries, fault} = await readAll(sessionFiles(folder).journal);
		expect(fault).toBeUndefined();
		return entries.flatMap(entry => (entry.kind === 'event' ? [entry.event] : []));
	}

	/** The second life goes on down, never up, and ends as rolled back. */
	async function endsAtNone(folder: string): Promise<readonly SessionEvent[]> {
		const started = await rig.start(folder);
		if (!started.ok && started.error.exitCode !== 0) throw new Error(started.error.message);
		await rig.dead(folder);
		expect(await rig.canaryPercent()).toBe(0);
		const all = await events(folder);
		const weights = all.flatMap(event => (event.type === 'action-intended' ? [event.toPercent] : []));
		expect(weights).toEqual(weights.toSorted((left, right) => right - left));
		expect(all.filter(({type}) => type === 'session-ended')).toMatchObject([
			{outcome: 'rolled-back', reason: 'slow (gradual, 5 steps from 25 % over 1s)'},
		]);
		// The clock of the session goes on while nobody is there: the last step comes no later for the crash, but for the start.
		const asked = all.find(({type}) => type === 'gradual-asked')?.tMs ?? 0;
		const resumed = all.find(({type}) => type === 'controller-resumed')?.tMs ?? 0;
		const last = all.find(event => event.type === 'action-intended' && event.endsGradual)?.tMs ?? Number.POSITIVE_INFINITY;
		expect(last).toBeLessThan(Math.max(asked + 1_000, resumed) + 1_000);
		return all;
	}

	test.each([
		['before the write of', 'before', 2],
		['between the write of and the answer to', 'after', 2],
	] as const)(
		'%s a step (%s set %d): the resumed one goes on where it is due',
		async (_, when, nth) => {
			const {folder, client} = await goesDown({}, {call: 'set', when, nth});
			await rig.dead(folder);
			client.close();
			await endsAtNone(folder);
		},
		40_000,
	);

	test('between steps, for so long that three fell due: they are one, and nobody waits for the time that is past', async () => {
		const {folder, client} = await goesDown();
		await waitUntil('the first step is in force', async () => (await rig.canaryPercent()) === 20);
		process.kill(rig.pidOf(folder), 'SIGKILL');
		await rig.dead(folder);
		client.close();
		await sleep(600);
		const all = await endsAtNone(folder);
		expect(all.filter(event => event.type === 'action-intended').length).toBeLessThanOrEqual(3);
	}, 40_000);

	test('a plain rollback breaks it at once', async () => {
		const {folder, client} = await goesDown({durationMs: 600_000} as Partial<Command>);
		await waitUntil('the first step is in force', async () => (await rig.canaryPercent()) === 20);
		await client.send({command: 'rollback', reason: 'now'});
		await client.until(({rollback}) => rollback?.verifiedAtMs !== undefined, 10_000);
		expect(await rig.canaryPercent()).toBe(0);
		client.close();
		await rig.dead(folder);
		expect((await events(folder)).filter(({type}) => type === 'session-ended')).toMatchObject([{reason: 'now'}]);
	}, 40_000);
});
