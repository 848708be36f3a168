import {chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, expect, test} from 'vitest';
import type {Fact} from '../../src/core/event.ts';
import {canaryHome, sessionsFolder} from '../../src/journal/home.ts';
import {encodeProcess, ownProcess} from '../../src/journal/process-id.ts';
import {createSession, discardUnstarted, sessionFiles, sessionName} from '../../src/journal/session-folder.ts';
import {listSessions, summarise} from '../../src/journal/sessions.ts';
import {started} from '../helpers/given.ts';
import {createTestJournal, noonMs, note} from '../helpers/journal.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

const temp = createTempFolder('folder');
afterAll(() => temp.remove());

const session = {profile: 'relay-r1', version: '1', startedAtMs: noonMs, profileText: 'name: relay-r1\n'};

test('a session is for its owner only, and holds its profile and a header', () => {
	const created = createSession({sessionsFolder: join(temp.path, 'a/b'), ...session});
	if (!created.ok) throw new Error(created.error);
	const {folder} = created.value;
	const files = sessionFiles(folder);
	expect(folder).toBe(join(temp.path, 'a/b/2026-11-21T12-00-00Z-relay-r1'));
	expect(statSync(folder).mode & 0o777).toBe(0o700);
	expect(statSync(files.journal).mode & 0o777).toBe(0o600);
	expect(readFileSync(files.profile, 'utf8')).toBe('name: relay-r1\n');
	expect(JSON.parse(readFileSync(files.journal, 'utf8'))).toMatchObject({format: 1, startedAt: '2026-11-21T12:00:00.000Z'});
});

test('two sessions in one second get two folders', () => {
	const parent = join(temp.path, 'twice');
	const folders = [1, 2].map(() => createSession({sessionsFolder: parent, ...session})).map(made => made.ok && made.value.folder);
	expect(new Set(folders).size).toBe(2);
});

test('a place that can not be written is a sentence that says nothing was moved', () => {
	writeFileSync(join(temp.path, 'file'), '');
	const created = createSession({sessionsFolder: join(temp.path, 'file/sessions'), ...session});
	expect(created).toMatchObject({ok: false, error: expect.stringMatching(/ENOTDIR.*Nothing was done to the traffic/)});
});

test.each([
	['../../etc/passwd', '2026-11-21T12-00-00Z-etc-passwd'],
	['a b/ü', '2026-11-21T12-00-00Z-a-b-'],
	['…', '2026-11-21T12-00-00Z-session'],
])('a profile named %s can not leave the folder', (profile, name) => {
	expect(sessionName(noonMs, profile)).toBe(name);
});

test('the home is what the environment says, as XDG has it', () => {
	expect(canaryHome({CANARY_HOME: '/x'})).toBe('/x');
	expect(canaryHome({XDG_STATE_HOME: '/state'})).toBe('/state/canary-console');
	expect(canaryHome({XDG_STATE_HOME: 'relative'})).toMatch(/\.local\/state\/canary-console$/);
	expect(sessionsFolder('/x')).toBe('/x/sessions');
});

async function kept(parent: string, how: 'ended' | 'open', pidFile?: string) {
	const {folder, add, journal} = createTestJournal(join(temp.path, parent));
	add(started(), note('one'));
	if (how === 'ended') add({type: 'session-ended', outcome: 'rolled-back', reason: 'errors'}, note('afterwards'));
	await journal.close(1_000);
	if (pidFile !== undefined) writeFileSync(sessionFiles(folder).pid, pidFile);
	return folder;
}

test('a session is running while its process lives', async () => {
	const folder = await kept('running', 'open', encodeProcess(ownProcess()));
	expect(summarise(folder)).toMatchObject({status: 'running', process: {pid: process.pid}, lastAtMs: noonMs + 1_000});
});

test('a number that another process has now is a dead controller', async () => {
	const folder = await kept('reused', 'open', encodeProcess({...ownProcess(), startTicks: '1'}));
	expect(summarise(folder).status).toBe('dead');
});

test('one from another machine can not be judged', async () => {
	const folder = await kept('elsewhere', 'open', encodeProcess({...ownProcess(), host: 'far-away'}));
	expect(summarise(folder).status).toBe('elsewhere');
});

test('an ended session is finished, with its outcome', async () => {
	const folder = await kept('finished', 'ended');
	expect(summarise(folder)).toMatchObject({status: 'finished', outcome: 'rolled-back', reason: 'errors'});
});

test('told to leave while the end was still watched, what became of the candidate stands', async () => {
	const {folder, add, journal} = createTestJournal(join(temp.path, 'left'));
	add(started(), {type: 'session-ended', outcome: 'rolled-back', reason: 'pager'}, note('watched'));
	add({type: 'end-asked', by: 'ana', reason: 'seen enough'}, {type: 'session-ended', outcome: 'ended', reason: 'seen enough'});
	await journal.close(5_000);
	expect(summarise(folder)).toMatchObject({status: 'finished', outcome: 'rolled-back', reason: 'pager'});
});

