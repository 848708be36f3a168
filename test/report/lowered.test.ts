import {afterAll, beforeAll, expect, test} from 'vitest';
import {tellSession} from '../../src/commands/report-read.ts';
import type {Fact} from '../../src/core/event.ts';
import {decisionMarkdown} from '../../src/report/decision-md.ts';
import {plan, splitRead, stage, started, tick, verified} from '../helpers/given.ts';
import {createTestJournal} from '../helpers/journal.ts';
import {createTempFolder, type TempFolder} from '../helpers/temp-folder.ts';

let temp: TempFolder;
beforeAll(() => {
	temp = createTempFolder('report-lowered');
});
afterAll(() => temp.remove());

const moved = (
	intentId: string,
	purpose: 'start' | 'promote' | 'lower',
	toPercent: number,
	stageIndex: number,
): readonly Fact[] => [
	{type: 'action-intended', intentId, purpose, toPercent, stageIndex, reason: '', by: 'ana'},
	verified(intentId, toPercent),
];

test('a stage that was left for less, gradually, is not told as promoted, and the next has the share it had', async () => {
	const {journal, folder, add} = createTestJournal(temp.path);
	// An event a second.
	const asked = {durationMs: 1_000, weights: [15, 10], fromPercent: 25, targetPercent: 10};
	for (const fact of [
		started(plan({stages: [stage(25, {durationMs: 60_000}), stage(100)]})),
		splitRead(0),
		...moved('a', 'start', 25, 0),
		tick(4_000, 1),
		{type: 'gradual-asked', by: 'ana', reason: 'slow', ...asked} as const,
		...moved('b', 'lower', 15, 0),
		...moved('c', 'lower', 10, 0),
		tick(10_000, 1),
		{type: 'resume-asked', by: 'ana', reason: ''} as const,
		...moved('d', 'promote', 25, 0),
		tick(14_000, 1),
		{type: 'session-ended', outcome: 'ended', reason: 'enough'} as const,
	])
		add(fact);
	await journal.close(5_000);
	const {summary} = await tellSession(folder);
	expect(summary.stages.map(({index, weightPercent, end}) => [index, weightPercent, end])).toEqual([
		[0, 25, 'lowered'],
		[0, 10, 'next'],
		[0, 25, 'ended'],
	]);
	const text = decisionMarkdown(summary);
	expect(text).toContain('lowered gradually');
	expect(text.match(/was left by hand/g)).toHaveLength(1);
});
