import {afterAll, beforeAll, expect, test} from 'vitest';
import {tellSession} from '../../src/commands/report-read.ts';
import type {Fact} from '../../src/core/event.ts';
import {guardrail, plan, splitRead, stage, started, tick} from '../helpers/given.ts';
import {createTestJournal, noonMs} from '../helpers/journal.ts';
import {createTempFolder, type TempFolder} from '../helpers/temp-folder.ts';

let temp: TempFolder;
beforeAll(() => {
	temp = createTempFolder('gaps');
});
afterAll(() => temp.remove());

const thePlan = plan({
	pollMs: 1_000,
	guardrails: [guardrail({id: 'errors', noDataAfterMs: 10_000})],
	stages: [stage(50, {durationMs: 60_000}), stage(100)],
});
const startStep: Fact = {
	type: 'action-intended',
	intentId: '1:0',
	purpose: 'start',
	toPercent: 50,
	stageIndex: 0,
	reason: 'the split and the metrics answer',
	by: 'canary-console',
};
const verified: Fact = {
	type: 'action-verified',
	intentId: '1:0',
	router: 'test',
	split: {weightPercent: 50},
	attempt: 1,
	tookMs: 5,
};
const ticks = (from: number, to: number): [number, Fact][] =>
	Array.from({length: to - from}, (_, index) => [from + index, tick((from + index) * 1_000, 1)]);

/** A session whose facts come at these seconds; told as a report. */
async function tell(name: string, ...facts: readonly (readonly [second: number, fact: Fact])[]) {
	const {folder, journal} = createTestJournal(`${temp.path}/${name}`);
	const all: readonly (readonly [number, Fact])[] = [
		[0, started(thePlan)],
		[0, splitRead(0)],
		[1, startStep],
		[1, verified],
		...facts,
	];
	for (const [seq, [second, fact]] of all.entries())
		journal.append({...fact, seq, atMs: noonMs + second * 1_000, tMs: second * 1_000});
	await journal.close(5_000);
	return (await tellSession(folder)).summary;
}

test('a controller that had died leaves a gap as long as nobody guarded, and it counts', async () => {
	const resumed: Fact = {
		type: 'controller-resumed',
		by: 'ben',
		pid: 7,
		version: '1',
		unguardedMs: 20_000,
		split: {weightPercent: 50},
	};
	const {gaps} = await tell('died', ...ticks(2, 10), [30, resumed], ...ticks(30, 40));
	expect(gaps).toContainEqual(
		expect.objectContaining({kind: 'unguarded', lastedMs: 20_000, counts: true, why: expect.stringContaining('ben')}),
	);
});

test('polls that were missed are a gap from the last one to the next', async () => {
	const {gaps, decision} = await tell('missed', ...ticks(2, 10), ...ticks(18, 25));
	expect(gaps).toContainEqual(expect.objectContaining({kind: 'unwatched', fromMs: 9_000, toMs: 18_000, counts: true}));
	expect(decision.verdict).toBe('INCONCLUSIVE');
	expect(decision.missing.map(({text}) => text).join('\n')).toMatch(/no poll for 9s/);
});

test('a clock that was set: forward by more than the profile waits it counts, back it is only said', async () => {
	const jump = (byMs: number): Fact => ({type: 'clock-jumped', byMs});
	const forth = await tell('forth', ...ticks(2, 10), [10, jump(3_600_000)], ...ticks(10, 20));
	expect(forth.gaps).toContainEqual(expect.objectContaining({kind: 'clock', lastedMs: 3_600_000, counts: true}));
	const back = await tell('back', ...ticks(2, 10), [10, jump(-3_600_000)], ...ticks(10, 20));
	expect(back.gaps).toContainEqual(expect.objectContaining({kind: 'clock', lastedMs: 3_600_000, counts: false}));
	const little = await tell('little', ...ticks(2, 10), [10, jump(4_000)], ...ticks(10, 20));
	expect(little.gaps).toContainEqual(expect.objectContaining({kind: 'clock', counts: false}));
});

test('without a break there is no gap', async () => {
	const {gaps} = await tell('whole', ...ticks(2, 40));
	expect(gaps).toEqual([]);
});
