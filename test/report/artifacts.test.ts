import {join} from 'node:path';
import {afterAll, expect, test} from 'vitest';
import {tellSession} from '../../src/commands/report-read.ts';
import {decisionMarkdown} from '../../src/report/decision-md.ts';
import {stage} from '../helpers/given.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {longPlan, runLongSession} from './long-session.ts';

const temp = createTempFolder('artifacts');
afterAll(() => temp.remove());

const hour = 3_600_000;

test('so many checks, files and checkpoints: a decision says what is short, and asks nothing of another outcome', async () => {
	const plan = longPlan({
		stages: [stage(100, {durationMs: hour, checkpointsMs: [hour]})],
		requiredArtifacts: [
			'LB_DIFF.txt',
			{name: 'METRICS_CHECKS.log', checks: 2},
			{name: 'METRICS_CHECKS.log', checks: 3},
			{name: 'LB_*.txt', count: 2},
			{name: 'ROLLBACK_RECORD.md', when: 'rolled-back'},
			{name: 'BOARD-*.pdf', when: 'promoted'},
			{checkpoints: ['T+60m']},
			{checkpoints: ['T+15m']},
		],
	});
	const {summary} = await tellSession(await runLongSession(join(temp.path, 'short'), {plan, hours: 1.1}));
	expect(summary.ended?.outcome).toBe('promoted');
	expect(summary.decision.verdict).toBe('INCONCLUSIVE');
	expect(summary.decision.missing.map(({text}) => text)).toEqual([
		'the artifact BOARD-*.pdf is missing: the journal holds no record of it',
		'the checkpoint T+15m is missing: the journal holds no record of it',
		'METRICS_CHECKS.log holds 2 of 3 checks',
		'of the artifacts LB_*.txt there are 1 of 2',
	]);
	expect(decisionMarkdown(summary)).toContain('✗ 2 of 3 checks');
	expect(summary.files.filter(({required}) => required).map(({name}) => name)).toEqual(
		expect.arrayContaining(['LB_DIFF.txt', 'METRICS_CHECKS.log', 'T+60m']),
	);
}, 30_000);
