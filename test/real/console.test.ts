import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {build} from 'esbuild';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {startTerminal, type Terminal} from '../helpers/pty.ts';

const folder = mkdtempSync(join(tmpdir(), 'canary-console-'));
const program = join(folder, 'console.mjs');

/** The console as it ships, on a made-up session: what a terminal does to it needs no servers. */
beforeAll(async () => {
	await build({
		entryPoints: [new URL('../helpers/console-main.ts', import.meta.url).pathname],
		outfile: program,
		bundle: true,
		platform: 'node',
		format: 'esm',
		target: 'node22.19',
		jsx: 'automatic',
		define: {'process.env.NODE_ENV': '"production"'},
		banner: {
			js: "import {createRequire as __createRequire} from 'node:module'; const require = __createRequire(import.meta.url);",
		},
		// Asked for only when DEV=true; anything with a default export will do.
		alias: {'react-devtools-core': 'node:util'},
		logLevel: 'error',
	});
});
afterAll(() => rmSync(folder, {recursive: true, force: true}));

type Size = {readonly columns?: number; readonly rows?: number};

const env = (more: Readonly<Record<string, string>> = {}) => ({CANARY_HOME: join(folder, 'home'), ...more});

const open = (args: readonly string[], size: Size = {}, more: Readonly<Record<string, string>> = {}): Promise<Terminal> =>
	startTerminal({command: [process.execPath, program, ...args], ...size, env: env(more)});

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

const residentKb = (pid: number): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);

