import {execFileSync} from 'node:child_process';
import {appendFileSync, cpSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test, vi} from 'vitest';
import {incidentHtml, reportHtml} from '../../src/commands/report-html.ts';
import {tellSession} from '../../src/commands/report-read.ts';
import {signCommand} from '../../src/commands/sign.ts';
import {decisionMarkdown} from '../../src/report/decision-md.ts';
import {incidentOf} from '../../src/report/incident.ts';
import {incidentMarkdown} from '../../src/report/incident-md.ts';
import {createTempFolder, type TempFolder} from '../helpers/temp-folder.ts';
import {countLines} from './independent-count.ts';
import {longPlan, reading, runLongSession} from './long-session.ts';

const hostile = 'rate <script>alert(1)</script> | [x](http://evil.example/)';
let temp: TempFolder;
let good: string;
let bad: string;

beforeAll(async () => {
	temp = createTempFolder('report');
	const group = {signature: hostile, code: '429', level: 'error', side: 'candidate', count: 7, sample: hostile} as const;
	good = await runLongSession(join(temp.path, 'good'), {
		batches: [100, 101, 400].map(minute => [minute, {tMs: 0, groups: [group], lines: 9, matched: 7, dropped: 1}] as const),
	});
	bad = await runLongSession(join(temp.path, 'bad'), {
		reads: (id, minute) => (id === 'success' && minute > 33 ? reading(97.3, {requests: 4.2}) : undefined),
		hours: 1,
	});
}, 60_000);
afterAll(() => temp.remove());

/** The session once more, for a test that damages it. */
function copyOf(folder: string, name: string): string {
	const copy = join(temp.path, name);
	cpSync(folder, copy, {recursive: true});
	return copy;
}

test('twelve hours in three stages: PASS, and every number is the one that an independent count finds', async () => {
	const {summary} = await tellSession(good);
	expect(summary.decision).toMatchObject({verdict: 'PASS', missing: []});
	const counted = countLines(join(good, 'journal.ndjson'), longPlan());
	expect(summary.stages).toHaveLength(3);
	for (const [index, stage] of summary.stages.entries()) {
		const own = counted.stages[index]!;
		expect(stage).toMatchObject({
			weightPercent: own.weight,
			entered: {seq: own.enteredSeq},
			exited: {seq: own.exitedSeq},
			lastedMs: own.lastedMs,
			ticks: own.ticks,
			errorLines: {count: own.errorLines},
			requests: {count: own.requests},
		});
		for (const guardrail of stage.guardrails) {
			const {stats} = guardrail;
			expect({id: guardrail.id, ...stats}).toMatchObject({id: guardrail.id, ...own.guardrails[guardrail.id]});
			if (own.margins[guardrail.id] !== undefined) {
				expect(guardrail.margin?.value).toBeCloseTo(own.margins[guardrail.id]!, 9);
			}
		}
	}
	for (const guardrail of summary.guardrails) expect(guardrail.stats).toMatchObject(counted.whole[guardrail.id]!);
	expect(summary.window).toMatchObject(counted.window);
	expect(summary.window?.coveredPercent).toBe(100);
	expect(summary.errors).toMatchObject({lines: 21, dropped: 3});
	expect(summary.actions.map(({toPercent, tookMs, events, result}) => ({toPercent, tookMs, events, result}))).toEqual(
		counted.actions,
	);
	expect(summary.trend.everyMs).toBe(3_600_000);
	expect(summary.trend.rows.map(({ticks, errorLines, values}) => ({ticks, errorLines, p95: values['p95']}))).toEqual(
		counted.trend,
	);
	expect(summary.trend.rows.reduce((sum, {ticks}) => sum + ticks, 0)).toBe(summary.window?.ticks);
	expect(summary.files.map(({name, sha256, bytes}) => ({name, sha256, bytes}))).toEqual(counted.files);
	expect(summary.files.every(({onDisk}) => onDisk === 'same')).toBe(true);
	expect(summary.triggers.list.every(({fired}) => fired.length === 0)).toBe(true);
	expect(summary.last.seq).toBe(counted.lastSeq);
});

