import {appendFile, mkdtemp, rename, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {redact} from '../../src/base/redact.ts';
import type {ErrorGroupDelta} from '../../src/core/event.ts';
import type {LogQuestion, TailOptions} from '../../src/core/tail-options.ts';
import {openTail, type Tail, type TailSetup} from '../../src/sources/tail/tail.ts';
import {writeLog} from '../helpers/log-writer.ts';

let folder: string;
let stop: AbortController;

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'canary-tail-load-'));
	stop = new AbortController();
});

afterEach(async () => {
	stop.abort();
	await rm(folder, {recursive: true, force: true});
});

const fields = {level: ['level'], code: ['code'], message: ['msg'], time: ['time']};
const log = (path: string): TailOptions => ({
	...{name: 'app', paths: [path], side: 'candidate', levels: ['error'], format: {kind: 'json', fields}},
});

async function follow(path: string, setup: Partial<TailSetup> = {}) {
	const groups: ErrorGroupDelta[] = [];
	let counted = 0;
	let value: number | null = null;
	const opened = openTail(
		{logs: [log(path)], questions: [], redact, clock: {nowMs: () => performance.timeOrigin + performance.now()}, ...setup},
		{
			onBatch(batch) {
				groups.splice(0, groups.length, ...batch.groups);
				counted += batch.groups.reduce((sum, group) => sum + group.count, 0);
			},
			onAnswers: answers => {
				value = answers.at(-1)?.value ?? value;
			},
			onNotice() {},
		},
		stop.signal,
	);
	if (!opened.ok) throw new Error(opened.error);
	await opened.value.ready;
	return {tail: opened.value, groups: () => groups, counted: () => counted, value: () => value};
}

async function readAll(tail: Tail, lines: number): Promise<void> {
	for (const endMs = performance.now() + 10_000; tail.stats().lines < lines && performance.now() < endMs; ) await sleep(50);
}

test('10,000 errors a second for 5 s: every line counted, memory flat, no more groups than kinds', async () => {
	const path = join(folder, 'app.log');
	await writeFile(path, '');
	const seen = await follow(path);
	const before = process.memoryUsage().rss;
	const written = await writeLog({path, linesPerSecond: 10_000, seconds: 5, errorEvery: 1});
	await readAll(seen.tail, written);
	await seen.tail.close();
	const {lines, matched, dropped, groups} = seen.tail.stats();
	expect(lines).toBe(written);
	expect(matched + dropped).toBe(written);
	expect(seen.counted()).toBe(matched);
	expect(groups).toMatchObject({known: 4, forgotten: 0, other: 0});
	expect(process.memoryUsage().rss - before).toBeLessThan(80 * 1_048_576);
});

test('with little time for it the rest is counted as dropped, and the guardrail still has every line', async () => {
	const path = join(folder, 'app.log');
	await writeFile(path, '');
	const question: LogQuestion = {guardrailId: 'g', logs: [], code: 'RATE_LIMIT', measure: 'count', windowMs: 60_000};
	const seen = await follow(path, {questions: [question], limits: {linesPerSecond: 500, cpuMsPerSecond: 500}});
	const written = await writeLog({path, linesPerSecond: 10_000, seconds: 3, errorEvery: 1});
	await readAll(seen.tail, written);
	await seen.tail.close();
	const {lines, matched, dropped} = seen.tail.stats();
	expect(lines).toBe(written);
	expect(seen.value()).toBe(written / 4);
	expect(dropped).toBe(written - matched);
	expect(matched).toBeGreaterThan(written / 4 + 500);
	expect(matched).toBeLessThan(written / 4 + 500 * 6);
});

test('with no time at all lines are only counted', async () => {
	const path = join(folder, 'app.log');
	await writeFile(path, '');
	const seen = await follow(path, {limits: {linesPerSecond: 0}});
	const written = await writeLog({path, linesPerSecond: 20_000, seconds: 2, errorEvery: 1});
	await readAll(seen.tail, written);
	await seen.tail.close();
	expect(seen.tail.stats()).toMatchObject({lines: written, matched: 0, dropped: written});
});

test('a log of which no two lines are alike stays small', async () => {
	const path = join(folder, 'app.log');
	await writeFile(path, '');
	const seen = await follow(path);
	const word = (index: number): string => [...String(index)].map(digit => 'abcdefghij'[Number(digit)]).join('');
	for (let turn = 0; turn < 40; turn++) {
		const lines = Array.from({length: 200}, (_, index) => `{"level":"error","msg":"${word(turn * 200 + index)} broke"}\n`);
		await appendFile(path, lines.join(''));
		await sleep(50);
	}
	await readAll(seen.tail, 8_000);
	await seen.tail.close();
	expect(seen.counted()).toBe(8_000);
	expect(seen.groups().length).toBeLessThanOrEqual(51);
	expect(seen.tail.stats().groups.known).toBeLessThanOrEqual(500);
});

test('rotated again and again while it is written: every line once', async () => {
	const path = join(folder, 'app.log');
	await writeFile(path, '');
	const seen = await follow(path);
	let written = 0;
	for (let turn = 0; turn < 8; turn++) {
		for (let part = 0; part < 20; part++) {
			// Now and then a line is cut in two by the writer's buffer.
			const line = `{"level":"error","msg":"n","code":"${written++}"}\n`;
			await appendFile(path, line.slice(0, 12));
			if (part % 5 === 0) await sleep(30);
			await appendFile(path, line.slice(12));
		}
		// A file that comes and goes between two looks at the folder can't be seen by anybody.
		for (const endMs = performance.now() + 10_000; seen.tail.stats().rotations < turn && performance.now() < endMs; )
			await sleep(20);
		await rename(path, `${path}.${turn}`);
		await writeFile(path, '');
	}
	await readAll(seen.tail, written);
	await sleep(300);
	await seen.tail.close();
	expect(seen.tail.stats()).toMatchObject({lines: written, matched: written, dropped: 0});
	expect(seen.counted()).toBe(written);
});
