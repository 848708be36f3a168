import {appendFile, chmod, copyFile, mkdtemp, open, rename, rm, symlink, truncate, unlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {createRedactor, redact} from '../../../src/base/redact.ts';
import type {LogQuestion, TailOptions} from '../../../src/core/tail-options.ts';
import {
	type LogAnswer,
	openTail,
	type Tail,
	type TailBatch,
	type TailNotice,
	type TailSetup,
} from '../../../src/sources/tail/tail.ts';

let folder: string;
let stop: AbortController;
let tails: Tail[];

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'canary-tail-'));
	stop = new AbortController();
	tails = [];
});

afterEach(async () => {
	stop.abort();
	await Promise.all(tails.map(tail => tail.close()));
	await rm(folder, {recursive: true, force: true});
});

const plainLog = (paths: readonly string[], over: Partial<TailOptions> = {}): TailOptions => ({
	...{name: 'app', paths, side: 'candidate', levels: [], format: {kind: 'plain'}},
	...over,
});

async function follow(logs: readonly TailOptions[], questions: readonly LogQuestion[] = [], setup: Partial<TailSetup> = {}) {
	const batches: TailBatch[] = [];
	const answers: LogAnswer[] = [];
	const notices: TailNotice[] = [];
	const calls: number[] = [];
	const opened = openTail(
		{logs, questions, redact, clock: {nowMs: () => performance.timeOrigin + performance.now()}, ...setup},
		{
			onBatch: batch => batches.push(batch),
			onAnswers: some => {
				calls.push(performance.now());
				answers.push(...some);
			},
			onNotice: notice => notices.push(notice),
		},
		stop.signal,
	);
	if (!opened.ok) throw new Error(opened.error);
	tails.push(opened.value);
	await opened.value.ready;
	const groups = () => batches.flatMap(batch => batch.groups);
	const samples = () => groups().map(group => group.sample);
	const counted = () => groups().reduce((sum, group) => sum + group.count, 0);
	return {tail: opened.value, batches, answers, notices, calls, groups, samples, counted};
}

/** Waits for what must come true; the message is the expectation's own. */
async function soon(check: () => void, withinMs = 6_000): Promise<void> {
	for (const endMs = performance.now() + withinMs; ; await sleep(20)) {
		try {
			check();
			return;
		} catch (error) {
			if (performance.now() > endMs) throw error;
		}
	}
}

describe('where it starts', () => {
	test('at the end of what is there, and no line after that is missed', async () => {
		const path = join(folder, 'app.log');
		await writeFile(path, 'old one\nold two\nhalf a li');
		const seen = await follow([plainLog([path])]);
		await appendFile(path, 'ne\nnew\n');
		await soon(() => expect(seen.samples()).toEqual(['half a line', 'new']));
		expect(seen.tail.stats()).toMatchObject({lines: 2, matched: 2, dropped: 0});
	});

	test('some lines or bytes back, if asked', async () => {
		const path = join(folder, 'app.log');
		await writeFile(path, 'one\ntwo\nthree\n');
		const lines = await follow([plainLog([path])], [], {startBack: {backLines: 2}});
		const bytes = await follow([plainLog([path])], [], {startBack: {backBytes: 4}});
		await soon(() => expect(lines.samples()).toEqual(['two', 'three']));
		await soon(() => expect(bytes.samples()).toEqual(['three']));
	});

	test('lines from before count for no guardrail', async () => {
		const path = join(folder, 'app.log');
		await writeFile(path, 'boom\nboom\n');
		const question: LogQuestion = {guardrailId: 'g', logs: [], match: 'boom', measure: 'count', windowMs: 60_000};
		const seen = await follow([plainLog([path])], [question], {startBack: {backLines: 5}});
		await soon(() => expect(seen.counted()).toBe(2));
		await appendFile(path, 'boom\n');
		await soon(() => expect(seen.answers.at(-1)?.value).toBe(1));
	});

	test('in a file that appears later at its start', async () => {
		const path = join(folder, 'later.log');
		const seen = await follow([plainLog([path])]);
		expect(seen.notices[0]).toMatchObject({level: 'warning', log: 'app'});
		await writeFile(path, 'first\n');
		await soon(() => expect(seen.samples()).toEqual(['first']));
		await soon(() => expect(seen.notices.at(-1)?.level).toBe('info'));
	});
});

