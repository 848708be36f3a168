import {execFile, spawnSync} from 'node:child_process';
import {chmodSync, mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {beforeAll, describe, expect, test} from 'vitest';
import {createTempFolder} from '../helpers/process.ts';
import {program} from '../helpers/world.ts';

let home: string;
beforeAll(() => {
	const folder = createTempFolder('command-line');
	home = folder.path;
	return () => folder.remove();
});

const asNobody = ['--reuid=65534', '--regid=65534', '--clear-groups'];
/** Needs root, and a checkout that everybody may read. */
const nobodyMayRun = spawnSync('setpriv', [...asNobody, process.execPath, program, '--version'], {timeout: 20_000}).status === 0;

type Ended = {readonly code: number; readonly stdout: string; readonly stderr: string};

const canary = (...args: readonly string[]): Promise<Ended> => runFile(process.execPath, [program, ...args]);
const inShell = (rest: string): Promise<Ended> => runFile('/bin/sh', ['-c', `"${process.execPath}" "${program}" ${rest}`]);

function runFile(file: string, args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Ended> {
	const env = {...process.env, CANARY_HOME: home, HOME: home, NO_COLOR: '1', ...more};
	return new Promise(resolve => {
		execFile(file, [...args], {env, timeout: 30_000}, (error, stdout, stderr) => {
			resolve({code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr});
		});
	});
}

describe('the command line', {timeout: 60_000}, () => {
	test.each([
		[['status', 'nonesuch', '--json'], 2],
		[['rollback', '--json'], 2],
		[['promote', '--json', '--timeout', 'banana'], 2],
		[['check', '/nonexistent', '--json'], 2],
		[['note', '--json'], 2],
	])('%j: who asked for JSON gets JSON, also when it went wrong', async (args, code) => {
		const answer = await canary(...args);
		expect(answer.code).toBe(code);
		expect(JSON.parse(answer.stdout)).toMatchObject({ok: false, exitCode: code, error: expect.stringMatching(/\w{3}/)});
		expect(answer.stderr).toMatch(/\w{3}/);
	});

	test('a misspelt command is named, with the one that was meant', async () => {
		const {code, stderr} = await canary('chekc', 'profile.yaml');
		expect(code).toBe(2);
		expect(stderr).toContain("unknown command 'chekc'");
		expect(stderr).toContain('check');
	});

	test('a full disk behind standard output is a fault of its own, and no rollback', async () => {
		const full = await inShell('sessions > /dev/full');
		expect(full.code).toBe(4);
		expect(full.stderr).toMatch(/^canary: standard output can't be written: /);
	});

	test.runIf(nobodyMayRun)('sessions of another user are not called none', async () => {
		const closed = join(home, 'closed');
		mkdirSync(join(closed, 'sessions'), {recursive: true, mode: 0o700});
		// The folder above it must let everybody pass.
		chmodSync(home, 0o755);
		const {code, stderr} = await runFile('setpriv', [...asNobody, process.execPath, program, 'sessions'], {CANARY_HOME: closed});
		expect(code).toBe(4);
		expect(stderr).toContain('ask as the user who started them');
	});

	test.runIf(process.platform === 'linux')(
		'where no folder can be made: the place, the cause and what mends it, in no time',
		async () => {
			const profile = join(home, 'nowhere.yaml');
			writeFileSync(
				profile,
				`name: nowhere
baseline: {name: a}
candidate: {name: b}
metrics: {prometheus: {url: 'http://127.0.0.1:9'}}
guardrails: [{title: Up, query: up, healthy: '> 0'}]
stages: [{weight: 5, duration: 1h}]
router: {command: {read: {argv: [echo, '0'], parse: {regex: '([0-9]+)'}}, write: {argv: ['true', '{candidate}']}}}
burst: {url: 'http://127.0.0.1:9/', hosts: ['127.0.0.1:9'], users: [{name: ana}], requests: 1}
`,
			);
			const lost = {CANARY_HOME: '/proc/nope'};
			const ran = await Promise.all([
				canary('burst', profile, '--out', '/proc/nope'),
				canary('export', 'grafana', profile, '--out', '/proc/nope/'),
				runFile(process.execPath, [program, 'burst', profile], lost),
				runFile(process.execPath, [program, 'run', '--headless', profile], lost),
			]);
			for (const {code, stderr} of ran) {
				expect(code).toBe(2);
				expect(stderr).toMatch(/\/proc\/nope.*ENOENT.*(Name another --out|Set CANARY_HOME)/s);
			}
		},
	);

	test('without a command it says what there is', async () => {
		expect(await canary()).toMatchObject({code: 0, stdout: expect.stringMatching(/canary/)});
	});

	test('the help of each command shows an example, and all stand in a group', async () => {
		/** The names below a heading of a help text. */
		const namesIn = (help: string): string[] =>
			Array.from(help.matchAll(/^ {2}([a-z]+)(?: \[| <| {2})/gm), ([, name = '']) => name).filter(name => name !== 'help');
		const seen: string[] = [];
		const look = async (...path: readonly string[]): Promise<void> => {
			const {code, stdout} = await canary(...path, '--help');
			expect({path, code}).toEqual({path, code: 0});
			if (path.length > 0) expect({path, stdout}).toEqual({path, stdout: expect.stringMatching(/Examples?:\n {2}\$ canary /)});
			seen.push(path.join(' '));
			if (path.length > 1 || !/^(?:Commands|[A-Z][^\n]*):\n {2}[a-z]+ /m.test(stdout)) return;
			const names = namesIn(stdout);
			for (let at = 0; at < names.length; at += 2) await Promise.all(names.slice(at, at + 2).map(name => look(...path, name)));
		};
		await look();
		expect(seen).toEqual(expect.arrayContaining(['run', 'rollback', 'sessions show', 'export rules', 'split', 'init']));
		expect(seen.length).toBeGreaterThan(30);
		expect((await canary('--help')).stdout).not.toContain('Further:');
	});

	test.each([
		[['check'], '(canary check --help shows'],
		[['export', 'rules'], '(canary export rules --help shows'],
		[['split', 'nowhere.yaml'], 'nowhere.yaml: there is no such profile'],
		[['init', '--prometheus', 'prometheus:9090'], '--prometheus takes a URL such as'],
		[['init', '--metrics', 'http://127.0.0.1:1', '--router', 'haproxy'], '--router haproxy needs --haproxy-socket'],
	])('%j is answered with what helps', async (args, says) => {
		expect(await canary(...args)).toMatchObject({code: 2, stderr: expect.stringContaining(says)});
	});

	test('a session that has no event yet is not taken for one whose controller died', async () => {
		const folder = join(home, 'sessions', '2026-01-01T00-00-00Z-young');
		mkdirSync(folder, {recursive: true, mode: 0o700});
		const header = {
			format: 1,
			product: 'canary-console',
			version: '0.1.0',
			profile: 'young',
			startedAt: '2026-01-01T00:00:00.000Z',
		};
		writeFileSync(join(folder, 'journal.ndjson'), `${JSON.stringify(header)}\n`);
		const profile = join(home, 'young.yaml');
		writeFileSync(
			profile,
			`name: young
baseline: {name: a}
candidate: {name: b}
metrics: {prometheus: {url: http://127.0.0.1:1}}
guardrails: [{title: Errors, query: up, healthy: < 1}]
stages: [{weight: 5, duration: 1m}]
router: {haproxy: {socket: ${home}/none.sock, backends: [{name: b, baseline: [a], candidate: [c]}]}}
`,
		);
		const {code, stderr} = await canary('run', profile, '--headless');
		expect(code).toBe(4);
		expect(stderr).toContain("the split can't be read");
		expect(stderr).not.toContain('died');
	});
});
