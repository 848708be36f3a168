import {createHash} from 'node:crypto';
import {appendFileSync, cpSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {beforeAll, expect, test} from 'vitest';
import {appendFinished} from '../../src/journal/append-finished.ts';
import {encodeEvent, hashOf} from '../../src/journal/codec.ts';
import {packRecord} from '../../src/journal/packed/pack.ts';
import {sessionFiles} from '../../src/journal/session-folder.ts';
import {type Verification, verifySession} from '../../src/journal/verify.ts';
import {startControlled} from '../helpers/controlled-session.ts';
import {note} from '../helpers/journal.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

const temp = createTempFolder('verify');
let original = '';
let count = 0;

/** A real session with a checkpoint, ended and sealed by its controller. */
beforeAll(async () => {
	const {controller, folder} = await startControlled(temp.path);
	await controller.stop('over', 'leave');
	await appendFinished(folder, [
		{type: 'session-ended', outcome: 'ended', reason: 'by hand'},
		{type: 'controller-stopping', reason: 'the session has ended'},
	]);
	original = folder;
	const {hash} = JSON.parse(readFileSync(sessionFiles(folder).journal, 'utf8').split('\n')[3] ?? '') as {hash: string};
	const text = JSON.stringify({journal: {seq: 2, hash}});
	writeFileSync(join(folder, 'checkpoints', 'T+15m.json'), text);
	writeFileSync(join(folder, 'artifacts', 'A.log'), 'one\n');
	const sum = (bytes: string) => createHash('sha256').update(bytes).digest('hex');
	const added = await appendFinished(folder, [
		{type: 'checkpoint-written', intentId: '1:0', name: 'T+15m', trigger: 'asked', sha256: sum(text), bytes: text.length},
		{type: 'artifact-written', name: 'A.log', sha256: sum('one\n'), bytes: 4},
		note('over'),
	]);
	if (!added.ok) throw new Error(added.error);
	return () => rmSync(temp.path, {recursive: true, force: true});
}, 60_000);

/** What is found in a copy of the session after something was done to it. */
async function after(tamper: (folder: string) => unknown): Promise<Verification> {
	// Beside the seals of the same home, under the name that stands in them.
	const folder = join(temp.path, `copy-${count++}`, 'sessions', original.split('/').at(-1) ?? '');
	cpSync(original, folder, {recursive: true});
	cpSync(join(temp.path, 'seals.ndjson'), join(folder, '..', '..', 'seals.ndjson'));
	await tamper(folder);
	const found = await verifySession(folder);
	rmSync(join(folder, '..', '..'), {recursive: true});
	return found;
}

const lines = (): string[] => readFileSync(sessionFiles(original).journal, 'utf8').split('\n').slice(0, -1);
const rewrite = (changed: readonly string[]) => (folder: string) =>
	writeFileSync(sessionFiles(folder).journal, changed.map(line => `${line}\n`).join(''));

test('a session that nobody touched is sound, plain and packed', async () => {
	expect(await after(() => {})).toMatchObject({problems: [], notes: [], status: 'finished'});
	expect(await after(packRecord)).toMatchObject({problems: [], notes: [], status: 'finished'});
});

test('each line taken out is found, with its place', async () => {
	for (const [index] of lines().entries()) {
		const {problems} = await after(rewrite(lines().toSpliced(index, 1)));
		expect(problems, `line ${index + 1}`).not.toEqual([]);
		const isLast = index === lines().length - 1;
		if (index > 0) expect(problems.some(({line, seq}) => seq === index - 1 && (isLast || line === index + 1))).toBe(true);
	}
});

test('each two lines swapped are found', async () => {
	for (let index = 0; index + 1 < lines().length; index++) {
		const [one = '', other = ''] = lines().slice(index, index + 2);
		const {problems} = await after(
			rewrite(
				lines()
					.with(index, other)
					.with(index + 1, one),
			),
		);
		expect(problems[0]?.line, `line ${index + 1}`).toBeGreaterThan(0);
		expect(problems[0]?.line).toBeLessThanOrEqual(index + 2);
	}
});

test('each number of last lines cut off is found, also when the seal in the folder is taken away', async () => {
	for (let kept = 1; kept < lines().length; kept++) {
		const cut = lines().slice(0, kept);
		const {problems} = await after(rewrite(cut));
		expect(
			problems.some(({message}) => /cut off|ends within/.test(message)),
			`${kept} lines kept`,
		).toBe(true);
		const without = await after(folder => {
			rewrite(cut)(folder);
			rmSync(sessionFiles(folder).seal);
		});
		expect(without.problems, `${kept} lines kept, no seal`).not.toEqual([]);
	}
});

test('a byte changed anywhere in any line is found at its line, or the next', async () => {
	const text = lines().join('\n');
	for (let at = 0; at < text.length; at += 17) {
		const old = text[at] ?? '';
		const changed = `${text.slice(0, at)}${old === '7' ? '8' : '7'}${text.slice(at + 1)}`;
		if (old === '\n') continue;
		const {problems} = await after(rewrite(changed.split('\n')));
		const line = text.slice(0, at).split('\n').length;
		expect(problems, `byte ${at}, line ${line}: ${text.slice(at - 20, at + 20)}`).not.toEqual([]);
		const place = problems[0]?.line ?? 0;
		expect(place === line || place === line + 1 || line >= lines().length, `byte ${at}: line ${line}, said ${place}`).toBe(true);
	}
});

test('a byte changed anywhere in a packed journal is found', async () => {
	let bytes = Buffer.alloc(0);
	await after(async folder => {
		await packRecord(folder);
		bytes = readFileSync(sessionFiles(folder).packed);
	});
	for (let at = 0; at < bytes.length; at += 5) {
		const changed = Buffer.from(bytes);
		changed[at] = (changed[at] ?? 0) ^ 0x10;
		const {problems} = await after(folder => {
			rmSync(sessionFiles(folder).journal);
			writeFileSync(sessionFiles(folder).packed, changed);
		});
		expect(problems, `byte ${at} of ${bytes.length}`).not.toEqual([]);
	}
	const cut = await after(folder => {
		rmSync(sessionFiles(folder).journal);
		writeFileSync(sessionFiles(folder).packed, bytes.subarray(0, -20));
	});
	expect(cut.problems).not.toEqual([]);
});

test('a journal written anew, chain and all, does not fit its seals', async () => {
	const [header = '', ...events] = lines();
	let hash = hashOf(header);
	const forged = events.map(line => {
		const {at, hash: _, ...rest} = JSON.parse(line) as {at: string; hash: string; seq: number};
		const event = {...rest, ...(rest.seq === 2 && {lateMs: 99}), atMs: Date.parse(at)};
		const encoded = encodeEvent(event as unknown as Parameters<typeof encodeEvent>[0], hash);
		hash = encoded.hash;
		return encoded.line;
	});
	const {problems} = await after(rewrite([header, ...forged]));
	expect(problems.map(({file}) => file.split('/').at(-1))).toEqual(expect.arrayContaining(['seals.ndjson', 'journal.seal']));
});

test('a checkpoint or artifact that was changed, taken away or made longer is found', async () => {
	for (const path of ['checkpoints/T+15m.json', 'artifacts/A.log']) {
		const changed = await after(folder => writeFileSync(join(folder, path), 'two'));
		expect(changed.problems).toMatchObject([{file: path, message: expect.stringContaining('was changed')}]);
		const gone = await after(folder => rmSync(join(folder, path)));
		expect(gone.problems).toMatchObject([{file: path, message: expect.stringContaining('is missing')}]);
		const longer = await after(folder => appendFileSync(join(folder, path), 'x'));
		expect(longer.problems[0]?.file).toBe(path);
	}
});
