import {execFile, execFileSync} from 'node:child_process';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {writeOwnPid} from '../../src/journal/pid-file.ts';
import {sessionFiles} from '../../src/journal/session-folder.ts';
import {plan, splitRead, started} from '../helpers/given.ts';
import {createTestJournal, note} from '../helpers/journal.ts';
import {createTempFolder, type TempFolder} from '../helpers/temp-folder.ts';
import {program} from '../helpers/world.ts';

let temp: TempFolder;
let finished = '';
let running = '';

const canary = (...args: readonly string[]) =>
	new Promise<{code: number; stdout: string; stderr: string}>(resolve => {
		const env = {...process.env, CANARY_HOME: temp.path};
		const child = execFile(process.execPath, [program, 'sessions', ...args], {env, cwd: temp.path}, (_error, stdout, stderr) =>
			resolve({code: child.exitCode ?? -1, stdout, stderr}),
		);
		child.stdin?.end();
	});

async function session(ends: boolean): Promise<string> {
	const {folder, journal, add} = createTestJournal(join(temp.path, 'sessions'));
	add(started(plan()), splitRead(5), note('warmed by hand'));
	if (ends) add({type: 'session-ended', outcome: 'promoted', reason: 'all green'});
	await journal.close(1_000);
	return folder;
}

beforeAll(async () => {
	temp = createTempFolder('sessions');
	finished = await session(true);
	running = await session(false);
	writeOwnPid(running);
});
afterAll(() => temp.remove());

const nameOf = (folder: string): string => folder.split('/').at(-1) ?? '';

test('a finished session is packed, shown, verified and exported; a running one stays as it is', {timeout: 60_000}, async () => {
	const plain = readFileSync(sessionFiles(finished).journal, 'utf8');
	expect(await canary('pack')).toMatchObject({code: 0, stdout: expect.stringContaining(nameOf(finished))});
	expect(existsSync(sessionFiles(finished).journal)).toBe(false);
	expect(existsSync(sessionFiles(running).journal)).toBe(true);
	const listed = JSON.parse((await canary('--json')).stdout) as {name: string; status: string}[];
	expect(listed.map(({name, status}) => [name, status])).toEqual(
		expect.arrayContaining([
			[nameOf(finished), 'finished'],
			[nameOf(running), 'running'],
		]),
	);
	const shown = JSON.parse((await canary('show', finished, '--json')).stdout) as Record<string, unknown>;
	expect(shown).toMatchObject({ended: {outcome: 'promoted', reason: 'all green'}, events: 4, journal: 'packed'});
	expect(await canary('verify', finished)).toMatchObject({code: 0, stdout: expect.stringContaining('sound')});

	expect(await canary('export', finished, '--out', 'one.tar.gz')).toMatchObject({code: 0});
	execFileSync('tar', ['xzf', 'one.tar.gz'], {cwd: temp.path});
	expect(readFileSync(join(temp.path, nameOf(finished), 'journal.ndjson'), 'utf8')).toBe(plain);
	expect(await canary('export', finished, '--format', 'asciicast', '--out', 'one.cast')).toMatchObject({code: 0});
	const cast = readFileSync(join(temp.path, 'one.cast'), 'utf8').trimEnd().split('\n');
	const events = cast.slice(1).map(line => JSON.parse(line) as [number, string, string]);
	expect(JSON.parse(cast[0] ?? '')).toMatchObject({version: 3, term: {cols: 120, rows: 40}});
	expect(
		events.every(([after, code, data]) => after >= 0 && after <= 2 && /^[omx]$/.test(code) && typeof data === 'string'),
	).toBe(true);
	expect(events.find(([, code]) => code === 'o')?.[2]).toContain('REPLAY');
	expect(events.some(([, code, data]) => code === 'm' && data === 'note: warmed by hand')).toBe(true);
});

test('a damaged session: verify says where, and ends with 1', {timeout: 30_000}, async () => {
	const damaged = await session(true);
	const {journal} = sessionFiles(damaged);
	writeFileSync(journal, readFileSync(journal, 'utf8').replace('warmed', 'cooled'));
	const said = await canary('verify', damaged, '--json');
	expect(said.code).toBe(1);
	expect(JSON.parse(said.stdout)).toMatchObject([{problems: [{file: 'journal.ndjson', line: 4, seq: 2}]}]);
});

test('a misspelt subcommand is named with the nearest there is, and all there are', async () => {
	const refused = await canary('prun', '--json');
	expect(refused.code).toBe(2);
	expect(refused.stderr).toContain("unknown command 'prun'\n(Did you mean prune?)");
	expect(refused.stderr).toContain('canary sessions has list, verify, show, export, prune, and pack.');
	expect(JSON.parse(refused.stdout)).toMatchObject({ok: false, exitCode: 2});
	expect((await canary('foo')).stderr).toMatch(/unknown command 'foo'\ncanary sessions has list/);
	expect(await canary('list', '--json')).toMatchObject({code: 0});
});

test('prune asks, and never takes one that runs', {timeout: 30_000}, async () => {
	expect(await canary('prune')).toMatchObject({code: 2, stderr: expect.stringContaining('--older-than')});
	expect(await canary('prune', '--keep', '0')).toMatchObject({code: 2, stderr: expect.stringContaining('--yes')});
	expect(await canary('prune', '--keep', '0', '--dry-run')).toMatchObject({code: 0, stdout: expect.stringContaining('would go')});
	expect(existsSync(finished)).toBe(true);
	expect(await canary('prune', '--keep', '0', '--yes', '--save')).toMatchObject({code: 0});
	expect(existsSync(finished)).toBe(false);
	expect(existsSync(running)).toBe(true);
	expect(await canary('prune')).toMatchObject({code: 0, stdout: 'Nothing to prune.\n'});
});
