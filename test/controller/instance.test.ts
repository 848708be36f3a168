import {type ChildProcess, spawn} from 'node:child_process';
import {appendFileSync, mkdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {type Controller, type ControllerOptions, startController} from '../../src/controller/controller.ts';
import {launch} from '../../src/controller/instance/launch.ts';
import {boundLog, lastLines, tellingLines} from '../../src/controller/instance/log-file.ts';
import {findMarked, lifeOfMark, markerName, markOf} from '../../src/controller/instance/os-process.ts';
import {restartMarkerName} from '../../src/controller/instance/restart.ts';
import {stopInstance} from '../../src/controller/instance/stop.ts';
import type {Fact, SessionEvent} from '../../src/core/event.ts';
import type {EvidenceOptions} from '../../src/core/evidence-options.ts';
import type {InstanceOptions} from '../../src/core/instance-options.ts';
import type {HookPorts} from '../../src/hooks/ports.ts';
import {appendFinished} from '../../src/journal/append-finished.ts';
import {controllerOptions, quickPlan} from '../helpers/controlled-session.ts';
import {recordText} from '../helpers/journal.ts';
import {freePort, isAlive, waitUntil as waitFor} from '../helpers/process.ts';
import {createScriptedRouter} from '../helpers/scripted-router.ts';
import {createTempFolder, type TempFolder} from '../helpers/temp-folder.ts';

let temp: TempFolder;
const children: ChildProcess[] = [];
const groups: number[] = [];
beforeEach(() => {
	temp = createTempFolder('instance');
});
afterEach(() => {
	for (const child of children.splice(0)) child.kill('SIGKILL');
	for (const pid of groups.splice(0)) {
		try {
			process.kill(-pid, 'SIGKILL');
		} catch {
			// Gone, as it should be.
		}
	}
	temp.remove();
});

/** A process begins within seconds, on a loaded machine within more. */
const waitUntil: typeof waitFor = (what, probe, options) => waitFor(what, probe, {timeoutMs: 40_000, ...options});

/** Of this run alone: processes are told by it, and another run of these tests may be under way. */
const session = `a-session-${process.pid}`;
const stop = {signal: 'SIGTERM', graceMs: 300, session} as const;

/** A shell in a session of its own, which carries the marker. */
async function start(script: string, marker = session): Promise<number> {
	const argv = ['/bin/sh', '-c', script];
	const launched = await launch({argv, cwd: temp.path, env: {[markerName]: marker}, logPath: join(temp.path, 'instance.log')});
	if (!launched.ok) throw new Error(launched.error);
	groups.push(launched.value.pid);
	return launched.value.pid;
}

test('a number that has come round to somebody else is never signalled', {timeout: 90_000}, async () => {
	const innocent = spawn('sleep', ['600'], {detached: true, stdio: 'ignore'});
	children.push(innocent);
	const mark = markOf(innocent.pid!)!;
	expect(lifeOfMark(mark)).toBe('alive');
	for (const other of [
		{...mark, startTicks: String(Number(mark.startTicks) + 1)},
		{...mark, bootId: 'another boot'},
	]) {
		expect(lifeOfMark(other)).toBe('dead');
		const {pid} = mark;
		const value = `pid ${pid} was gone already; what has its number now (pid ${pid}) is not known to be ours, and was left alone`;
		expect(await stopInstance(other, stop)).toEqual({ok: true, value});
	}
	const elsewhere = await stopInstance({...mark, host: 'elsewhere'}, stop);
	expect(elsewhere).toEqual({ok: false, error: `pid ${mark.pid} runs on elsewhere: stop it there.`});
	expect(isAlive(innocent.pid!)).toBe(true);
});

test('the whole group ends, also one whose leader is dead already; what left it is told and left alone', {
	timeout: 90_000,
}, async () => {
	const pid = await start('sleep 600 & echo $! >child; setsid sleep 600 & echo $! >stranger; wait');
	const read = (name: string) => waitUntil(name, () => Number(readFileSync(join(temp.path, name), 'utf8')));
	const [child, stranger] = [await read('child'), await read('stranger')];
	groups.push(stranger);
	await waitUntil('the stranger has left', () => findMarked(session).others.length + (findMarked(session).leader ? 1 : 0) > 0);
	const mark = markOf(pid)!;
	process.kill(pid, 'SIGKILL');
	await waitUntil('the leader is dead', () => lifeOfMark(mark) === 'dead');
	const stopped = await stopInstance(mark, stop);
	expect(stopped).toMatchObject({
		ok: true,
		value: `pid ${pid} ended on SIGTERM; it left behind, in a session of their own: pid ${stranger}`,
	});
	expect([isAlive(child), isAlive(stranger)]).toEqual([false, true]);
	// A second stop has nobody to signal, and doesn't touch the stranger.
	expect((await stopInstance(mark, stop)).ok).toBe(true);
	expect(isAlive(stranger)).toBe(true);
});

test('one that ignores the signal is killed when its grace is over', {timeout: 90_000}, async () => {
	const pid = await start('trap "" TERM; echo up; while :; do sleep 0.1; done');
	await waitUntil('it ignores', async () => (await lastLines(join(temp.path, 'instance.log'), 5)).includes('up'));
	const stopped = await stopInstance(markOf(pid)!, stop);
	expect(stopped).toEqual({ok: true, value: `pid ${pid} did not end on SIGTERM within 0.3 s and was killed`});
	expect(isAlive(pid)).toBe(false);
});

test('its log is kept within bounds while it goes on appending', {timeout: 90_000}, async () => {
	const path = join(temp.path, 'instance.log');
	const pid = await start('while :; do echo one more line; sleep 0.02; done');
	await waitUntil('there is some', () => statSync(path).size > 100);
	expect(await boundLog(path, 1_000_000)).toBe(false);
	expect(await boundLog(path, 100)).toBe(true);
	await waitUntil('it goes on', () => statSync(path).size > 0);
	expect(statSync(path).size).toBeLessThan(statSync(`${path}.1`).size + 1_000);
	expect(readFileSync(path, 'utf8').split('\n')[0]).toBe('one more line');
	appendFileSync(path, '');
	expect(await lastLines(join(temp.path, 'gone.log'), 5)).toEqual([]);
	expect((await stopInstance(markOf(pid)!, stop)).ok).toBe(true);
});

test('its last words are those that say what went wrong, not the end of a trace', () => {
	const trace = [
		'Error: listen EADDRINUSE: address already in use 127.0.0.1:1',
		'    at x (net:1:1)',
		"  code: 'EADDRINUSE'",
		'}',
		'',
		'Node.js v24',
	];
	expect(tellingLines(['up', "      throw er; // Unhandled 'error' event", '', ...trace])).toEqual([trace[0], '', 'Node.js v24']);
	expect(tellingLines(['java.net.BindException: in use', '\tat a', '\tat b', '\tat c'])[0]).toMatch(/BindException/);
	expect(tellingLines(['Traceback', '  x', 'OSError: [Errno 98] in use'])).toHaveLength(3);
	expect(tellingLines(['a', 'b', 'c', 'd'])).toEqual(['b', 'c', 'd']);
	expect(tellingLines([])).toEqual([]);
});

const ports = {redact: (text: string) => text, resolve: async () => ({ok: false, error: 'no secret'})} as unknown as HookPorts;

/** A server that writes down each of its starts. */
async function given(): Promise<{
	readonly options: InstanceOptions;
	readonly starts: () => number;
	readonly argv: string[];
	port: number;
}> {
	const port = await freePort();
	const script = join(temp.path, 'server.mjs');
	writeFileSync(
		script,
		`import {appendFileSync} from 'node:fs';
import {createServer} from 'node:http';
appendFileSync('starts', 'x');
createServer((_, answer) => answer.end('ok')).listen(${port}, '127.0.0.1');`,
	);
	writeFileSync(join(temp.path, 'starts'), '');
	const argv = [process.execPath, script];
	return {
		port,
		argv,
		starts: () => readFileSync(join(temp.path, 'starts'), 'utf8').length,
		options: {
			start: {argv, cwd: temp.path, env: {}},
			health: {check: {url: `http://127.0.0.1:${port}/health`, status: 200, headers: {}}, withinMs: 40_000, everyMs: 1_000},
			stop: {signal: 'SIGTERM', graceMs: 2_000},
			onExit: 'rollback',
		},
	};
}

const instancePlan = {command: 'serve', withinMs: 15_000, onExit: 'rollback'} as const;
const eventsOf = (folder: string): SessionEvent[] =>
	recordText(folder)
		.split('\n')
		.slice(1)
		.filter(Boolean)
		.map(line => JSON.parse(line) as SessionEvent);

test('a crash between the intent and the process: what was started is found by its marker, and no second one begins', {
	timeout: 90_000,
}, async () => {
	const {options: instance, starts, argv} = await given();
	const plan = quickPlan({instance: instancePlan}, {start: 'manual'});
	const options = controllerOptions(temp.path, {plan, instance: {options: instance, ports}});
	const name = options.folder.split('/').at(-1)!;
	// What the dead controller left: its intent, and a process that it had no time to write down.
	const facts: Fact[] = [
		{type: 'session-started', plan, by: 'ana', host: 'h', pid: 1, version: '0'},
		{type: 'split-read', split: {weightPercent: 0}},
		{type: 'instance-start-intended', intentId: '1:0', command: 'serve'},
	];
	for (const [index, fact] of facts.entries()) {
		// The first line of an empty journal is written as a controller would.
		if (index === 0) await seed(options.folder, fact);
		else expect((await appendFinished(options.folder, [fact])).ok).toBe(true);
	}
	const log = join(options.folder, 'instance.log');
	const launched = await launch({argv, cwd: temp.path, env: {[markerName]: name}, logPath: log});
	if (!launched.ok) throw new Error(launched.error);
	groups.push(launched.value.pid);
	await waitUntil('it has begun', () => starts() === 1);

	const started = await startController(options);
	if (!started.ok) throw new Error(started.error.message);
	const controller = started.value;
	await waitUntil('it is healthy', () => controller.state.instance?.status === 'up');
	expect(controller.state.instance?.process?.pid).toBe(launched.value.pid);
	expect(starts()).toBe(1);
	expect(eventsOf(options.folder).find(({type}) => type === 'instance-started')).toMatchObject({found: true});
	await controller.stop('done');
});

/** A session's first event, by a controller that does nothing else. */
async function seed(folder: string, fact: Fact): Promise<void> {
	const {openFileJournal} = await import('../../src/journal/file-journal.ts');
	const {foldRecord} = await import('../../src/journal/fold.ts');
	const folded = await foldRecord(folder);
	if (!folded.ok) throw new Error(folded.error.message);
	const {position} = folded.value;
	const last = {seq: -1, hash: position.hash, bytes: position.offset, lines: position.lineNumber};
	const journal = openFileJournal({
		path: join(folder, 'journal.ndjson'),
		last,
		onTrouble: text => {
			throw new Error(text);
		},
		onRecovered: () => {},
	});
	journal.append({...fact, seq: 0, atMs: Date.now(), tMs: 0});
	await journal.close(5_000);
}

test('where somebody answers already nothing is started: it would be taken for the instance', {timeout: 90_000}, async () => {
	const {options: instance, starts, argv} = await given();
	const foreign = spawn(argv[0]!, argv.slice(1), {cwd: temp.path, stdio: 'ignore'});
	children.push(foreign);
	await waitUntil('the foreign one has begun', () => starts() === 1);
	await waitUntil('it answers', async () => (await fetch(instance.health.check.url)).ok);
	const plan = quickPlan({instance: instancePlan});
	const options = controllerOptions(temp.path, {plan, instance: {options: instance, ports}});
	const started = await startController(options);
	if (!started.ok) throw new Error(started.error.message);
	const controller = started.value;
	await waitUntil('it is told', () => controller.state.instance?.status === 'failed');
	expect(controller.state.instance?.message).toBe(`${instance.health.check.url} answers already, before it was started.`);
	expect(starts()).toBe(1);
	// Nothing moves, and ended by a person it is over.
	expect(controller.state.stage.index).toBe(-1);
	await controller.stop('done');
	expect(isAlive(foreign.pid!)).toBe(true);
});

test('one that puts itself into a session of its own counts as ended, and what it left there is named', {
	timeout: 90_000,
}, async () => {
	const {options: whole} = await given();
	const script = 'setsid sleep 600 & echo $! >stranger; sleep 0.3; echo gone';
	const instance = {...whole, start: {...whole.start, argv: ['/bin/sh', '-c', script]}};
	const plan = quickPlan({instance: instancePlan});
	const options = controllerOptions(temp.path, {plan, instance: {options: instance, ports}});
	// The log can't be kept: that is said, too.
	mkdirSync(join(options.folder, 'artifacts', 'INSTANCE.log'), {recursive: true});
	const started = await startController(options);
	if (!started.ok) throw new Error(started.error.message);
	const controller = started.value;
	const message = await waitUntil('it is told', () => controller.state.instance?.message);
	const stranger = Number(readFileSync(join(temp.path, 'stranger'), 'utf8'));
	groups.push(stranger);
	expect(message).toBe(
		`it ended with 0 before it was healthy; it printed "gone"; it left behind, in a session of their own: pid ${stranger}.`,
	);
	expect(isAlive(stranger)).toBe(true);
	const isSaid = (event: SessionEvent): boolean =>
		event.type === 'noticed' && event.text.startsWith('INSTANCE.log is not kept: ');
	await waitUntil('what is missing is told', () => eventsOf(options.folder).some(isSaid));
	await controller.stop('done');
});

test('stopped behind evidence that comes while the controller leaves: how it was stopped is in the record', {
	timeout: 90_000,
}, async () => {
	const {options: instance} = await given();
	const plan = quickPlan({instance: instancePlan, evidence: ['slow.txt']}, {onControllerStop: 'rollback'});
	const collect = () => sleep(1_000, {ok: true, value: {text: 'x', message: 'gathered'}} as const);
	const evidence = {list: [{name: 'slow.txt', timeoutMs: 5_000} as EvidenceOptions], collect};
	const options = controllerOptions(temp.path, {plan, evidence, instance: {options: instance, ports}});
	const started = await startController(options);
	if (!started.ok) throw new Error(started.error.message);
	const controller = started.value;
	await waitUntil('it has traffic', () => controller.state.stage.index === 0);
	const {pid} = controller.state.instance!.process!;
	groups.push(pid);
	await controller.stop('it was sent SIGTERM', 'policy');
	const types = eventsOf(options.folder).map(({type}) => type);
	expect(types.filter(type => /^(evidence-collected|instance-stop)/.test(type))).toEqual([
		'evidence-collected',
		'instance-stop-intended',
		'instance-stopped',
	]);
	expect(isAlive(pid)).toBe(false);
});

test('a session that ends before its first weight takes its instance with it', {timeout: 90_000}, async () => {
	const {options: instance} = await given();
	const plan = quickPlan({instance: instancePlan}, {start: 'manual'});
	const options = controllerOptions(temp.path, {plan, instance: {options: instance, ports}});
	const started = await startController(options);
	if (!started.ok) throw new Error(started.error.message);
	const controller = started.value;
	await waitUntil('it is healthy', () => controller.state.instance?.status === 'up');
	const {pid} = controller.state.instance!.process!;
	groups.push(pid);
	const {connect} = await import('../../src/console/client.ts');
	const client = await connect(controller.socketPath, {role: 'owner', who: 'ana'});
	if (!client.ok) throw new Error(client.error.message);
	await client.value.send({command: 'end', reason: 'never mind'});
	client.value.close();
	const state = await controller.ended;
	expect([state.ended?.outcome, state.instance?.status, isAlive(pid)]).toEqual(['ended', 'stopped', false]);
});

/** A promoted session with its instance, as a controller left that died after its `facts`. */
async function promotedWith(
	command: string,
	facts: (begun: {readonly name: string}) => Promise<readonly Fact[]>,
	timeoutMs = 60_000,
) {
	const {options: instance, argv} = await given();
	const restartBaseline = {
		command: {argv: ['/bin/sh', '-c', command], cwd: temp.path, env: {}},
		timeoutMs,
		health: {...instance.health, withinMs: 1_000},
	};
	const plan = quickPlan({instance: {...instancePlan, stopAfterMs: 600_000, restartBaseline: {command: 'restart'}}});
	const routers = [createScriptedRouter(`restart ${temp.path}`, 100)];
	const options = controllerOptions(temp.path, {plan, routers, instance: {options: {...instance, restartBaseline}, ports}});
	const name = options.folder.split('/').at(-1)!;
	const log = join(options.folder, 'instance.log');
	const launched = await launch({argv, cwd: temp.path, env: {[markerName]: name}, logPath: log});
	if (!launched.ok) throw new Error(launched.error);
	groups.push(launched.value.pid);
	await waitUntil('the instance answers', async () => (await fetch(instance.health.check.url)).ok);
	await seed(options.folder, {type: 'session-started', plan, by: 'ana', host: 'h', pid: 1, version: '0'});
	const before: readonly Fact[] = [
		{type: 'split-read', split: {weightPercent: 100}},
		{type: 'instance-start-intended', intentId: '1:0', command: 'serve'},
		{type: 'instance-started', process: markOf(launched.value.pid)!, found: false},
		{type: 'instance-checked', ok: true, message: '200', tookMs: 1},
		{type: 'session-ended', outcome: 'promoted', reason: 'all held'},
		{type: 'baseline-restart-intended', intentId: '6:0', command: 'restart'},
	];
	expect((await appendFinished(options.folder, [...before, ...(await facts({name}))])).ok).toBe(true);
	return {options, router: routers[0]!};
}

/** The command of a restart, begun by a controller that is dead by now: it writes a line, and another when it is let go. */
const slowRestart =
	'echo begun >>restarts; n=0; while [ ! -e go ] && [ $((n+=1)) -lt 1500 ]; do sleep 0.05; done; echo ended >>restarts';
const restarts = (): string => readFileSync(join(temp.path, 'restarts'), 'utf8');

async function beginRestart(name: string, script = slowRestart): Promise<number> {
	const env = {[restartMarkerName]: `${name}/6:0`};
	const launched = await launch({argv: ['/bin/sh', '-c', script], cwd: temp.path, env, logPath: join(temp.path, 'r.log')});
	if (!launched.ok) throw new Error(launched.error);
	groups.push(launched.value.pid);
	await waitUntil('it has begun', () => restarts().length > 0);
	return launched.value.pid;
}

async function takeUp(options: ControllerOptions): Promise<Controller> {
	const started = await startController(options);
	if (!started.ok) throw new Error(started.error.message);
	return started.value;
}

const restartFacts = (folder: string): readonly SessionEvent[] =>
	eventsOf(folder).filter(({type}) => type === 'baseline-restart-started' || type === 'baseline-restarted');

test.each(['by its mark in the record', 'by its marker: the crash came before the record of it'])(
	'a restart of the baseline that outlives its controller is waited for, found %s, and no second one begins',
	{timeout: 120_000},
	async how => {
		let pid = 0;
		const {options, router} = await promotedWith(slowRestart, async ({name}) => {
			pid = await beginRestart(name);
			return how.startsWith('by its mark ') ? [{type: 'baseline-restart-started', process: markOf(pid)!, found: false}] : [];
		});
		// A controller that leaves while it waits leaves it to the next.
		const first = await takeUp(options);
		const founds = () => restartFacts(options.folder).filter(one => one.type === 'baseline-restart-started' && one.found).length;
		await waitUntil('it is found', () => founds() === 1);
		await first.stop('done', 'leave');
		expect([isAlive(pid), first.state.baseline?.status]).toEqual([true, 'running']);
		const controller = await takeUp({...options, routers: [router]});
		await waitUntil('it is found again', () => founds() === 2);
		expect([controller.state.baseline?.status, router.weightPercent]).toEqual(['running', 100]);
		writeFileSync(join(temp.path, 'go'), '');
		await waitUntil('the traffic is back', () => controller.state.baseline?.handedBackAtMs !== undefined);
		expect(restarts()).toBe('begun\nended\n');
		expect(restartFacts(options.folder).at(-1)).toMatchObject({
			ok: true,
			message: expect.stringMatching(
				new RegExp(`^/bin/sh \\(pid ${pid}\\) ended; what with is not known, for its controller had died, `),
			),
		});
		expect(router.calls).toContain('set 0');
		await controller.stop('done', 'leave');
	},
);

test('a restart whose process nobody has begun runs once', {timeout: 120_000}, async () => {
	const never = await promotedWith('echo ran >>restarts', async () => []);
	const first = await takeUp(never.options);
	await waitUntil('the traffic is back', () => first.state.baseline?.handedBackAtMs !== undefined);
	expect(restarts()).toBe('ran\n');
	expect(restartFacts(never.options.folder).at(-1)).toMatchObject({
		ok: true,
		message: expect.stringMatching(/^\/bin\/sh ended with 0, /),
	});
	await first.stop('done', 'leave');
});

test('one that is over by now is not run again: the health of the baseline decides', {timeout: 120_000}, async () => {
	writeFileSync(join(temp.path, 'go'), '');
	const {options} = await promotedWith(slowRestart, async ({name}) => {
		const pid = await beginRestart(name, `${slowRestart}; sleep 600`);
		const process = markOf(pid)!;
		await waitUntil('it has written', () => restarts() === 'begun\nended\n');
		globalThis.process.kill(-pid, 'SIGKILL');
		await waitUntil('it is dead', () => lifeOfMark(process) === 'dead');
		return [{type: 'baseline-restart-started', process, found: false}];
	});
	const controller = await takeUp(options);
	await waitUntil('the traffic is back', () => controller.state.baseline?.handedBackAtMs !== undefined);
	expect(restarts()).toBe('begun\nended\n');
	await controller.stop('done', 'leave');
});

test('a restart that is found and outlasts its time is killed; one that only its marker tells is left alone', {
	timeout: 120_000,
}, async () => {
	for (const isKnown of [true, false]) {
		let pid = 0;
		const {options, router} = await promotedWith(
			slowRestart,
			async ({name}) => {
				pid = await beginRestart(name);
				return isKnown ? [{type: 'baseline-restart-started', process: markOf(pid)!, found: false}] : [];
			},
			1_500,
		);
		const controller = await takeUp(options);
		await waitUntil('it is told', () => controller.state.baseline?.status === 'failed');
		expect(controller.state.baseline?.message).toMatch(
			isKnown ? /did not end within 1.5 s and was killed/ : /^pid \d+ was found .* did not end within 1.5 s; it was left alone/,
		);
		await waitUntil('it is dead, or not', () => isAlive(pid) === !isKnown);
		expect(router.weightPercent).toBe(100);
		await controller.stop('done', 'leave');
	}
});
