import {createHash} from 'node:crypto';
import {existsSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {connect} from '../../src/console/client.ts';
import type {Controller} from '../../src/controller/controller.ts';
import {startController} from '../../src/controller/controller.ts';
import {foldJournal} from '../../src/journal/fold.ts';
import {summarise} from '../../src/journal/sessions.ts';
import {readIndex} from '../../src/journal/state-index.ts';
import {controllerOptions, quickPlan, startControlled} from '../helpers/controlled-session.ts';
import {stage} from '../helpers/given.ts';
import {createScriptedRouter, fails} from '../helpers/scripted-router.ts';
import {createScriptedSource} from '../helpers/scripted-source.ts';
import {createTempFolder, type TempFolder} from '../helpers/temp-folder.ts';
import {waitUntil} from '../helpers/wait.ts';

let temp: TempFolder;
let running: Controller[];

beforeEach(() => {
	temp = createTempFolder('controller');
	running = [];
});
afterEach(async () => {
	await Promise.all(running.map(controller => controller.stop('the test is over')));
	temp.remove();
});

async function start(over: Parameters<typeof startControlled>[1] = {}) {
	const session = await startControlled(temp.path, over);
	running.push(session.controller);
	return session;
}

const types = (journal: string): string[] =>
	readFileSync(journal, 'utf8')
		.trim()
		.split('\n')
		.slice(1)
		.map(line => JSON.parse(line).type);

const readLines = (path: string): string[] => (existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []);

test('a healthy candidate goes up by itself, and a breach takes it down and ends the run', async () => {
	const {controller, router, source, folder, journal} = await start();
	await waitUntil('the first weight is set', () => router.weightPercent === 5);
	source.value = 99;
	const state = await controller.ended;
	expect(router.weightPercent).toBe(0);
	expect(state).toMatchObject({ended: {outcome: 'rolled-back'}, rollback: {by: 'canary-console', guardrails: ['errors']}});
	expect(types(journal)).toEqual(
		expect.arrayContaining(['session-started', 'action-verified', 'session-ended', 'controller-stopping']),
	);
	expect(summarise(folder)).toMatchObject({status: 'finished', outcome: 'rolled-back'});
	expect(existsSync(join(folder, 'control.sock'))).toBe(false);
	expect(existsSync(join(folder, 'controller.pid'))).toBe(false);
	expect(source.isClosed && router.isClosed).toBe(true);
	expect(readdirSync(join(temp.path, 'leases'))).toEqual([]);
});

test('what the journal folds to is the state the controller had', async () => {
	const {controller, router, journal} = await start();
	await waitUntil('the first weight is set', () => router.weightPercent === 5);
	const state = await controller.stop('enough');
	const folded = await foldJournal(journal);
	expect(folded).toMatchObject({ok: true, value: {notes: []}});
	expect(folded.ok && folded.value.state).toEqual(state);
});

test('a promoted candidate ends the run at 100 %', async () => {
	const {controller, router} = await start({
		plan: quickPlan({stages: [stage(5, {durationMs: 100}), stage(100, {durationMs: 100})]}),
	});
	expect(await controller.ended).toMatchObject({ended: {outcome: 'promoted'}});
	expect(router.weightPercent).toBe(100);
});

test('after the end the split is watched on, and a breach then still takes it down', async () => {
	const stages = [stage(100, {durationMs: 50})];
	const {controller, router, source} = await start({plan: quickPlan({stages}, {watchAfterEndMs: 2_000})});
	await waitUntil('it is promoted', () => controller.state.ended?.outcome === 'promoted');
	source.value = 99;
	expect(await controller.ended).toMatchObject({ended: {outcome: 'rolled-back'}});
	expect(router.weightPercent).toBe(0);
});

test('a rollback while a promoted split is watched begins a watch of its own', async () => {
	const stages = [stage(100, {durationMs: 50})];
	const {controller, source} = await start({plan: quickPlan({stages}, {watchAfterEndMs: 1_000})});
	await waitUntil('it is promoted', () => controller.state.ended?.outcome === 'promoted');
	await sleep(700);
	source.value = 99;
	await waitUntil('it is rolled back', () => controller.state.ended?.outcome === 'rolled-back');
	const over = await Promise.race([controller.ended.then(() => 'over'), sleep(700).then(() => 'watching')]);
	expect(over).toBe('watching');
	await controller.ended;
});

test('checkpoints are written whole, with their sums in the journal', async () => {
	const {controller, source, folder, router} = await start({screenText: state => `seq ${state.nextSeq}`});
	await waitUntil('the first weight is set', () => router.weightPercent === 5);
	source.value = 99;
	const state = await controller.ended;
	const files = readdirSync(join(folder, 'checkpoints'));
	expect(state.checkpoints.length).toBeGreaterThanOrEqual(3);
	expect(files.filter(name => name.endsWith('.json'))).toHaveLength(state.checkpoints.length);
	expect(files.filter(name => name.endsWith('.txt'))).toHaveLength(state.checkpoints.length);
	const breach = state.checkpoints.find(({trigger}) => trigger === 'breach');
	const content = JSON.parse(readFileSync(join(folder, 'checkpoints', `${breach?.name}.json`), 'utf8'));
	expect(content).toMatchObject({verdict: 'breached', guardrails: [{id: 'errors', value: 99, status: 'breached'}]});
});

test('a second controller on the same target is refused, with who holds it', async () => {
	const first = await start();
	const second = await startController(controllerOptions(temp.path));
	expect(second).toMatchObject({ok: false, error: {kind: 'held'}});
	expect(!second.ok && second.error.message).toContain(`process ${process.pid}`);
	expect(!second.ok && second.error.message).toContain(first.folder.split('/').at(-1));
});

test('told to stop it leaves the split as it is, and says so', async () => {
	const {controller, router, folder} = await start();
	await waitUntil('the first weight is set', () => router.weightPercent === 5);
	const state = await controller.stop('it was sent SIGTERM', 'policy');
	expect(router.weightPercent).toBe(5);
	expect(state.ended).toBeUndefined();
	expect(summarise(folder).status).toBe('dead');
});

test('told to stop with the policy to roll back it rolls back first', async () => {
	const {controller, router} = await start({plan: quickPlan({}, {onControllerStop: 'rollback'})});
	await waitUntil('the first weight is set', () => router.weightPercent === 5);
	const state = await controller.stop('it was sent SIGTERM', 'policy');
	expect(router.weightPercent).toBe(0);
	expect(state.rollback?.verifiedAtMs).toBeDefined();
});

test('told to stop during a rollback that fails, it finishes the rollback first', async () => {
	const {controller, router, source} = await start();
	await waitUntil('the first weight is set', () => controller.state.stage.index === 0);
	for (let count = 0; count < 4; count++) router.next('set', fails());
	source.value = 99;
	await waitUntil('the rollback has failed once', () => (controller.state.action?.attempts ?? 0) > 0);
	await controller.stop('it was sent SIGTERM', 'policy');
	expect(router.weightPercent).toBe(0);
});

test('a session is taken up again where it was, and is not promoted by the restart', async () => {
	const first = await start({plan: quickPlan({stages: [stage(5, {durationMs: 60_000}), stage(100)]})});
	await waitUntil('the first weight is set', () => first.controller.state.stage.index === 0);
	const before = await first.controller.stop('it was sent SIGTERM', 'policy');
	const source = createScriptedSource();
	const second = await start({folder: first.folder, source, routers: [createScriptedRouter(first.router.target, 5)]});
	expect(second.controller.state).toMatchObject({stage: {index: 0}, operator: 'ana', plan: {stages: [{weightPercent: 5}, {}]}});
	expect(second.controller.state.lastTMs).toBeGreaterThanOrEqual(before.lastTMs);
	await waitUntil('it asks again', () => source.asked > 2);
	expect(second.router.calls.filter(call => call !== 'read')).toEqual([]);
	const state = await second.controller.stop('enough');
	const folded = await foldJournal(first.journal);
	expect(folded.ok && folded.value.state).toEqual(state);
});

test('the operator may lead by the socket: hold, resume, roll back', async () => {
	const {controller, router} = await start();
	await waitUntil('the first weight is set', () => router.weightPercent === 5);
	const connected = await connect(controller.socketPath, {role: 'owner', who: 'ana@here'});
	if (!connected.ok) throw new Error(connected.error.message);
	const client = connected.value;
	expect(await client.send({command: 'hold', reason: 'lunch'})).toMatchObject({ok: true, value: {accepted: true}});
	expect(client.getSnapshot().state.held).toMatchObject({by: 'ana@here', reason: 'lunch'});
	expect(await client.send({command: 'promote', reason: ''})).toMatchObject({
		ok: true,
		value: {accepted: false, reason: expect.stringMatching(/held/)},
	});
	expect(await client.send({command: 'rollback', reason: 'pager'})).toMatchObject({ok: true, value: {accepted: true}});
	expect(await client.until(state => state.rollback?.verifiedAtMs !== undefined, 5_000)).toMatchObject({ok: true});
	expect(router.weightPercent).toBe(0);
	expect((await controller.ended).rollback?.by).toBe('ana@here');
	await waitUntil('the client knows it is over', () => client.getSnapshot().status === 'ended');
	client.close();
});

test('a fault of ours is recorded, and the guard goes on', async () => {
	const faults: unknown[] = [];
	const {controller, router, source} = await start({complain: fault => faults.push(fault)});
	controller.fault(new Error('made up'));
	expect(faults).toHaveLength(1);
	await waitUntil('the first weight is set', () => router.weightPercent === 5);
	source.next(() => {
		throw new Error('the source broke its promise');
	});
	await waitUntil('it was told of it', () => faults.length === 2);
	source.value = 99;
	await controller.ended;
	expect(router.weightPercent).toBe(0);
});

test('a metrics port that is taken is a clear error, and nothing is held afterwards', async () => {
	const {createServer} = await import('node:http');
	const server = createServer().listen(0, '127.0.0.1');
	await new Promise(resolve => server.once('listening', resolve));
	const {port} = server.address() as {port: number};
	const options = controllerOptions(temp.path, {metricsPort: port});
	expect(await startController(options)).toMatchObject({
		ok: false,
		error: {kind: 'metrics-port', message: expect.stringContaining(`${port}`)},
	});
	expect(readdirSync(join(temp.path, 'leases'))).toEqual([]);
	server.close();
});

test('after thousands of events a short cut stands beside the journal, and taking up again by it gives the same state', async () => {
	const thePlan = quickPlan({stages: [stage(5, {durationMs: 60_000}), stage(100)]});
	const first = await start({plan: thePlan});
	await waitUntil('the first weight is set', () => first.controller.state.stage.index === 0);
	const connected = await connect(first.controller.socketPath, {role: 'owner', who: 'ana'});
	if (!connected.ok) throw new Error(connected.error.message);
	for (let batch = 0; batch < 53; batch++) {
		const notes = Array.from({length: 100}, (_, index) => connected.value.send({command: 'note', text: `${batch}.${index}`}));
		await Promise.all(notes);
	}
	connected.value.close();
	await waitUntil('the short cut is there', () => readIndex(first.folder, '0') !== undefined);
	const index = readIndex(first.folder, '0');
	expect(index?.position.nextSeq).toBeGreaterThan(5_000);
	await first.controller.stop('it was sent SIGTERM');
	const whole = await foldJournal(first.journal);
	expect(await foldJournal(first.journal, index)).toEqual(whole);
	const second = await start({folder: first.folder, routers: [createScriptedRouter(first.router.target, 5)]});
	const resumed = JSON.parse(readFileSync(first.journal, 'utf8').trim().split('\n').at(-1) ?? '');
	expect(second.controller.state.nextSeq).toBeGreaterThan(5_000);
	expect(resumed.seq).toBeGreaterThan(5_000);
	const state = await second.controller.stop('enough');
	const folded = await foldJournal(first.journal);
	expect(folded.ok && folded.value.state).toEqual(state);
});

test('ended by its operator it writes what is due, leaves the split where it is, and is finished', async () => {
	const {controller, router, folder} = await start();
	await waitUntil('the first weight is set', () => controller.state.stage.index === 0);
	const connected = await connect(controller.socketPath, {role: 'owner', who: 'ana'});
	if (!connected.ok) throw new Error(connected.error.message);
	await connected.value.send({command: 'snapshot', reason: 'for the record'});
	expect(await connected.value.send({command: 'end', reason: 'done here'})).toMatchObject({value: {accepted: true}});
	const state = await controller.ended;
	expect(router.weightPercent).toBe(5);
	expect(state.ended).toMatchObject({outcome: 'ended', reason: 'done here'});
	expect(state.checkpoints.map(({trigger}) => trigger)).toEqual(expect.arrayContaining(['stage', 'asked', 'end']));
	expect(summarise(folder)).toMatchObject({status: 'finished', outcome: 'ended'});
	connected.value.close();
});

test('every so often all guardrails are written as a line, with the sum of the file in the journal', async () => {
	const stages = [stage(5, {durationMs: 60_000}), stage(100)];
	const {controller, folder} = await start({plan: quickPlan({stages}, {metricsCheckEveryMs: 200})});
	await waitUntil('two were written', () => readLines(join(folder, 'artifacts', 'METRICS_CHECKS.log')).length >= 2, {
		timeoutMs: 5_000,
	});
	const state = await controller.stop('enough');
	const log = readFileSync(join(folder, 'artifacts', 'METRICS_CHECKS.log'));
	expect(log.toString()).toMatch(
		/^2\S+Z \| T\+0:00 \| stage 1\/2 \| asked 5% configured 5% seen - \| OK \| Errors: 1 \(< 10\) ok$/m,
	);
	expect(state.artifacts.filter(({name}) => name === 'METRICS_CHECKS.log')).toEqual([
		{name: 'METRICS_CHECKS.log', sha256: createHash('sha256').update(log).digest('hex')},
	]);
});

test('a checkpoint that can not be written is an alarm, and stalls nothing', async () => {
	const {controller, router, source, folder} = await start();
	await waitUntil('the first weight is set', () => controller.state.stage.index === 0);
	rmSync(join(folder, 'checkpoints'), {recursive: true});
	source.value = 99;
	const state = await controller.ended;
	expect(router.weightPercent).toBe(0);
	expect(state.alarms['checkpoint']).toMatch(/could not be written.*ENOENT/);
});

test('the report is written when the run has ended, from a journal that is on the disk', async () => {
	let seen: string[] = [];
	const {controller, source, journal} = await start({
		async writeReport() {
			seen = types(journal);
			return {ok: false, error: 'no ink'};
		},
	});
	await waitUntil('the first weight is set', () => controller.state.stage.index === 0);
	source.value = 99;
	const state = await controller.ended;
	expect(seen).toContain('session-ended');
	expect(state.timeline.map(({text}) => text)).toContain('the report could not be written: no ink');
});