describeWithServers(['tmux'], 'the console in a terminal', () => {
	describe('its screen', () => {
		test.each([
			[200, 60],
			[120, 40],
			[80, 24],
			[40, 10],
		])('at %d×%d has the verdict, the split and the way out, and follows a change of size', async (columns, rows) => {
			await using terminal = await open(['breaching'], {columns, rows});
			const screen = await terminal.waitForText('r roll back');
			expect(screen).toContain('BREACHING');
			expect(screen).toMatch(/asked 5 . conf(igured)? 5/);
			await terminal.resize(100, 30);
			const wider = await terminal.waitForText(/^ relay-r1.{76,92}old\n[\s\S]*r roll back/);
			const lines = wider.split('\n');
			expect(lines[0]).toMatch(/data \d.\d s old$/);
			expect(lines.filter(line => line.includes('1 Guardrails'))).toHaveLength(1);
		});

		test('says in the terminal’s title how it stands, and puts the old one back', async () => {
			await using terminal = await open(['breaching']);
			await terminal.waitForText('BREACHING');
			expect(await terminal.title()).toBe('BREACHING 5% relay-r1');
		});

		test('without UTF-8 is made of ASCII alone', async () => {
			await using terminal = await open(['breaching'], {}, {LANG: 'C', LC_ALL: 'C'});
			await terminal.waitForText('BREACHING');
			expect(terminal.rawOutput()).toMatch(/^[\x00-\x7F]*$/);
		});

		test('with NO_COLOR has no colour in it', async () => {
			await using terminal = await open(['breaching', 'owner', 'high-contrast'], {}, {NO_COLOR: '1'});
			await terminal.waitForText('BREACHING');
			const codes = [...terminal.rawOutput().matchAll(/\x1B\[([\d;]*)m/g)].flatMap(([, list = '']) =>
				list.split(';').map(Number),
			);
			expect(codes.length).toBeGreaterThan(10);
			expect(codes.filter(code => code >= 30)).toEqual([]);
		});

		test('never passes on what a hostile text would have the terminal do', async () => {
			await using terminal = await open(['hostile']);
			await terminal.waitForText('Guardrails');
			for (const key of ['4', 'j', '3', 'j', '1', 'j', 'Enter', 'Escape', '?', 'Escape', ':', 'Escape', 'r', 'Escape']) {
				await terminal.keys(key);
				await pause(120);
			}
			const raw = terminal.rawOutput();
			expect(raw).not.toMatch(/\x1B\]52|\x1B\]8;|\x1BP|evil\.example\x07/);
			const titles = [...raw.matchAll(/\x1B\]0;([^\x07]*)\x07/g)].map(([, title = '']) => title);
			for (const title of titles) expect(Buffer.from(title, 'latin1').toString('utf8')).not.toMatch(/[\x00-\x1F\x7F]/);
			// Ours are few and known; nothing else begins with an escape.
			expect(
				raw.replaceAll(/\x1B\[(?:[\d;]*m|\d+;1H|2K|2J|\?(?:1049|2004|2026|25|7)[hl]|2[23];0t)|\x1B\]0;[^\x07]*\x07/g, ''),
			).not.toContain('\x1B');
		});
	});

	describe('its keys', () => {
		test('two keys roll back: r, then y', async () => {
			await using terminal = await open(['breaching']);
			await terminal.waitForText('BREACHING');
			await terminal.keys('r');
			await terminal.waitForText(/R1 TASK-A {2}5 % → 0 % {2}data \d.\d s old/);
			await terminal.keys('y');
			await terminal.waitForText('rollback asked by ana@bastion');
		});

		test('a burst and a paste do no harm', async () => {
			await using terminal = await open(['breaching']);
			await terminal.waitForText('BREACHING');
			await terminal.type('ryry');
			await terminal.waitForText('press the key by itself');
			await terminal.keys('F3');
			await pause(300);
			const screen = await terminal.screen();
			expect(screen).not.toContain('All traffic goes back');
			expect(screen).not.toContain('rollback asked');
		});

		test('an attached console may only roll back until it is armed', async () => {
			await using terminal = await open(['healthy', 'attached']);
			await terminal.waitForText('HEALTHY');
			await terminal.keys('h');
			await terminal.waitForText(/arm it first/);
			await terminal.keys('A');
			await terminal.waitForText('Arm this console');
			await terminal.type('a test');
			await pause(100);
			await terminal.keys('Enter');
			await terminal.waitForText(/ARMED \d+:\d\d/);
			await terminal.keys('h');
			await terminal.waitForText('held by ana@bastion');
		});

		test('q asks what becomes of the controller, and leaving is the default', async () => {
			await using terminal = await open(['healthy']);
			await terminal.waitForText('HEALTHY');
			await terminal.keys('q');
			await terminal.waitForText('What becomes of the controller?');
			await terminal.keys('Enter');
			expect(await terminal.exitCode()).toBe(0);
			expect(await terminal.screen()).toContain('goes on being guarded');
		});
	});

	test('it comes back as it was left: theme, focus and zoom', async () => {
		const home = {CANARY_HOME: join(folder, 'kept')};
		await using terminal = await open(['healthy'], {}, home);
		await terminal.waitForText('q quit');
		await terminal.keys('3');
		await pause(150);
		await terminal.keys('z');
		await terminal.waitForText('timeline zoomed');
		await terminal.keys(':');
		await pause(150);
		await terminal.type('mono');
		await terminal.waitForText('theme: mono');
		await terminal.keys('Enter');
		await terminal.waitForText('theme: mono');
		await terminal.keys('q');
		await terminal.waitForText('What becomes of the controller?');
		await terminal.keys('Enter');
		expect(await terminal.exitCode()).toBe(0);
		await using again = await open(['healthy'], {}, home);
		await again.waitForText('timeline zoomed');
		expect(again.rawOutput()).not.toMatch(/\x1B\[3\dm/);
	});

	describe('its terminal', () => {
		const inShell = async (): Promise<Terminal> => {
			const terminal = await startTerminal({command: ['bash', '--norc', '--noprofile', '-i'], env: env({PS1: 'shell> '})});
			await terminal.waitForText('shell>');
			await terminal.type(`${process.execPath} ${program} healthy`);
			await terminal.keys('Enter');
			await terminal.waitForText('HEALTHY');
			return terminal;
		};

		/** The console's own process: the shell's child. */
		const consoleOf = (terminal: Terminal): number =>
			Number(
				execFileSync('pgrep', ['-P', String(terminal.pid), '-f', program], {encoding: 'utf8'})
					.trim()
					.split('\n')[0],
			);

		test('is given back by Ctrl-Z and taken again by fg', async () => {
			await using terminal = await inShell();
			await terminal.keys('C-z');
			const shell = await terminal.waitForText(/Stopped/);
			expect(shell).not.toContain('Guardrails');
			await terminal.type('stty -a | grep -o "[-]*icanon"');
			await terminal.keys('Enter');
			await terminal.waitForText(/^icanon/m);
			await terminal.type('fg');
			await terminal.keys('Enter');
			await terminal.waitForText('1 Guardrails');
			await terminal.keys('q');
			await terminal.waitForText('What becomes of the controller?');
			await terminal.keys('Enter');
			await terminal.waitForText('goes on being guarded');
		});

		test('is put right after kill -9', async () => {
			await using terminal = await inShell();
			process.kill(consoleOf(terminal), 'SIGKILL');
			const screen = await terminal.waitForText('The console was killed');
			expect(screen).not.toContain('1 Guardrails');
			await terminal.type('echo still $((40 + 2))');
			await terminal.keys('Enter');
			await terminal.waitForText('still 42');
		});

		test('may be frozen: memory stays, and the newest screen comes after', async () => {
			await using terminal = await open(['healthy', 'owner', 'burst'], {columns: 200, rows: 60});
			await terminal.waitForText('HEALTHY');
			await pause(2_000);
			terminal.freeze();
			await pause(2_000);
			const before = residentKb(terminal.pid);
			await pause(8_000);
			const grown = residentKb(terminal.pid) - before;
			expect(grown).toBeLessThan(25_000);
			terminal.thaw();
			await terminal.waitForText(/data 0\.\d s old/);
		}, 60_000);

		test('may go away: the console goes, too, without a word', async () => {
			const terminal = await open(['healthy']);
			await terminal.waitForText('HEALTHY');
			const {pid} = terminal;
			await terminal.stop();
			await expect.poll(() => residentOrGone(pid), {timeout: 5_000}).toBe('gone');
		});
	});

	test('a lost controller is said in words, and the last state is kept as old', async () => {
		await using terminal = await open(['healthy', 'owner', 'lost']);
		await terminal.waitForText('HEALTHY');
		const screen = await terminal.waitForText('CONTROLLER LOST');
		expect(screen).toContain('○ LOST');
		expect(screen).toContain('TTFV p95');
	});

	test('for a screen reader prints lines, stays on the first screen, and takes the same keys', async () => {
		await using terminal = await open(['breaching', 'owner', 'spoken']);
		await terminal.waitForText(/BREACHING: SSE success/);
		await terminal.keys('r');
		await terminal.waitForText(/Roll back.*5 % → 0 %/);
		// Lines are there at once, and a key within 10 ms of another is none that a person pressed.
		await pause(100);
		await terminal.keys('y');
		await terminal.waitForText('rollback asked by ana@bastion');
		expect(terminal.rawOutput()).not.toContain('\x1B[?1049h');
	});
});

function residentOrGone(pid: number): string {
	try {
		return /State:\s+Z/.test(readFileSync(`/proc/${pid}/status`, 'utf8')) ? 'gone' : 'there';
	} catch {
		return 'gone';
	}
}
