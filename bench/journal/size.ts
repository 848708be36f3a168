/**
 * One recorded day of twenty guardrails a second, packed: how many bytes a value costs, and how long a seek takes. `HOME SCRAPE_SECONDS
 * TICKS`. Values are what such queries give: rates, shares and quantiles over five minutes of counters that grow by chance (a fixed
 * seed), renewed at each scrape. Prints one JSON. A process of its own, so that its memory is its own.
 */
import {once} from 'node:events';
import {createReadStream, createWriteStream, statSync, writeFileSync} from 'node:fs';
import {pipeline} from 'node:stream/promises';
import {constants, createGzip, createZstdCompress} from 'node:zlib';
import type {Fact} from '../../src/core/event.ts';
import {encodeEvent, hashOf} from '../../src/journal/codec.ts';
import {openRecord} from '../../src/journal/open-record.ts';
import {packRecord} from '../../src/journal/packed/pack.ts';
import {folderBytes} from '../../src/journal/retention.ts';
import {createSession, sessionFiles} from '../../src/journal/session-folder.ts';
import {guardrail, plan, splitRead, stage, started} from '../../test/helpers/given.ts';
import {spread} from '../kit/figures.ts';

const [, , home = '', scrapeSeconds = '1', count = '86400'] = process.argv;
const [everySeconds, ticks] = [Number(scrapeSeconds), Number(count)];
const guardrails = Array.from({length: 20}, (_, index) => guardrail({id: `g${index}`, title: `Guardrail ${index}`}));

let seed = 20_261_121;
function chance(): number {
	seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
	return seed / 2 ** 32;
}

const windowScrapes = Math.ceil(300 / everySeconds);

/** One query's value, over counters of its own. */
function createQuery(kind: number) {
	const requests: number[] = [];
	const errors: number[] = [];
	const slow: number[] = [];
	let [total, failed, late] = [1_000_000, 900, 40_000];
	let value = 0;
	return (second: number): number => {
		if (second % everySeconds !== 0) return value;
		const grown = Math.floor(everySeconds * (40 + 20 * chance()));
		total += grown;
		late += Math.floor(grown * (0.04 + 0.02 * chance()));
		if (chance() < 0.2) failed++;
		for (const [list, now] of [
			[requests, total],
			[errors, failed],
			[slow, late],
		] as const) {
			list.push(now);
			if (list.length > windowScrapes) list.shift();
		}
		const [all, bad, tail] = [requests, errors, slow].map(list => ((list.at(-1) ?? 0) - (list[0] ?? 0)) / 300) as [
			number,
			number,
			number,
		];
		if (kind === 0) value = all;
		else if (kind === 1) value = all === 0 ? 0 : (100 * bad) / all;
		// histogram_quantile: between two bounds, by where the rank falls among the counts.
		else value = tail === 0 ? 0.25 : 0.25 + 0.25 * ((0.99 * all - (all - tail)) / tail);
		return value;
	};
}
const queries = guardrails.map((_, index) => createQuery(index % 3));

const startedAtMs = Date.UTC(2026, 10, 21);
const session = createSession({sessionsFolder: home, profile: 'day', version: '0', startedAtMs, profileText: 'name: day\n'});
if (!session.ok) throw new Error(session.error);
const {folder} = session.value;
const {journal, packed} = sessionFiles(folder);
const header = JSON.stringify({
	format: 1,
	product: 'canary-console',
	version: '0',
	profile: 'day',
	startedAt: new Date(startedAtMs).toISOString(),
});
writeFileSync(journal, `${header}\n`);
const out = createWriteStream(journal, {flags: 'a'});
let hash = hashOf(header);
let seq = 0;
let lines: string[] = [];

async function add(fact: Fact, tMs: number): Promise<void> {
	const encoded = encodeEvent({...fact, seq: seq++, tMs, atMs: startedAtMs + tMs}, hash);
	hash = encoded.hash;
	lines.push(`${encoded.line}\n`);
	if (lines.length < 500) return;
	const text = lines.join('');
	lines = [];
	if (!out.write(text)) await once(out, 'drain');
}

