import {readFileSync} from 'node:fs';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {reportHtml} from '../../src/commands/report-html.ts';
import {type Told, tellSession} from '../../src/commands/report-read.ts';
import type {Fact} from '../../src/core/event.ts';
import type {NoticeKind} from '../../src/core/notify-options.ts';
import {decisionMarkdown} from '../../src/report/decision-md.ts';
import {guardrail, plan, stage, started, tick, values} from '../helpers/given.ts';
import {createTestJournal} from '../helpers/journal.ts';
import {createTempFolder, type TempFolder} from '../helpers/temp-folder.ts';

let temp: TempFolder;
beforeAll(() => {
	temp = createTempFolder('report-told');
});
afterAll(() => temp.remove());

const hostile = '<script>alert(1)</script> | [x](http://evil.example/)';

const thePlan = plan({
	guardrails: [
		guardrail({forMs: 60_000}),
		guardrail({id: 'slow', title: 'p95', unit: 'ms', bound: {op: '<', value: 400}, forMs: 60_000}),
	],
	errorClasses: [{name: 'rate-limited', codes: ['429'], expected: true, onSpent: 'warn'}],
	alertmanager: {mayRollBack: false},
	stages: [
		stage(5, {
			name: 'first',
			durationMs: 30_000,
			first: {forMs: 6_000, overrides: {errors: {bound: {op: '<', value: 5}, forMs: 0}}},
			overrides: {slow: {bound: {op: '<', value: 300}}},
			budget: {critical: {count: 0}, 'rate-limited': {count: 3}},
		}),
		stage(100, {name: 'all', durationMs: 20_000, bake: true}),
	],
});

const up = (baseline: number, candidate: number, weightPercent: number) =>
	({weightPercent, pools: {baseline: [baseline, 3], candidate: [candidate, 3]}}) as const;
const intended = (intentId: string, toPercent: number, stageIndex: number): Fact => ({
	...{type: 'action-intended', intentId, purpose: stageIndex === 0 ? 'start' : 'promote', toPercent, stageIndex},
	...{reason: 'because', by: 'ana'},
});
const verified = (intentId: string, split: ReturnType<typeof up>): Fact => ({
	...{type: 'action-verified', intentId, router: 'r', split, attempt: 1, tookMs: 5},
});
const notified = (receiver: string, event: NoticeKind, ok: boolean, attempts = 1): Fact => ({
	...{type: 'notified', receiver, notice: '1:0', event, ok, attempts, message: ok ? 'told' : hostile},
});
const figures = {
	planned: 40,
	total: 40,
	ok: 38,
	failed: 2,
	successPercent: 95,
	averageMs: 12,
	p50Ms: 10.4,
	p95Ms: 31.6,
	p99Ms: 40,
};
const burst = (stageIndex: number): Fact => ({
	type: 'burst-started',
	stageIndex,
	planned: 40,
	users: 2,
	url: 'http://127.0.0.1/q',
});

/** One event a second, from the first; polls are taken at their own time. */
async function sessionOf(errorsAt: (seq: number) => number): Promise<string> {
	const test = createTestJournal(temp.path);
	let seq = 0;
	const add = (...facts: readonly Fact[]): void => {
		for (const fact of facts) test.add(fact.type === 'tick-taken' ? {...fact, dueMs: seq * 1_000} : fact);
		seq += facts.length;
	};
	const polls = (count: number): void => {
		for (let index = 0; index < count; index++) add(tick(0, {errors: values(errorsAt(seq)), slow: values(100 + seq)}));
	};
	add(started(thePlan), {type: 'split-read', split: up(3, 3, 0)});
	polls(2);
	add(intended('i:0', 5, 0), verified('i:0', up(3, 3, 5)));
	polls(5);
	add({type: 'split-read', split: up(3, 2, 5)});
	add(burst(0), {type: 'burst-progressed', done: 10, ok: 10, failed: 0});
	add({type: 'controller-resumed', by: 'ana', pid: 2, version: '0', unguardedMs: 900, split: up(2, 3, 5)});
	add(burst(0), {type: 'burst-finished', stageIndex: 0, ...figures, maxMs: 44, codes: {200: 38, 429: 2}, tookMs: 2_000});
	add({type: 'alert-received', fingerprint: 'f1', name: hostile, summary: 'disk is full', via: 'webhook'});
	polls(4);
	add({type: 'alert-resolved', fingerprint: 'f1', name: hostile, via: 'webhook'});
	add({type: 'alert-received', fingerprint: 'f2', name: 'Slow', summary: '', via: 'poll', action: 'AUTO_ROLLBACK'});
	add(notified('team', 'start', true), notified('team', 'start', false, 4), notified('pager', 'alarm', false, 7));
	polls(20);
	add(intended('i:1', 100, 1), verified('i:1', up(3, 3, 100)));
	polls(10);
	add({type: 'split-read', split: up(1, 3, 100)});
	polls(12);
	add({type: 'session-ended', outcome: 'promoted', reason: 'baked'});
	await test.journal.close(5_000);
	return test.folder;
}

