import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {appendFileSync, cpSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Readable} from 'node:stream';
import {text} from 'node:stream/consumers';
import {afterAll, expect, test} from 'vitest';
import {foreignIn} from '../helpers/console-kit.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {plan, started, tick} from '../helpers/given.ts';
import {createTestJournal} from '../helpers/journal.ts';
import {startTerminal, type Terminal} from '../helpers/pty.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {program} from '../helpers/world.ts';

const temp = createTempFolder('real-replay');
afterAll(() => temp.remove());

/** A session that the real program recorded: a demo whose errors led to a rollback ten seconds after the first weight. */
const recorded = new URL('../fixtures/journal-format-1/', import.meta.url).pathname;
const home = join(temp.path, 'home');
cpSync(recorded, join(home, 'sessions'), {recursive: true});
const journal = readFileSync(join(recorded, '2026-11-25T12-51-10Z-demo', 'journal.ndjson'));

const env = {CANARY_HOME: home, TZ: 'UTC'};
const open = (args: readonly string[], size: {columns?: number; rows?: number} = {}): Promise<Terminal> =>
	startTerminal({command: [process.execPath, program, 'replay', ...args], ...size, env});

/** The lines of a spoken replay whose standard input nobody types on: an end at once, or a pipe that stays open. */
async function spoken(args: readonly string[], stdin: 'ignore' | 'pipe'): Promise<string> {
	const words = [program, 'replay', 'demo', '--screen-reader', ...args];
	const child = spawn(process.execPath, words, {env: {...process.env, ...env}, stdio: [stdin, 'pipe', 'inherit']});
	const ended = once(child, 'exit');
	const said = await text(child.stdout as Readable);
	await ended;
	return `${said}exit ${child.exitCode}`;
}

test.each(['ignore', 'pipe'] as const)(
	'without keys (%s) its lines end where it was asked for, or with the record',
	async stdin => {
		const [there, whole] = await Promise.all([spoken(['--at', 'T+3s'], stdin), spoken(['--speed', '60'], stdin)]);
		expect(there).toMatch(/HEALTHY.*\nexit 0$/);
		expect(there).not.toContain('breached');
		expect(whole).toMatch(/ROLLED BACK.*\nexit 0$/);
	},
);

describeWithServers(['tmux'], 'a recorded session in a terminal', () => {
	test('its keys go to any moment, there and back, and no live verb does anything', async () => {
		await using terminal = await open(['demo', '--at', 'T+3s']);
		const screen = await terminal.waitForText(/T\+0:03 of 0:10[\s\S]*\? help/);
		expect(screen).toContain('REPLAY');
		expect(screen).toContain('HEALTHY');
		expect(screen).toMatch(/paused 60× 12:51:14 .*●.*✗ T\+0:03/);
		expect(screen).toMatch(/r roll back ⊘ \(this is a replay\)/);
		await terminal.keys('e');
		await terminal.waitForText('BREACHED');
		await terminal.waitForText('12:51:22 ✗ Errors breached');
		await terminal.keys('[');
		await terminal.waitForText('T+0:00 of 0:10');
		expect(await terminal.screen()).not.toContain('Errors breached');
		await terminal.type('$');
		await terminal.waitForText('ROLLED BACK');
		await terminal.keys('5');
		await terminal.waitForText('T+0:05 of 0:10');
		await terminal.keys('.');
		await terminal.waitForText('data 0.0 s old');
		await terminal.keys('Left');
		await terminal.waitForText('T+0:00 of 0:10');
		await terminal.keys('r');
		await terminal.waitForText('roll back: this is a replay');
		await terminal.keys(':');
		await terminal.waitForText('Go to');
		await terminal.type('T+8s');
		await new Promise(resolve => setTimeout(resolve, 150));
		await terminal.keys('Enter');
		await terminal.waitForText('BREACHING');
		await terminal.keys('Enter');
		await terminal.waitForText(/100 \*/);
		await terminal.keys('Escape');
		await terminal.waitForNoText('Esc closes');
		await terminal.keys('Space');
		await terminal.waitForText('ROLLED BACK');
		await terminal.keys('q');
		expect(await terminal.exitCode()).toBe(0);
		expect(foreignIn(terminal.rawOutput())).toBe('');
	});

	test.each([
		[80, 24],
		[40, 10],
	])('at %d×%d the line and REPLAY are there', async (columns, rows) => {
		await using terminal = await open(['demo', '--at', '33', '--ascii'], {columns, rows});
		// The verdict, the line with the breach ahead, and the verb that can't be used: all at once, whenever the terminal has them.
		const screen = await terminal.waitForText(/BREACHING[\s\S]*\*-+X[\s\S]*roll back x/);
		expect(screen).toContain('REPLAY');
	});

	test('a damaged record says so above the line and on leaving, and shows what is sound', async () => {
		const path = join(temp.path, 'damaged.ndjson');
		const lines = journal.toString('utf8').split('\n');
		lines[40] = lines[40]!.replace('"tMs":', '"tMs":1');
		writeFileSync(path, lines.join('\n'));
		await using terminal = await open([path, '--at', '100%'], {columns: 100, rows: 30});
		await terminal.waitForText(/! the record is damaged: line 41 /);
		expect(await terminal.screen()).toContain('BREACHING');
		await terminal.keys('q');
		expect(await terminal.waitForText('canary: the record is damaged: line 41 ')).toContain('shown up to event 38');
	});

	test('a journal from a pipe is looked at with the keys of the terminal', async () => {
		const path = join(recorded, '2026-11-25T12-51-10Z-demo', 'journal.ndjson');
		await using terminal = await startTerminal({
			command: ['sh', '-c', `cat ${path} | ${process.execPath} ${program} replay - --at 0%`],
			env,
		});
		await terminal.waitForText('paused');
		await terminal.keys('e');
		await terminal.waitForText('BREACHED');
		await terminal.keys('q');
		expect(await terminal.exitCode()).toBe(0);
	});

	test('a session that still runs is followed from its file', async () => {
		const folder = join(temp.path, 'running');
		mkdirSync(folder);
		const path = join(folder, 'journal.ndjson');
		const half = journal.indexOf('\n', journal.length / 2) - 10;
		writeFileSync(path, journal.subarray(0, half));
		await using terminal = await open([folder, '--follow']);
		const screen = await terminal.waitForText('following');
		expect(screen).not.toMatch(/cut off/);
		appendFileSync(path, journal.subarray(half));
		await terminal.waitForText('ROLLED BACK');
		expect(readFileSync(path)).toEqual(journal);
	});

	test('what a recorded line would have the terminal do never reaches it', async () => {
		const {path, journal: hostile, add} = createTestJournal(temp.path);
		const evil = '\x1B]52;c;ZXZpbA==\x07\x1B[2J\x1B]0;evil\x07\x9B31m\u202Eevil';
		add(
			started(plan({logs: ['app.log']})),
			tick(0, 1),
			{type: 'note-added', by: evil, text: `note ${evil} end`},
			{
				type: 'errors-seen',
				groups: [
					{signature: `sig ${evil}`, code: evil, level: 'error', side: 'candidate', count: 1, sample: `sample ${evil} end`},
				],
				lines: 1,
				dropped: 0,
			},
		);
		await hostile.close(5_000);
		await using terminal = await open([path, '--at', '100%']);
		await terminal.waitForText('sig ');
		await terminal.keys('Tab', 'Tab', 'Tab');
		await terminal.keys('z');
		await terminal.waitForText(/sample|zoomed/);
		await terminal.keys('q');
		await terminal.exitCode();
		expect(foreignIn(terminal.rawOutput())).toBe('');
	});
});
