import {afterEach, beforeEach, expect, test} from 'vitest';
import {type Client, connect} from '../../src/console/client.ts';
import type {Controller} from '../../src/controller/controller.ts';
import {foldJournal} from '../../src/journal/fold.ts';
import {quickPlan, startControlled} from '../helpers/controlled-session.ts';
import {stage} from '../helpers/given.ts';
import {createScriptedRouter, fails, hangs} from '../helpers/scripted-router.ts';
import {createTempFolder, type TempFolder} from '../helpers/temp-folder.ts';
import {waitUntil} from '../helpers/wait.ts';

let temp: TempFolder;
let running: Controller[];
beforeEach(() => {
	temp = createTempFolder('gradual');
	running = [];
});
afterEach(async () => {
	await Promise.all(running.map(controller => controller.stop('the test is over')));
	temp.remove();
});

const plan = quickPlan({stages: [stage(25, {durationMs: 3_600_000}), stage(100)]});

/** Found at 25 %, with a fallback router beside the first. */
async function guarded() {
	const routers = [createScriptedRouter('first', 25), createScriptedRouter('second', 25)] as const;
	const session = await startControlled(temp.path, {plan, routers});
	running.push(session.controller);
	const connected = await connect(session.controller.socketPath, {role: 'attached', who: 'ben'});
	if (!connected.ok) throw new Error(connected.error.message);
	const client = connected.value;
	await client.until(({tick, split}) => tick.count > 1 && split.askedPercent === 25, 10_000);
	return {...session, client, first: routers[0], second: routers[1]};
}

const gradually = (client: Client, durationMs = 1_000) =>
	client.send({command: 'rollback-gradually', reason: 'slow', durationMs, steps: 5});

const setsOf = ({calls}: {readonly calls: readonly string[]}): string[] => calls.filter(call => call !== 'read');

test('it goes down by an unarmed console, and what was live is what the journal folds to', async () => {
	const {client, controller, first, journal} = await guarded();
	expect(await gradually(client)).toMatchObject({ok: true, value: {accepted: true}});
	const state = await controller.ended;
	client.close();
	expect(setsOf(first).at(-1)).toBe('set 0');
	expect(setsOf(first)[0]).toBe('set 20');
	expect(state).toMatchObject({gradual: {status: 'done', done: 5}, ended: {outcome: 'rolled-back'}});
	const folded = await foldJournal(journal);
	expect(folded).toMatchObject({
		ok: true,
		value: {state: {gradual: state.gradual, rollback: state.rollback, timeline: state.timeline}},
	});
});

test('a step that fails each time becomes the immediate rollback, which goes on to the fallback router', async () => {
	const {client, controller, first, second} = await guarded();
	for (let count = 0; count < 5; count++) first.next('set', fails('nobody listens'));
	await gradually(client, 600_000);
	const state = await controller.ended;
	client.close();
	expect(setsOf(first).slice(0, 5)).toEqual(['set 20', 'set 20', 'set 20', 'set 0', 'set 0']);
	expect(setsOf(second)).toEqual(['set 0']);
	expect(state.gradual?.status).toBe('broken');
	expect(state.ended?.reason).toMatch(
		/^a step down failed: nobody listens; at once instead of gradual, 5 steps from 25 % over 10m/,
	);
});

test('a step whose call hangs does not keep a breach waiting', async () => {
	const {client, controller, source, first} = await guarded();
	first.next('set', hangs);
	await gradually(client, 600_000);
	await waitUntil('the step is on its way', () => setsOf(first).length === 1);
	source.value = 99;
	const state = await controller.ended;
	client.close();
	expect(setsOf(first)).toEqual(['set 20', 'set 0']);
	expect(state.ended?.reason).toMatch(/^Errors breached/);
	expect(state.timeline.map(({text}) => text)).toContain('step down to 20 % given up: a rollback goes first');
});

test('a step that reads back as something else is tried again, then it is at once', async () => {
	const {client, controller, first} = await guarded();
	for (let count = 0; count < 3; count++) first.next('set', async () => ({ok: true, value: {weightPercent: 25}}));
	await gradually(client, 600_000);
	const state = await controller.ended;
	client.close();
	expect(setsOf(first)).toEqual(['set 20', 'set 20', 'set 20', 'set 0']);
	expect(state.ended?.reason).toMatch(/^a step down failed: first: 20 % was asked, 25 % is read back/);
});
