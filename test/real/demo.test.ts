import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {incidentNames} from '../../src/demo/incidents.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {recordText} from '../helpers/journal.ts';
import {createTempFolder, startProcess, type TempFolder, waitUntil} from '../helpers/process.ts';
import {startTerminal, type Terminal} from '../helpers/pty.ts';

/** The built program, as its users start it. */
const program = new URL('../../bin/canary.js', import.meta.url).pathname;

let home: TempFolder;
beforeAll(() => {
	home = createTempFolder('demo');
});
afterAll(() => home.remove());

const worlds = (): string[] => readdirSync(tmpdir()).filter(name => name.startsWith('canary-demo-'));

/** Processes of the demo that belong to no other test: those whose command line names a world that was not there before. */
const processesOf = (world: string): string[] =>
	readdirSync('/proc')
		.filter(name => /^\d+$/.test(name))
		.filter(pid => {
			try {
				return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(world);
			} catch {
				return false;
			}
		});

type Started = {readonly terminal: Terminal; readonly world: string; readonly beganMs: number};

async function startDemo(...args: string[]): Promise<Started> {
	const before = worlds();
	const beganMs = performance.now();
	const terminal = await startTerminal({
		// The shell says how it ended: tmux knows that a program is dead before it knows its code, and now and then never learns it.
		command: ['sh', '-c', `"$0" "$@"; echo "EXIT $?"; exec sleep 60`, process.execPath, program, 'demo', ...args],
		env: {CANARY_HOME: home.path},
	});
	const world = await waitUntil('its world is there', () => worlds().find(name => !before.includes(name)));
	return {terminal, world, beganMs};
}

/** Leaves a session that is over, and looks whether anything is left. The session's folder. */
async function leave({terminal, world}: Started, exitCode: number): Promise<string> {
	await terminal.keys('q');
	const last = await terminal.waitForText(/EXIT \d+/, 20_000);
	expect(last).toContain(`EXIT ${exitCode}`);
	const name = /The session stays: (\S+)/.exec(last)?.[1] ?? '';
	expect(existsSync(join(tmpdir(), world))).toBe(false);
	await waitUntil('no process is left', () => processesOf(world).length === 0, {seen: () => processesOf(world).join()});
	const folder = join(home.path, 'sessions', name);
	await waitUntil('the controller is gone', () => !existsSync(join(folder, 'controller.pid')));
	return folder;
}

const checkpoints = (folder: string): string[] => readdirSync(join(folder, 'checkpoints')).filter(name => name.endsWith('.json'));

describeWithServers(['tmux'], 'canary demo in a terminal', () => {
	test('the console is up within ten seconds, and a healthy canary is promoted by itself', {timeout: 150_000}, async () => {
		const demo = await startDemo();
		await using _ = demo.terminal;
		await demo.terminal.waitForText(/stage 1\/3/, 10_000);
		expect(performance.now() - demo.beganMs).toBeLessThan(10_000);
		await demo.terminal.waitForText(/stage 3\/3/, 70_000);
		expect(await demo.terminal.waitForText(/ENDED/, 40_000)).toMatch(/PROMOTED/i);
		const folder = await leave(demo, 0);
		expect(checkpoints(folder).length).toBeGreaterThanOrEqual(4);
	});

	test.each(incidentNames)(
		'with the incident "%s" it is rolled back, with the reason on the screen',
		{timeout: 90_000},
		async name => {
			const reasons = {
				latency: 'Latency p95 breached',
				errors: 'Errors breached',
				rls: 'RLS violations breached',
				hung: 'Metrics page breached',
				breaker: 'DB circuit breaker breached',
				leak: 'Memory breached',
			};
			const demo = await startDemo('--incident', name, '--after', '6s');
			await using _ = demo.terminal;
			const screen = await demo.terminal.waitForText(/ROLLED BACK|ROLLBACK DONE/, 60_000);
			expect(screen).toContain(reasons[name]);
			await demo.terminal.waitForText(/ENDED/, 20_000);
			const folder = await leave(demo, 1);
			expect(checkpoints(folder).length).toBeGreaterThanOrEqual(2);
			expect(recordText(folder)).toContain(`incident ${name}: `);
		},
	);

	test('a note names an incident and lets it happen', {timeout: 60_000}, async () => {
		const demo = await startDemo();
		await using _ = demo.terminal;
		await demo.terminal.waitForText(/T\+0:0[3-9]/, 30_000);
		await demo.terminal.keys('n');
		await demo.terminal.waitForText('What shall the journal say?');
		await demo.terminal.type('incident rls');
		await demo.terminal.keys('Enter');
		await demo.terminal.waitForText(/SECURITY|RLS violations breached/, 20_000);
		await demo.terminal.waitForText(/ENDED/, 20_000);
		await leave(demo, 1);
	});

	test('a terminal that closes in the middle ends everything', {timeout: 60_000}, async () => {
		const demo = await startDemo();
		await demo.terminal.waitForText(/stage 1\/3/, 20_000);
		await demo.terminal.stop();
		await waitUntil('no process is left', () => processesOf(demo.world).length === 0, {
			timeoutMs: 20_000,
			seen: () => processesOf(demo.world).join(),
		});
		await waitUntil('its folder is gone', () => !existsSync(join(tmpdir(), demo.world)), {timeoutMs: 20_000});
	});
});

describe('canary demo without a terminal', () => {
	test('an incident that is not known is a usage error that lists those that are', async () => {
		await using demo = await startProcess({
			name: 'demo',
			command: process.execPath,
			args: [program, 'demo', '--headless', '--incident', 'meteor'],
			env: {CANARY_HOME: home.path},
		});
		expect(await demo.exit).toMatchObject({code: 2});
		expect(demo.output()).toContain('latency');
	});

	test('interrupted, it ends what it started', {timeout: 60_000}, async () => {
		const before = worlds();
		await using demo = await startProcess({
			name: 'demo',
			command: process.execPath,
			args: [program, 'demo', '--headless'],
			env: {CANARY_HOME: home.path},
		});
		await waitUntil('it runs', () => demo.output().includes('verified'), {timeoutMs: 20_000, seen: () => demo.output()});
		const world = worlds().find(name => !before.includes(name)) ?? '';
		expect(world).not.toBe('');
		demo.signal('SIGINT');
		expect(await demo.exit).toMatchObject({code: 3});
		expect(processesOf(world)).toEqual([]);
		expect(existsSync(join(tmpdir(), world))).toBe(false);
	});
});