await add(started(plan({guardrails, stages: [stage(5, {durationMs: 1e9})]})), 0);
for (let second = 0; second < ticks; second++) {
	const lateMs = Math.floor(4 * chance());
	const age = Math.floor(1_000 * chance()) + 1_000 * (second % everySeconds);
	const readings = Object.fromEntries(
		guardrails.map(({id}, index) => [
			id,
			{
				kind: 'values' as const,
				series: [{labels: {instance: '10.0.0.1:9100', side: 'canary'}, value: queries[index]?.(second) ?? 0}],
				seriesCount: 1,
				ageMs: age,
				up: [2, 2] as const,
				tookMs: 2 + Math.floor(3 * chance()),
			},
		]),
	);
	const tMs = second * 1_000 + lateMs;
	await add(
		{type: 'tick-taken', dueMs: second * 1_000, lateMs, missed: 0, readings, observedPercent: 5 + (second % 7) / 100, skewMs: 1},
		tMs,
	);
	if (second % 5 !== 0) continue;
	await add(splitRead(5), tMs + 1);
	const sample = `upstream timed out after ${Math.floor(3_000 * chance())} ms`;
	const group = {
		signature: 'upstream timed out after # ms',
		code: 'E',
		level: 'error',
		side: 'candidate' as const,
		count: 12,
		sample,
	};
	await add({type: 'errors-seen', groups: [group], lines: 40, dropped: 0}, tMs + 2);
}
await add({type: 'session-ended', outcome: 'promoted', reason: 'done'}, ticks * 1_000);
await new Promise<void>(resolve => out.end(lines.join(''), () => resolve()));

async function compressed(through: NodeJS.ReadWriteStream): Promise<number> {
	let bytes = 0;
	through.on('data', (chunk: Buffer) => {
		bytes += chunk.length;
	});
	await pipeline(createReadStream(journal), through as Parameters<typeof pipeline>[1] & NodeJS.WritableStream);
	return bytes;
}

const values = ticks * guardrails.length;
const perValue = (bytes: number): number => Math.round((1_000 * bytes) / values) / 1_000;
const plainBytes = statSync(journal).size;
const gzip = perValue(await compressed(createGzip()));
const zstd = perValue(await compressed(createZstdCompress()));
const zstd12 = perValue(await compressed(createZstdCompress({params: {[constants.ZSTD_c_compressionLevel]: 12}})));
const startedMs = performance.now();
const done = await packRecord(folder);
if (!done.ok) throw new Error(done.error);
const packMs = Math.round(performance.now() - startedMs);

async function seeks(verify: boolean): Promise<object> {
	const took: number[] = [];
	for (let number = 0; number < 60; number++) {
		const beganMs = performance.now();
		const opened = await openRecord(folder);
		if (!opened.ok) throw new Error(opened.error.message);
		const read = await opened.value.readBlock(Math.floor(chance() * opened.value.blocks.length), {verify});
		if (!read.ok) throw new Error(read.error.message);
		took.push(performance.now() - beganMs);
		await opened.value.close();
	}
	return spread(took);
}

const seekMs = {quick: await seeks(false), verified: await seeks(true)};
const wholeMs = performance.now();
const opened = await openRecord(folder);
if (!opened.ok) throw new Error(opened.error.message);
for (const index of opened.value.blocks.keys()) await opened.value.readBlock(index, {verify: false});
const figures = {
	scrapeSeconds: everySeconds,
	ticks,
	values,
	plainMb: Math.round(plainBytes / 1e5) / 10,
	packedMb: Math.round(statSync(packed).size / 1e5) / 10,
	bytesPerValue: {folder: perValue(folderBytes(folder)), gzip, zstd, zstd12, plain: perValue(plainBytes)},
	packMs,
	seekMs,
	readWholeMs: Math.round(performance.now() - wholeMs),
};
process.stdout.write(JSON.stringify(figures));