type Line = {seq: number; tMs: number; type: string; [member: string]: unknown};
const rawLines = (folder: string): Line[] =>
	readFileSync(`${folder}/journal.ndjson`, 'utf8')
		.trim()
		.split('\n')
		.slice(1)
		.map(line => JSON.parse(line) as Line);

/** Figures counted from the raw lines, by nothing of the report's. */
function counted(folder: string) {
	const lines = rawLines(folder);
	const steps = lines.filter(({type}) => type === 'action-verified').map(({seq}) => seq);
	const end = lines.find(({type}) => type === 'session-ended')!.seq;
	const stages = steps.map((from, index) => {
		const own = lines.filter(({seq}) => seq >= from && seq < (steps[index + 1] ?? end));
		const read = own.flatMap(({split}) =>
			(split as {pools?: Record<string, [number, number]>} | undefined)?.pools ? [split] : [],
		);
		const pools = (read as {pools: Record<string, [number, number]>}[]).map(one => one.pools);
		const side = (name: string) => ({
			first: pools[0]![name]!.join('/'),
			min: `${Math.min(...pools.map(one => one[name]![0]))}/3`,
			last: pools.at(-1)![name]!.join('/'),
		});
		return {baseline: side('baseline'), candidate: side('candidate')};
	});
	const told = new Map<string, {told: number; failed: number; attempts: number}>();
	for (const line of lines.filter(({type}) => type === 'notified')) {
		const key = `${line['receiver']} ${line['event']}`;
		const one = told.get(key) ?? {told: 0, failed: 0, attempts: 0};
		one[line['ok'] ? 'told' : 'failed']++;
		one.attempts += line['attempts'] as number;
		told.set(key, one);
	}
	const first = lines.filter(
		({type, seq, tMs}) => type === 'tick-taken' && seq > steps[0]! && tMs < lines[steps[0]!]!.tMs + 6_000,
	);
	const errors = first.map(({readings}) => (readings as {errors: {series: {value: number}[]}}).errors.series[0]!.value);
	return {stages, told, first: {ticks: first.length, worst: Math.max(...errors), toSeq: first.at(-1)!.seq}, lines};
}

let calm: Told;
let calmFolder: string;
test('pools of each stage, receivers, alerts, bursts and first minutes are what an independent count finds', async () => {
	calmFolder = await sessionOf(seq => 1 + (seq % 3));
	calm = await tellSession(calmFolder);
	const {summary} = calm;
	const own = counted(calmFolder);
	expect(summary.stages).toHaveLength(2);
	for (const [index, one] of summary.stages.entries()) {
		const [baseline, candidate] = one.pools;
		expect({baseline, candidate}).toMatchObject(own.stages[index]!);
	}
	expect(summary.stages[0]?.pools).toMatchObject([{min: '2/3'}, {min: '2/3'}]);
	expect(
		new Map(
			summary.notices.list.map(({receiver, event, told, failed, attempts}) => [`${receiver} ${event}`, {told, failed, attempts}]),
		),
	).toEqual(own.told);
	const received = own.lines.filter(({type}) => type === 'alert-received');
	const over = own.lines.find(({type}) => type === 'alert-resolved')!;
	expect(summary.alerts).toMatchObject([
		{received: {seq: received[0]!.seq}, over: {seq: over.seq}, lastedMs: over.tMs - received[0]!.tMs},
		{received: {seq: received[1]!.seq}, action: 'AUTO_ROLLBACK', lastedMs: own.lines.at(-1)!.tMs - received[1]!.tMs},
	]);
	expect(summary.alerts[1]).not.toHaveProperty('over');
	const begun = own.lines.filter(({type}) => type === 'burst-started');
	expect(summary.stages[0]?.bursts).toMatchObject([
		{started: {seq: begun[0]!.seq}, planned: 40},
		{started: {seq: begun[1]!.seq}, result: {ok: 38, failed: 2, p95Ms: 31.6, codes: {200: 38, 429: 2}}},
	]);
	expect(summary.stages[0]?.bursts[0]).not.toHaveProperty('result');
	expect(summary.stages[1]?.bursts).toEqual([]);
	expect(summary.stages[0]?.first).toMatchObject({
		forMs: 6_000,
		rules: [
			{id: 'errors', bound: {op: '<', value: 5}, forMs: 0, ticks: own.first.ticks, stats: {max: own.first.worst}, fired: []},
		],
		events: {toSeq: own.first.toSeq},
	});
	expect(summary.stages[1]).toMatchObject({bake: {plannedMs: 20_000, isWhole: true}});
	expect(summary.stages[1]).not.toHaveProperty('first');
});

