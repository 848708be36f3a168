import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {cpSync, existsSync, readFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {ok} from '../../src/base/result.ts';
import {type Client, connect} from '../../src/console/client.ts';
import {markOf} from '../../src/controller/instance/os-process.ts';
import type {ControllerOptions} from '../../src/controller/options.ts';
import type {Fact} from '../../src/core/event.ts';
import type {CommandRun} from '../../src/core/reduce-runbook.ts';
import type {RunbookCommand} from '../../src/core/runbook-options.ts';
import type {SessionState} from '../../src/core/state.ts';
import {appendFinished} from '../../src/journal/append-finished.ts';
import {startTicksOf} from '../../src/journal/process-id.ts';
import {connectPath} from '../../src/journal/socket-path.ts';
import {planOfCommand} from '../../src/profile/compile-commands.ts';
import {type ControlledSession, quickPlan, startControlled} from '../helpers/controlled-session.ts';
import {createScriptedRouter} from '../helpers/scripted-router.ts';
import {createTempFolder, type TempFolder} from '../helpers/temp-folder.ts';
import {waitUntil} from '../helpers/wait.ts';

let temp: TempFolder;
let running: ControlledSession[];
let clients: Client[];
beforeEach(() => {
	temp = createTempFolder('runbook');
	running = [];
	clients = [];
});
afterEach(async () => {
	for (const client of clients) client.close();
	for (const {controller} of running) await controller.stop('the test is over');
	temp.remove();
});

const command = (title: string, script: string, over: Partial<RunbookCommand> = {}): RunbookCommand => ({
	title,
	argv: ['/bin/sh', '-c', script],
	cwd: temp.path,
	env: {},
	timeoutMs: 60_000,
	dangerous: false,
	output: 'pane',
	maxBytes: 10_000,
	...over,
});

type Resolve = NonNullable<ControllerOptions['runbook']>['resolve'];
const asIs: Resolve = async () => ok({});

async function start(commands: readonly RunbookCommand[], over: Partial<ControllerOptions> & {resolve?: Resolve} = {}) {
	const {resolve = asIs, ...more} = over;
	const plan = {...quickPlan(), commands: commands.map(planOfCommand)};
	const session = await startControlled(temp.path, {plan, runbook: {commands, resolve}, ...more});
	running.push(session);
	const client = await connect(connectPath(session.folder), {role: 'owner', who: 'ana'});
	if (!client.ok) throw new Error(client.error.message);
	clients.push(client.value);
	return {...session, client: client.value};
}

const ask = async (client: Client, title: string): Promise<void> => {
	const answer = await client.send({command: 'run', title, confirmed: false});
	if (!answer.ok || !answer.value.accepted) throw new Error(JSON.stringify(answer));
};

const runsOf = ({runbook}: SessionState): readonly CommandRun[] => runbook?.runs ?? [];
const ended = (state: () => SessionState): Promise<NonNullable<CommandRun['end']>> =>
	waitUntil('it has ended', () => runsOf(state())[0]?.end, {timeoutMs: 20_000});
const childIn = (path: string): number =>
	Number(/child (\d+)/.exec(existsSync(path) ? readFileSync(path, 'utf8') : '')?.[1] ?? 0);
const alive = (pid: number): boolean => startTicksOf(pid) !== undefined;

/** What a controller that dies this moment leaves on the disk, taken up by another. */
async function resumeAsLeft({folder}: ControlledSession, commands: readonly RunbookCommand[]) {
	const copy = `${folder}-copy`;
	cpSync(folder, copy, {recursive: true, filter: source => !/\.(?:sock|pid)$/.test(source)});
	const routers = [createScriptedRouter('another')];
	return await start(commands, {folder: copy, routers, leasesFolder: join(temp.path, 'other-leases')});
}

test('what runs when the controller ends is ended with it, and the record says so', async () => {
	const {client, controller, folder} = await start([command('long', 'echo begun; sleep 300 & echo child $!; wait')]);
	await ask(client, 'long');
	const path = join(folder, 'artifacts', 'commands', '1-long.txt');
	const child = await waitUntil('its child runs', () => childIn(path) || undefined);
	const startMs = performance.now();
	const state = await controller.stop('the test is over');
	expect(performance.now() - startMs).toBeLessThan(8_000);
	expect(runsOf(state)[0]?.end).toMatchObject({kind: 'stopped', lines: 2, sha256: expect.any(String)});
	await waitUntil('its child is dead', () => !alive(child));
});

test('one that is stopped by somebody says by whom', async () => {
	const {client, controller, folder} = await start([command('long', 'echo child $$; exec sleep 300')]);
	await ask(client, 'long');
	const path = join(folder, 'artifacts', 'commands', '1-long.txt');
	const child = await waitUntil('it runs', () => childIn(path) || undefined);
	expect(await client.send({command: 'stop-run', run: 1})).toMatchObject({ok: true, value: {accepted: true}});
	expect(await ended(() => controller.state)).toMatchObject({kind: 'stopped', message: 'ana stopped it'});
	expect(alive(child)).toBe(false);
	expect(await client.send({command: 'stop-run', run: 1})).toMatchObject({
		value: {accepted: false, reason: 'run 1 does not run'},
	});
});

test('one whose secrets are still being read is stopped, too, and never begins', async () => {
	const secrets = Promise.withResolvers<Awaited<ReturnType<Resolve>>>();
	const {client, controller} = await start([command('slow', 'echo ran >> ran.txt')], {resolve: () => secrets.promise});
	await ask(client, 'slow');
	expect(await client.send({command: 'stop-run', run: 1})).toMatchObject({ok: true, value: {accepted: true}});
	expect(await ended(() => controller.state)).toEqual({
		kind: 'stopped',
		message: 'ana stopped it',
		tookMs: expect.any(Number),
	});
	secrets.resolve(ok({}));
	await controller.stop('the test is over');
	expect(existsSync(join(temp.path, 'ran.txt'))).toBe(false);
});

test('a program that a dead controller left is ended, and not begun again', async () => {
	const commands = [command('long', 'echo begun >> begun.txt; sleep 300 & echo child $!; wait')];
	const first = await start(commands);
	await ask(first.client, 'long');
	const path = join(first.folder, 'artifacts', 'commands', '1-long.txt');
	const child = await waitUntil('its child runs', () => childIn(path) || undefined);
	const isOnDisk = (): boolean => readFileSync(first.journal, 'utf8').includes('"command-started"');
	await waitUntil('its process is on the disk', isOnDisk);
	const second = await resumeAsLeft(first, commands);
	expect(await ended(() => second.controller.state)).toMatchObject({kind: 'cut-off', lines: 1});
	await waitUntil('its child is dead', () => !alive(child));
	expect(readFileSync(join(temp.path, 'begun.txt'), 'utf8')).toBe('begun\n');
	expect(runsOf(second.controller.state)).toHaveLength(1);
});

test('what has its number in another boot or on another machine is left alone; an older record without them is read as before', async () => {
	const innocent = spawn('/bin/sleep', ['300'], {detached: true, stdio: 'ignore'});
	const gone = once(innocent, 'exit');
	const mark = markOf(innocent.pid!)!;
	const old = {pid: mark.pid, startTicks: Number(mark.startTicks)};
	const commands = [command('long', 'sleep 300')];
	const cutOffWith = async (fact: object, name: string) => {
		const first = await start(commands, {
			resolve: () => new Promise(() => {}),
			routers: [createScriptedRouter(name)],
		});
		await ask(first.client, 'long');
		await waitUntil('it is on the disk', () => readFileSync(first.journal, 'utf8').includes('"command-asked"'));
		const started = {type: 'command-started', run: 1, ...old, ...fact} as Fact;
		const copy = `${first.folder}-copy`;
		cpSync(first.folder, copy, {recursive: true, filter: source => !/\.(?:sock|pid|lock.*)$/.test(source)});
		expect((await appendFinished(copy, [started])).ok).toBe(true);
		const routers = [createScriptedRouter(`${name} again`)];
		const second = await start(commands, {folder: copy, routers, leasesFolder: join(temp.path, `leases-${name}`)});
		return await ended(() => second.controller.state);
	};
	const [boot, host] = [{process: {...mark, bootId: 'another'}}, {process: {...mark, host: 'elsewhere'}}];
	expect(await cutOffWith(boot, 'boot')).toMatchObject({kind: 'cut-off'});
	expect(await cutOffWith(host, 'host')).toMatchObject({
		kind: 'cut-off',
		message: `it was begun on elsewhere (pid ${mark.pid}): see there whether it runs`,
	});
	expect(alive(mark.pid)).toBe(true);
	expect(await cutOffWith({}, 'old')).toMatchObject({kind: 'cut-off'});
	expect(await gone).toEqual([null, 'SIGKILL']);
});

test('one that was asked for and had not begun is cut off, too, and can be asked for again', async () => {
	const commands = [command('once', 'echo ran >> ran.txt')];
	const first = await start(commands, {resolve: () => new Promise(() => {})});
	await ask(first.client, 'once');
	await waitUntil('it is on the disk', () => readFileSync(first.journal, 'utf8').includes('"command-asked"'));
	// The crash came between its start and the line that says so: nothing but the marker tells of it.
	const env = {...process.env, CANARY_COMMAND_RUN: `${basename(first.folder)}-copy/1`};
	const left = spawn('/bin/sleep', ['300'], {detached: true, stdio: 'ignore', env});
	const gone = once(left, 'exit');
	const second = await resumeAsLeft(first, commands);
	expect(await gone).toEqual([null, 'SIGKILL']);
	expect(await ended(() => second.controller.state)).toEqual({kind: 'cut-off', tookMs: expect.any(Number)});
	expect(existsSync(join(temp.path, 'ran.txt'))).toBe(false);
	await ask(second.client, 'once');
	await waitUntil('it ran', () => existsSync(join(temp.path, 'ran.txt')));
	expect(runsOf(second.controller.state).map(({run}) => run)).toEqual([1, 2]);
});

test('a secret that is not there, and a profile that has another command there, are told and run nothing', async () => {
	const commands = [command('a', 'echo ran >> ran.txt')];
	const first = await start(commands, {
		resolve: async () => ({ok: false, error: 'KEY: the environment variable KEY is not set'}),
	});
	await ask(first.client, 'a');
	expect(await ended(() => first.controller.state)).toMatchObject({
		kind: 'not-started',
		message: expect.stringContaining('KEY is not set'),
	});
	const faulty = await start(commands, {
		resolve: () => Promise.reject(new Error('oops')),
		complain: () => {},
		routers: [createScriptedRouter('faulty')],
	});
	await ask(faulty.client, 'a');
	expect(await ended(() => faulty.controller.state)).toMatchObject({
		kind: 'not-started',
		message: expect.stringContaining('oops'),
	});
	const other = {commands: [command('b', 'echo ran >> ran.txt')], resolve: asIs};
	const plan = {...quickPlan(), commands: commands.map(planOfCommand)};
	const routers = [createScriptedRouter('other')];
	const second = await start(commands, {plan, runbook: other, routers});
	await ask(second.client, 'a');
	expect(await ended(() => second.controller.state)).toMatchObject({
		kind: 'not-started',
		message: expect.stringContaining('no such command'),
	});
	expect(existsSync(join(temp.path, 'ran.txt'))).toBe(false);
});

test('ticks go on in their time while programs print all they can', async () => {
	const commands = ['a', 'b', 'c'].map(title =>
		command(title, 'yes "a line with a token=abcdef in it"', {timeoutMs: 1_500, maxBytes: 2_000_000}),
	);
	const {client, controller} = await start(commands);
	for (const {title} of commands) await ask(client, title);
	const before = controller.state.tick.count;
	await waitUntil('all have ended', () => runsOf(controller.state).every(({end}) => end), {timeoutMs: 20_000});
	const {count, missed} = controller.state.tick;
	expect(runsOf(controller.state).map(({end}) => end?.kind)).toEqual(['timed-out', 'timed-out', 'timed-out']);
	// Twenty polls a second; a loaded machine gives fewer, a blocked loop gives none.
	expect(count - before + missed).toBeGreaterThan(10);
	expect(count - before).toBeGreaterThan(missed);
});