describe('through rotation', () => {
	test('renamed and created anew: the end of the old one and the start of the new one', async () => {
		const path = join(folder, 'app.log');
		await writeFile(path, '');
		const seen = await follow([plainLog([join(folder, 'app.log*')])]);
		await appendFile(path, 'before\n');
		await rename(path, `${path}.1`);
		await appendFile(`${path}.1`, 'late writer\n');
		await writeFile(path, 'after\n');
		await soon(() => expect(seen.samples().toSorted()).toEqual(['after', 'before', 'late writer']));
		await appendFile(path, 'and on\n');
		await soon(() => expect(seen.counted()).toBe(4));
	});

	test('the same with a plain name, and the count of rotations', async () => {
		const path = join(folder, 'app.log');
		await writeFile(path, '');
		const seen = await follow([plainLog([path])]);
		for (let turn = 0; turn < 3; turn++) {
			await appendFile(path, `line of turn ${turn}\n`);
			await rename(path, `${path}.${turn}`);
			await writeFile(path, '');
			await soon(() => expect(seen.tail.stats().rotations).toBe(turn + 1));
		}
		await soon(() => expect(seen.counted()).toBe(3));
	});

	test('copied and truncated, also when it has grown past the old place at once', async () => {
		const path = join(folder, 'app.log');
		await writeFile(path, 'old\n');
		const seen = await follow([plainLog([path])]);
		await appendFile(path, 'one\n');
		await soon(() => expect(seen.counted()).toBe(1));
		await copyFile(path, `${path}.1`);
		await truncate(path, 0);
		await appendFile(path, 'two\n');
		await soon(() => expect(seen.counted()).toBe(2));
		await truncate(path, 0);
		await appendFile(path, 'three, and longer than all that was there before\n');
		await soon(() => expect(seen.samples()).toEqual(['one', 'two', 'three, and longer than all that was there before']));
		expect(seen.tail.stats().cuts).toBe(2);
	});

	test('truncated under a writer that does not append: the hole is no line', async () => {
		const path = join(folder, 'app.log');
		const writer = await open(path, 'w');
		await writer.write(`${'x'.repeat(100_000)}\n`);
		const seen = await follow([plainLog([path])]);
		await truncate(path, 0);
		await writer.write('after the hole\n');
		await writer.close();
		await soon(() => expect(seen.samples()).toEqual(['after the hole']));
	});

	test('daily names', async () => {
		await writeFile(join(folder, 'app-2026-01-01.log'), 'old\n');
		const seen = await follow([plainLog([join(folder, 'app-*.log')])]);
		await appendFile(join(folder, 'app-2026-01-01.log'), 'last of the day\n');
		await writeFile(join(folder, 'app-2026-01-02.log'), 'first of the day\n');
		await soon(() => expect(seen.samples().toSorted()).toEqual(['first of the day', 'last of the day']));
	});

	test('a link that moves to a new file is followed, to an old file only from its end', async () => {
		await writeFile(join(folder, 'a.txt'), 'old a\n');
		await writeFile(join(folder, 'old.txt'), 'old news\n');
		await symlink('a.txt', join(folder, 'current.log'));
		await sleep(1_050);
		const seen = await follow([plainLog([join(folder, 'current.log')])]);
		await appendFile(join(folder, 'a.txt'), 'in a\n');
		await soon(() => expect(seen.counted()).toBe(1));
		const point = async (target: string): Promise<void> => {
			await symlink(target, join(folder, 'next'));
			await rename(join(folder, 'next'), join(folder, 'current.log'));
		};
		await point('old.txt');
		await soon(() => expect(seen.tail.stats().rotations).toBe(1));
		await appendFile(join(folder, 'old.txt'), 'new in old\n');
		await writeFile(join(folder, 'b.txt'), 'new in b\n');
		await soon(() => expect(seen.counted()).toBe(2));
		await point('b.txt');
		await soon(() => expect(seen.samples()).toEqual(['in a', 'new in old', 'new in b']));
	});

	test('a file and a link to it are one', async () => {
		await writeFile(join(folder, 'app.log'), '');
		await symlink('app.log', join(folder, 'link.log'));
		const seen = await follow([plainLog([join(folder, '*.log')])]);
		await appendFile(join(folder, 'app.log'), 'once\n');
		await soon(() => expect(seen.counted()).toBe(1));
		await sleep(300);
		expect(seen.counted()).toBe(1);
	});
});