test('what stood armed is listed with the bounds of each stage, and that none of it fired', () => {
	expect(calm.summary.triggers.list.map(({fired}) => fired)).toEqual([[], []]);
	expect(calm.summary.triggers.others).toEqual([
		{title: 'p95, first', when: 'not < 300 ms, for 1m', does: 'rollback', fired: []},
		{title: 'Errors, first 6s of first', when: 'not < 5, at once', does: 'rollback', fired: []},
		{title: 'budget of critical errors, first', when: 'more than 0', does: 'rollback', fired: []},
		{title: 'budget of rate-limited errors, first', when: 'more than 3', does: 'warn', fired: []},
		expect.objectContaining({title: 'an alert from Alertmanager', does: 'only shown', fired: [expect.any(Number)]}),
	]);
});

test('the documents say all of it, and nothing from outside is markup in them', async () => {
	const {recorded, summary} = calm;
	const text = decisionMarkdown(summary);
	expect(text).toContain('7 triggers stood ready, 5 of them to roll back. Fired: an alert from Alertmanager.');
	expect(text).toMatch(
		/\| First 6s \|[\s\S]*\| Errors \| \\< 5 \| rollback at once \| \d \| \d inside .* \| never \| \[#6–#10\] \|/,
	);
	expect(text).toMatch(
		/\| 2 users to http:\\\/\\\/127\.0\.0\.1\/q \| 40 of 40 \| 38 \| 2 \| 10 ms \| 32 ms \| 40 ms \| 38 × 200, 2 × 429 \| 2s \| ✗ failed ones \|/,
	);
	expect(text).toMatch(/\| of 40 \| – .* ✗ cut off \|/);
	expect(text).toMatch(/Baked for \d+s of 20s; the baseline on standby had 1\/3 servers up at the fewest/);
	expect(text).toMatch(/\| Baked at 100 % \| 0:20 \| 0:2\d \| ✓ \|/);
	expect(text).toMatch(/## Alerts from outside[\s\S]*AUTO\\?_ROLLBACK[\s\S]*not over/);
	expect(text).toMatch(/## Notices[\s\S]*\| pager \| alarm \| 0 \| ✗ 1 \| 7 \|/);
	expect(text).not.toMatch(/(?<!\\)<script|(?<!\\)\]\(http/);
	const page = await reportHtml(recorded, summary);
	for (const word of ['Alerts from outside', 'Notices', 'First 6s', 'stood ready', 'Baked for', 'Load burst', 'Servers up'])
		expect(page).toContain(word);
	expect(page).not.toMatch(/<script|undefined|\[object/);
});

test('a rule of the first minutes that fired is told apart from the guardrail’s own bound and that of later', async () => {
	const folder = await sessionOf(seq => (seq === 8 ? 7 : 1));
	const {summary} = await tellSession(folder);
	const rule = summary.triggers.others.find(({title}) => title.startsWith('Errors, first'));
	const own = counted(folder);
	const outside = own.lines.find(
		({type, readings}) =>
			type === 'tick-taken' && (readings as {errors: {series: {value: number}[]}}).errors.series[0]!.value === 7,
	)!;
	expect(rule?.fired).toEqual([outside.seq]);
	expect(summary.stages[0]?.first?.rules[0]).toMatchObject({fired: [outside.seq], stats: {max: 7}});
	expect(decisionMarkdown(summary)).toContain('Errors, first 6s of first');
});

test('a record without any of it says nothing of it', async () => {
	const test = createTestJournal(temp.path);
	test.add(started(), {type: 'split-read', split: {weightPercent: 0}}, tick(2_000, 1), {
		type: 'session-ended',
		outcome: 'ended',
		reason: '',
	});
	await test.journal.close(5_000);
	const text = decisionMarkdown((await tellSession(test.folder)).summary);
	expect(text).not.toMatch(/Notices|Alerts|Load burst|Baked|Also armed|Servers up/);
	expect(text).toContain('1 trigger stood ready, 1 of them to roll back. None fired.');
});