test('the Markdown says what a person looks for, and nothing from outside is markup in it', async () => {
	const text = decisionMarkdown((await tellSession(good)).summary);
	expect(text).toMatch(/^# PASS: Knowledge API R2\n/);
	expect(text).toMatch(/\| Success \| ≥ 99 % \| worst 99\.65 % \| ✓ \| \[#\d+\] \|/);
	expect(text).toMatch(/\| phase 2 \| 25 % \| 30:00 \| 30:\d\d \|/);
	expect(text).toMatch(/## Trend, every 1h/);
	expect(text).toMatch(/\| promote → 25 % \| 5 % \| 25 % \|/);
	expect(text).toContain('    be_knowledge/r2 weight 25 UP');
	expect(text).not.toMatch(/(?<!\\)<script|(?<!\\)\]\(http/);
});

test('the page needs nothing but itself', async () => {
	const {recorded, summary} = await tellSession(good);
	const page = await reportHtml(recorded, summary);
	expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|\bsrc=|\bhref=|url\((?!#)|\son\w+=/i);
	expect(page).not.toMatch(/xmlns|undefined|\[object/);
	expect(page.match(/<svg /g)).toHaveLength(1 + summary.guardrails.length);
	expect(page).toContain('rate &lt;script&gt;');
	expect(page).toContain('prefers-color-scheme: dark');
	// Each drawing clips by its own shape.
	const clips = [...page.matchAll(/clipPath id="([^"]+)"/g)].map(([, id]) => id);
	expect(new Set(clips).size).toBe(clips.length);
});

test('a rollback is FAIL, and its incident names the first cause with its times and its exposure', async () => {
	const {recorded, summary} = await tellSession(bad);
	expect(summary.decision.verdict).toBe('FAIL');
	const incident = incidentOf(recorded, summary)!;
	const raw = readFileSync(join(bad, 'journal.ndjson'), 'utf8')
		.trim()
		.split('\n')
		.slice(1)
		.map(line => JSON.parse(line));
	const outside = raw.find(({type, readings}) => type === 'tick-taken' && readings.success.series[0].value < 99);
	const intended = raw.find(({type, purpose}) => type === 'action-intended' && purpose === 'rollback');
	const verified = raw.find(({type, intentId}) => type === 'action-verified' && intentId === intended.intentId);
	expect(incident.cause).toMatchObject({
		guardrail: 'success',
		outOfBound: {seq: outside.seq},
		first: {value: 97.3, events: {fromSeq: outside.seq}},
		worst: {value: 97.3},
	});
	expect(incident.cause?.before?.value).toBeGreaterThan(99);
	expect(incident.times).toMatchObject({
		detectionMs: 180_000,
		actionMs: verified.tMs - intended.tMs,
		totalMs: verified.tMs - outside.tMs,
	});
	expect(incident.exposure?.percentSeconds).toBeCloseTo((25 * (verified.tMs - outside.tMs)) / 1_000, 6);
	const text = incidentMarkdown(incident, summary);
	expect(text).toMatch(/# Incident: Knowledge API R2/);
	expect(text).toMatch(/\| First value outside \| 97\.3 % \| \[#\d+\] \|/);
	expect(text).toMatch(/25 % of the traffic for 3m/);
	expect(await incidentHtml(recorded, summary, incident)).toContain('First cause');
});

test('without a rollback there is no incident', async () => {
	const {recorded, summary} = await tellSession(good);
	expect(incidentOf(recorded, summary)).toBeUndefined();
});

test('without a request rate the exposure says so', async () => {
	const plan = longPlan();
	const guardrails = plan.guardrails.map(({minRequests: _, ...one}) => one);
	const folder = await runLongSession(join(temp.path, 'no-rate'), {
		plan: {...plan, guardrails},
		reads: (id, minute) => (id === 'security' && minute > 5 ? reading(1) : undefined),
		hours: 1,
	});
	const {recorded, summary} = await tellSession(folder);
	const incident = incidentOf(recorded, summary)!;
	expect(incident).toMatchObject({security: true});
	expect(incidentMarkdown(incident, summary)).toMatch(/SECURITY incident[\s\S]*the number of requests is not known/);
});

const shortPlan = (over: Parameters<typeof longPlan>[0] = {}) =>
	longPlan({
		stages: longPlan()
			.stages.slice(0, 1)
			.map(stage => ({...stage, weightPercent: 100})),
		...over,
	});

const missing = async (folder: string): Promise<string> => {
	const {decision} = (await tellSession(folder)).summary;
	expect(decision.verdict).toBe('INCONCLUSIVE');
	return decision.missing.map(({text}) => text).join('\n');
};

test('a gap in the data: INCONCLUSIVE, with its length', async () => {
	const folder = await runLongSession(join(temp.path, 'gap'), {
		plan: shortPlan(),
		reads: (id, minute) => (id === 'p95' && minute > 6 && minute < 9 ? {kind: 'empty', tookMs: 1} : undefined),
		hours: 1,
	});
	expect(await missing(folder)).toMatch(/^T\+\d+:\d\d, (?:2m|3m).*: p95 latency had no value to judge by/);
});

test('a gap that is shorter than the profile waits stands in the report, and PASS stays', async () => {
	const folder = await runLongSession(join(temp.path, 'short-gap'), {
		plan: shortPlan(),
		reads: (id, minute) => (id === 'p95' && minute > 6 && minute < 6.4 ? {kind: 'empty', tookMs: 1} : undefined),
		hours: 1,
	});
	const {summary} = await tellSession(folder);
	expect(summary.decision.verdict).toBe('PASS');
	expect(summary.gaps).toMatchObject([{guardrail: 'p95', counts: false}]);
	expect(summary.window?.coveredPercent).toBeLessThan(100);
});

test('a trend gate stands in the report as it was judged, with the slope and its interval', async () => {
	const gate = {op: '<', limit: 1, relative: true, perMs: 3_600_000, windowMs: 3_600_000, pieceMs: 60_000} as const;
	const stages = shortPlan().stages.map(stage => ({...stage, trends: {pool: gate}}));
	const folder = await runLongSession(join(temp.path, 'trend'), {
		plan: shortPlan({stages}),
		reads: (id, minute) =>
			id === 'pool'
				? {
						kind: 'values',
						// A wave so small that no piece of it looks like a trend, wherever the pieces begin.
						series: [{labels: {}, value: 40 + (Math.floor(minute) % 2) / 50}],
						seriesCount: 1,
						tookMs: 1,
						ageMs: 100,
						up: [1, 1],
					}
				: undefined,
		hours: 1,
	});
	const {summary} = await tellSession(folder);
	const [slope] = summary.stages[0]?.slopes ?? [];
	expect(slope).toMatchObject({guardrail: 'pool', title: 'DB pool < 1 % per hour'});
	expect(slope?.was).toMatch(/^-?[\d.]+ % per hour \(95 %: /);
	expect(decisionMarkdown(summary)).toMatch(/\| Trend gate \| Was \| Holds \| Events \|/);
});

test('a signature and an artifact that the profile asks for: INCONCLUSIVE without them, each named', async () => {
	const folder = await runLongSession(join(temp.path, 'unsigned'), {
		plan: shortPlan({signOffs: ['sre', 'product'], requiredArtifacts: ['BOARD.pdf']}),
		hours: 1,
	});
	const text = await missing(folder);
	expect(text).toMatch(/sign-off of sre is missing/);
	expect(text).toMatch(/sign-off of product is missing/);
	expect(text).toMatch(/artifact BOARD\.pdf is missing/);
	expect(decisionMarkdown((await tellSession(folder)).summary)).toMatch(/### Missing\n\n- the artifact BOARD\.pdf is missing/);
});

test('a checkpoint that was changed or taken away: INCONCLUSIVE', async () => {
	const changed = copyOf(good, 'changed');
	writeFileSync(join(changed, 'checkpoints', 'T+15m.json'), '{}');
	expect(await missing(changed)).toMatch(/checkpoint T\+15m is not the file that was written: its sha256 differs/);
	rmSync(join(changed, 'checkpoints', 'T+15m.json'));
	expect(await missing(changed)).toMatch(/checkpoint T\+15m is not in the session folder/);
});

test('a torn journal: INCONCLUSIVE; a line changed in the middle: read as far as it is sound', async () => {
	const torn = copyOf(good, 'torn');
	appendFileSync(join(torn, 'journal.ndjson'), '{"seq":9999,"at":"20');
	expect(await missing(torn)).toMatch(/the journal is not whole: line \d+, the last, was cut off/);
	const cut = copyOf(good, 'cut');
	const path = join(cut, 'journal.ndjson');
	const lines = readFileSync(path, 'utf8').split('\n');
	lines[500] = lines[500]!.replace('"tMs":', '"tMs":1');
	writeFileSync(path, lines.join('\n'));
	expect(await missing(cut)).toMatch(/the journal is not whole: line 501 .*[\s\S]*the session is not over/);
});

test('a signature after the end: in the journal, and the decision is written anew', async () => {
	const folder = await runLongSession(join(temp.path, 'signed'), {plan: shortPlan({signOffs: ['sre', 'product']}), hours: 1});
	const sign = (role: string, as: string) => signCommand(folder, {role, as, note: 'looked at it', json: true, operator: 'bo'});
	const said = vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
	try {
		await expect(sign('finance', 'Eve')).rejects.toThrow(/the profile asks no role "finance"/);
		expect(await sign('sre', 'Ana Lima')).toBe(0);
		expect(JSON.parse(readFileSync(join(folder, 'SUMMARY.json'), 'utf8')).decision.verdict).toBe('INCONCLUSIVE');
		expect(await sign('product', 'Max')).toBe(0);
	} finally {
		said.mockRestore();
	}
	const lines = readFileSync(join(folder, 'journal.ndjson'), 'utf8').trim().split('\n');
	expect(JSON.parse(lines.at(-1)!)).toMatchObject({type: 'signed-off', role: 'product', name: 'Max', by: 'bo'});
	const decision = readFileSync(join(folder, 'DECISION.md'), 'utf8');
	expect(decision).toMatch(/^# PASS/);
	expect(decision).toMatch(/\| sre \| yes \| Ana Lima \| .* \| looked at it \| \[#\d+\] \|/);
});

test('budgets: what a stage was allowed and what it used', async () => {
	const errorClasses = [{name: 'rate-limited', codes: ['429'], expected: true, onSpent: 'warn'}] as const;
	const stages = longPlan()
		.stages.slice(0, 1)
		.map(stage => ({...stage, weightPercent: 100, budget: {'rate-limited': {count: 50}, critical: {count: 0}}}));
	const group = {signature: 'slow down', code: '429', level: 'error', side: 'candidate', count: 4, sample: 'slow down'} as const;
	const batches = [5, 7].map(minute => [minute, {tMs: 0, groups: [group], lines: 4, matched: 4, dropped: 0}] as const);
	const folder = await runLongSession(join(temp.path, 'budget'), {plan: shortPlan({stages, errorClasses}), batches, hours: 1});
	const {summary} = await tellSession(folder);
	expect(summary.stages[0]?.budgets).toMatchObject([
		{name: 'rate-limited', expected: true, allowed: 50, used: 8, events: {fromSeq: expect.any(Number)}},
		{name: 'critical', allowed: 0, used: 0},
	]);
	expect(decisionMarkdown(summary)).toMatch(/\| rate-limited \(expected\) \| 50 \| 8 \| ✓ \|/);
});

test('the same journal gives the same words, and the sums of a shell are those of the report', async () => {
	const [first, second] = [await tellSession(good), await tellSession(good)];
	expect(decisionMarkdown(first.summary)).toBe(decisionMarkdown(second.summary));
	const file = first.summary.files.find(({kind}) => kind === 'checkpoint')!;
	const sum = execFileSync('sha256sum', [join(good, 'checkpoints', `${file.name}.json`)], {encoding: 'utf8'});
	expect(sum.split(' ')[0]).toBe(file.sha256);
});