describe('hostile lines', () => {
	test('escapes, invalid UTF-8, BOM, CRLF and NULs come out clean', async () => {
		const path = join(folder, 'app.log');
		await writeFile(path, '');
		const seen = await follow([plainLog([path])]);
		const lines = ['\x1b[2Jclear', '\x1b]0;title', 'bad \xff\xfe bytes', 'cr\r', '\0\0nul', 'bidi \u202e', 'password=hunter2'];
		await appendFile(
			path,
			Buffer.concat([
				Buffer.from('\ufeff'),
				...lines.map(line => Buffer.from(`${line}\n`, line.includes('\xff') ? 'latin1' : 'utf8')),
			]),
		);
		await soon(() => expect(seen.counted()).toBe(lines.length));
		const text = JSON.stringify(seen.groups());
		expect(text).not.toMatch(/\\u00[01]|\\u007f|\\u009|\\r|\\n|[\u202e\ufeff]|hunter/);
		expect(seen.samples()).toContain('bad \uFFFD\uFFFD bytes');
	});

	test('an endless line is one cut line, and what follows is read', async () => {
		const path = join(folder, 'app.log');
		await writeFile(path, '');
		const seen = await follow([plainLog([path])]);
		for (let part = 0; part < 30; part++) await appendFile(path, 'x'.repeat(100_000));
		await appendFile(path, '\nnext\n');
		await soon(() => expect(seen.samples().at(-1)).toBe('next'));
		expect(seen.counted()).toBe(2);
		expect(seen.tail.stats().longLines).toBe(1);
	});

	test('a file that outgrows the reader is jumped ahead in, and it is said', async () => {
		const path = join(folder, 'app.log');
		await writeFile(path, '');
		const seen = await follow([plainLog([path])]);
		await truncate(path, 100 * 1_048_576);
		await appendFile(path, 'after the flood\n');
		await soon(() => expect(seen.samples()).toEqual(['after the flood']));
		expect(seen.tail.stats().skippedBytes).toBeGreaterThan(80 * 1_048_576);
		await soon(() => expect(seen.notices.at(-1)?.text).toContain('bytes were passed over'));
	});

	test('a last line without an end is not lost', async () => {
		const path = join(folder, 'app.log');
		await writeFile(path, '');
		const seen = await follow([plainLog([path])]);
		await appendFile(path, 'panic: out of memory');
		await soon(() => expect(seen.samples()).toEqual(['panic: out of memory']));
	});

	test('a folder, a pipe or a forbidden file is a notice, not an end', async () => {
		await writeFile(join(folder, 'good.log'), '');
		await writeFile(join(folder, 'locked.log'), 'old\n');
		await chmod(join(folder, 'locked.log'), 0);
		const seen = await follow([plainLog([folder, join(folder, 'good.log'), join(folder, 'locked.log')])]);
		expect(seen.notices.map(notice => notice.text).join('\n')).toContain('is not a regular file');
		await appendFile(join(folder, 'good.log'), 'still here\n');
		await soon(() => expect(seen.samples()).toEqual(['still here']));
	});

	test('a secret with a colour in its middle is masked all the same', async () => {
		const path = join(folder, 'app.log');
		await writeFile(path, '');
		const seen = await follow([plainLog([path])], [], {redact: createRedactor({literals: ['hunter2-hunter2']})});
		await appendFile(path, 'login hunt\x1b[31m\x1b[Ker2-hun\u200Bter2 failed\n');
		await soon(() => expect(seen.samples()).toEqual(['login ••• failed']));
	});

	test('a pattern that is none is refused with a sentence', () => {
		const opened = openTail(
			{logs: [plainLog(['x'], {include: '('})], questions: [], redact, clock: {nowMs: () => 0}},
			{onBatch() {}, onAnswers() {}, onNotice() {}},
			stop.signal,
		);
		expect(opened).toEqual({ok: false, error: expect.stringContaining('missing closing')});
	});
});

