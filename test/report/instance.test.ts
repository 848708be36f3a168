import {afterAll, expect, test} from 'vitest';
import {tellSession} from '../../src/commands/report-read.ts';
import type {Fact} from '../../src/core/event.ts';
import {decisionMarkdown} from '../../src/report/decision-md.ts';
import {plan, splitRead, started, verified} from '../helpers/given.ts';
import {createTestJournal} from '../helpers/journal.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

const temp = createTempFolder('report-instance');
afterAll(() => temp.remove());

test('an instance of the candidate’s own stands armed, and fires when it ends by itself with traffic', async () => {
	const instance = {command: 'serve', withinMs: 1_000, onExit: 'rollback'} as const;
	const test = createTestJournal(temp.path);
	const process = {pid: 7, startTicks: '1', bootId: 'b', host: 'h'};
	const ended: Fact = {type: 'instance-ended', message: 'pid 7 ended with 1', left: 0};
	const start = {intentId: '9:0', purpose: 'start', toPercent: 5, stageIndex: 0, reason: 'go', by: 'canary-console'} as const;
	test.add(
		started(plan({instance})),
		splitRead(0),
		{type: 'instance-start-intended', intentId: '2:0', command: 'serve'},
		{type: 'instance-started', process, found: false},
		ended,
		{type: 'action-intended', ...start},
		verified('9:0', 5),
		ended,
		{type: 'session-ended', outcome: 'ended', reason: ''},
	);
	await test.journal.close(5_000);
	const {summary} = await tellSession(test.folder);
	const rule = {title: "the candidate's own instance", when: 'it ends by itself with traffic', does: 'rollback'};
	expect(summary.triggers.others).toEqual([{...rule, fired: [7]}]);
	expect(decisionMarkdown(summary)).toContain("Fired: the candidate's own instance.");
});