test('the end is found below hours of watching afterwards', async () => {
	const {folder, add, journal} = createTestJournal(join(temp.path, 'long'));
	add(started(), {type: 'session-ended', outcome: 'promoted', reason: 'all held'});
	for (let index = 0; index < 3_000; index++) add(note('x'.repeat(1_000)));
	await journal.close(5_000);
	expect(summarise(folder)).toMatchObject({status: 'finished', outcome: 'promoted'});
});

test('the end is found below days of watching afterwards, when the controller left in good order', async () => {
	const {folder, add, journal} = createTestJournal(join(temp.path, 'days'));
	const ended = {outcome: 'promoted', reason: 'all held'} as const;
	add(started(), {type: 'session-ended', ...ended});
	// More than is searched.
	for (let index = 0; index < 2_400; index++) add(note('x'.repeat(15_000)));
	add({type: 'controller-stopping', reason: 'the session has ended', ended});
	await journal.close(20_000);
	expect(statSync(sessionFiles(folder).journal).size).toBeGreaterThan(33 * 1024 * 1024);
	expect(summarise(folder)).toMatchObject({status: 'finished', ...ended});
});

test('a controller that died behind the end with an instance to be seen to left it to nobody', async () => {
	const left = async (...facts: Fact[]) => {
		const {folder, journal, add} = createTestJournal(temp.path);
		writeFileSync(join(folder, 'instance.log'), '');
		add(started(), {type: 'session-ended', outcome: 'promoted', reason: 'all held'}, ...facts, note('on'));
		await journal.close(1_000);
		return summarise(folder).status;
	};
	const stopped: Fact = {type: 'instance-stopped', message: 'gone', tookMs: 1};
	expect(await left()).toBe('dead');
	expect(await left({type: 'instance-stop-intended', intentId: 'a', reason: '', by: 'x'})).toBe('dead');
	expect(await left(stopped)).toBe('finished');
	expect(await left({type: 'controller-stopping', reason: 'told to'})).toBe('finished');
});

test('a way down that was begun after the end, and was cut off, is owed: nobody guards it', async () => {
	const asked: Fact = {type: 'rollback-asked', by: 'ana', reason: 'pager'};
	const intended: Fact = {
		type: 'action-intended',
		intentId: '9:0',
		purpose: 'rollback',
		toPercent: 0,
		stageIndex: 1,
		reason: 'pager',
		by: 'ana',
	};
	const split = {weightPercent: 0};
	const verified: Fact = {type: 'action-verified', intentId: '9:0', router: 'r', split, attempt: 1, tookMs: 1};
	const promoted: Fact = {type: 'session-ended', outcome: 'promoted', reason: 'all held'};
	const statusAfter = async (...facts: Fact[]) => {
		const {folder, journal, add} = createTestJournal(temp.path);
		add(started(), promoted, ...facts, ...Array.from({length: 300}, (_, index) => note(`watching ${index}`)));
		await journal.close(1_000);
		return summarise(folder).status;
	};
	expect(await statusAfter()).toBe('finished');
	expect(await statusAfter(asked)).toBe('dead');
	expect(await statusAfter(asked, intended)).toBe('dead');
	expect(await statusAfter(asked, intended, verified)).toBe('finished');
});

test('no end and no process is dead: nobody guards it', async () => {
	expect(summarise(await kept('dead', 'open')).status).toBe('dead');
});

test('sessions are listed newest first, strangers are passed by, a broken one says so', async () => {
	const parent = join(temp.path, 'list');
	for (const hours of [0, 2, 1]) {
		createSession({sessionsFolder: parent, ...session, startedAtMs: noonMs + hours * 3_600_000});
	}
	mkdirSync(join(parent, 'notes'));
	mkdirSync(join(parent, '2026-11-22T00-00-00Z-broken'));
	const listed = listSessions(parent);
	expect(listed.map(({name}) => name.slice(11, 13))).toEqual(['00', '14', '13', '12']);
	expect(listed.map(({status}) => status)).toEqual(['unreadable', 'dead', 'dead', 'dead']);
	expect(listSessions(join(temp.path, 'nowhere'))).toEqual([]);
});

test('a whole file appears at once, or not at all', async () => {
	const {writeWhole} = await import('../../src/journal/whole-file.ts');
	const path = join(temp.path, 'whole.json');
	const written = await writeWhole(path, 'ü\n');
	expect(written).toEqual({ok: true, value: {bytes: 3, sha256: expect.stringMatching(/^[0-9a-f]{64}$/)}});
	expect(statSync(path).mode & 0o777).toBe(0o600);
	expect(await writeWhole(join(temp.path, 'missing/x.json'), 'x')).toMatchObject({
		ok: false,
		error: expect.stringMatching(/ENOENT/),
	});
	chmodSync(path, 0o400);
	expect(await writeWhole(path, 'new\n')).toMatchObject({ok: true});
	expect(readFileSync(path, 'utf8')).toBe('new\n');
});

test('a session that never began leaves nothing; one that did stays', async () => {
	const made = createSession({sessionsFolder: join(temp.path, 'discard'), ...session});
	if (!made.ok) throw new Error(made.error);
	discardUnstarted(made.value.folder);
	expect(existsSync(made.value.folder)).toBe(false);
	const begun = await kept('begun', 'open');
	discardUnstarted(begun);
	expect(existsSync(begun)).toBe(true);
	discardUnstarted(join(temp.path, 'nowhere'));
});