describe('guardrails on the log', () => {
	const boom: LogQuestion = {guardrailId: 'boom', logs: [], match: 'boom', measure: 'count', windowMs: 2_000};

	test('are answered once at the start, when lines come, and when the window runs dry', async () => {
		const path = join(folder, 'app.log');
		await writeFile(path, '');
		const seen = await follow([plainLog([path])], [boom]);
		expect(seen.answers).toEqual([{guardrailId: 'boom', value: 0, matched: 0, sample: ''}]);
		const startMs = performance.now();
		await appendFile(path, 'boom 1\nfine\n');
		await soon(() => expect(seen.answers.at(-1)).toEqual({guardrailId: 'boom', value: 1, matched: 1, sample: 'boom 1'}));
		expect(performance.now() - startMs).toBeLessThan(1_000);
		await soon(() => expect(seen.answers.at(-1)?.value).toBe(0));
	});

	test('have no value while a log of theirs has no file', async () => {
		const [one, two] = [join(folder, 'one.log'), join(folder, 'two.log')];
		await writeFile(one, '');
		const seen = await follow([plainLog([one]), plainLog([two], {name: 'two'})], [boom]);
		expect(seen.answers.map(answer => answer.value)).toEqual([null]);
		await writeFile(two, '');
		await soon(() => expect(seen.answers.at(-1)?.value).toBe(0));
		await unlink(one);
		await soon(() => expect(seen.answers.at(-1)?.value).toBeNull(), 9_000);
	});

	test('keep counting when somebody sets the clock back', async () => {
		const path = join(folder, 'app.log');
		await writeFile(path, '');
		let offsetMs = 0;
		const clock = {nowMs: () => performance.now() + offsetMs};
		const seen = await follow([plainLog([path])], [boom], {clock});
		await appendFile(path, 'boom\n');
		await soon(() => expect(seen.answers.at(-1)?.value).toBe(1));
		offsetMs = -3_600_000;
		await appendFile(path, 'boom\n');
		await soon(() => expect(seen.answers.at(-1)?.value).toBe(2));
		await soon(() => expect(seen.answers.at(-1)?.value).toBe(0));
	});

	test('are answered at most twenty times a second, and no line is left out of the count', async () => {
		const path = join(folder, 'app.log');
		await writeFile(path, '');
		const seen = await follow([plainLog([path])], [{...boom, windowMs: 60_000}]);
		for (let turn = 0; turn < 60; turn++) {
			await appendFile(path, 'boom\n'.repeat(20));
			await sleep(15);
		}
		await soon(() => expect(seen.answers.at(-1)?.value).toBe(1_200));
		expect(seen.answers.reduce((sum, answer) => sum + answer.matched, 0)).toBe(1_200);
		const gaps = seen.calls.slice(1).map((at, index) => at - (seen.calls[index] ?? 0));
		expect(Math.min(...gaps)).toBeGreaterThan(45);
	});
});

test('batches come at most four times a second, and what is gathered at the end gets out', async () => {
	const path = join(folder, 'app.log');
	await writeFile(path, '');
	const seen = await follow([plainLog([path])]);
	for (let turn = 0; turn < 50; turn++) {
		await appendFile(path, `line ${turn}\n`);
		await sleep(20);
	}
	await soon(() => expect(seen.tail.stats().lines).toBe(50));
	await seen.tail.close();
	expect(seen.counted()).toBe(50);
	expect(seen.groups().every(group => group.signature === 'line #')).toBe(true);
	expect(seen.batches.reduce((sum, batch) => sum + batch.lines, 0)).toBe(50);
	const gaps = seen.batches.slice(1, -1).map((batch, index) => batch.tMs - (seen.batches[index]?.tMs ?? 0));
	expect(Math.min(...gaps)).toBeGreaterThan(240);
});
