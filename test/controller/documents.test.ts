import {existsSync, readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeEach, expect, test, vi} from 'vitest';
import {parse} from 'yaml';
import {fail, ok} from '../../src/base/result.ts';
import {makeDocuments} from '../../src/commands/documents.ts';
import {reportCommand} from '../../src/commands/report.ts';
import {tellSession} from '../../src/commands/report-read.ts';
import {writeDecision} from '../../src/commands/report-write.ts';
import {signCommand} from '../../src/commands/sign.ts';
import type {ControllerOptions} from '../../src/controller/controller.ts';
import type {RequiredArtifact} from '../../src/core/artifact-options.ts';
import {appendFinished} from '../../src/journal/append-finished.ts';
import {sha256} from '../../src/journal/whole-file.ts';
import type {Summary} from '../../src/report/model.ts';
import {controllerOptions, quickPlan, startControlled} from '../helpers/controlled-session.ts';
import {guardrail, stage} from '../helpers/given.ts';
import {createScriptedRouter} from '../helpers/scripted-router.ts';
import {createScriptedSource} from '../helpers/scripted-source.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {waitUntil} from '../helpers/wait.ts';

const temp = createTempFolder('documents');
afterAll(() => temp.remove());
// Commands say what they did; here nobody reads it.
beforeEach(() => {
	const said = vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
	return () => said.mockRestore();
});

/** In this process what the program does in one beside it. */
const ports = {
	makeDocuments: async (folder: string) => ok(await makeDocuments(folder)),
	writeReport: async (folder: string) => writeDecision(folder, (await tellSession(folder)).summary),
} satisfies Partial<ControllerOptions>;

const guardrails = [guardrail({group: 'Errors'}), guardrail({id: 'slow', title: 'Slow', query: 'slow', group: 'How slow?'})];
const source = () => createScriptedSource(guardrails);
const planOf = (
	requiredArtifacts: readonly RequiredArtifact[],
	stages = [stage(5, {durationMs: 100}), stage(100, {durationMs: 100})],
) => quickPlan({guardrails, stages, signOffs: ['sre'], requiredArtifacts});

const bundle: readonly RequiredArtifact[] = [
	'LB_DIFF.txt',
	'alert-rules.yaml',
	{name: 'dashboard-*.json', count: 2},
	{name: 'STAGE_REPORT-*.md', count: 2, when: 'promoted'},
	{name: 'PROMOTION_RECORD.md', when: 'promoted'},
	{name: 'ROLLBACK_RECORD.md', when: 'rolled-back'},
	{name: 'INCIDENT_REPORT.md', when: 'rolled-back'},
	{name: 'EXECUTION_SUMMARY.md', when: 'promoted'},
	{name: 'REVIEW.md', when: 'promoted'},
];

/** What is missing of files and signatures: polls of 50 ms come late on a busy machine, and that is missing too. */
const onFiles = ({decision}: Summary): readonly string[] =>
	decision.missing.map(({text}) => text).filter(text => /artifact|checkpoint|checks|sign-off/.test(text));

test('a promoted session has the whole bundle with its sums, a taken file makes it INCONCLUSIVE, a signature renews the review', async () => {
	const {controller, folder} = await startControlled(join(temp.path, 'promoted'), {
		plan: planOf(bundle),
		source: source(),
		...ports,
	});
	await controller.ended;
	const at = (name: string): string => readFileSync(join(folder, 'artifacts', name), 'utf8');
	const {summary} = await tellSession(folder);
	expect(onFiles(summary)).toEqual([expect.stringMatching(/^the sign-off of sre is missing/)]);
	const required = summary.files.filter(one => one.required).map(({name}) => name);
	expect(required.toSorted()).toEqual(
		[
			'LB_DIFF.txt',
			'alert-rules.yaml',
			'dashboard-errors.json',
			'dashboard-how-slow.json',
			'STAGE_REPORT-1.md',
			'STAGE_REPORT-2.md',
			'PROMOTION_RECORD.md',
			'EXECUTION_SUMMARY.md',
			'REVIEW.md',
		].toSorted(),
	);
	const decision = readFileSync(join(folder, 'DECISION.md'), 'utf8');
	for (const name of required) expect(decision).toContain(sha256(readFileSync(join(folder, 'artifacts', name))));
	expect(parse(at('alert-rules.yaml'))).toMatchObject({groups: [{rules: [{alert: 'Errors'}]}, {rules: [{alert: 'Slow'}]}]});
	expect(JSON.parse(at('dashboard-how-slow.json'))).toMatchObject({title: 'Canary test: How slow?'});
	expect(at('STAGE_REPORT-1.md')).toMatch(/\| No alerts: no guardrail breached \| none \| ✓ \|/);
	expect(at('STAGE_REPORT-1.md')).toMatch(/nobody signed in this stage/);
	expect(at('PROMOTION_RECORD.md')).toMatch(
		/- promote to 100 % at 20.* UTC, T\+.*\n- by canary-console: the stage is over and every gate holds/,
	);
	expect(at('EXECUTION_SUMMARY.md')).toMatch(/# Execution summary: test\n\n- promoted: at 100 %, every gate held/);
	expect(at('EXECUTION_SUMMARY.md')).not.toMatch(/Required files/);
	expect(at('REVIEW.md')).toMatch(/\| sre \| yes \| – \|/);

	await signCommand(folder, {role: 'sre', as: 'Ana Lima', note: 'no complaints', json: true, operator: 'bo'});
	expect(at('REVIEW.md')).toMatch(/\| sre \| yes \| Ana Lima \|.*no complaints/);
	expect(onFiles((await tellSession(folder)).summary)).toEqual([]);
	rmSync(join(folder, 'artifacts', 'dashboard-errors.json'));
	const without = (await tellSession(folder)).summary;
	expect(without.decision.verdict).toBe('INCONCLUSIVE');
	expect(onFiles(without)).toEqual(['the artifact dashboard-errors.json is not in the session folder']);
	// Made from the journal, it can be made again; what was written once can't.
	rmSync(join(folder, 'artifacts', 'LB_DIFF.txt'));
	await reportCommand(folder, {write: true});
	expect(onFiles((await tellSession(folder)).summary)).toEqual(['the artifact LB_DIFF.txt is not in the session folder']);
});

test('a rollback calls off what is being made, waits for nothing, and has its record', async () => {
	const own = source();
	let calledOff = 0;
	let hanging = true;
	const makeOrHang: ControllerOptions['makeDocuments'] = (folder, signal) => {
		if (!hanging) return ports.makeDocuments(folder);
		return new Promise(resolve => {
			signal.addEventListener('abort', () => {
				calledOff++;
				hanging = false;
				resolve(fail('called off'));
			});
		});
	};
	const {controller, folder} = await startControlled(join(temp.path, 'rolled-back'), {
		// A checkpoint whose time never came is not missing.
		plan: planOf(bundle, [stage(5, {durationMs: 60_000, checkpointsMs: [59_000]}), stage(100)]),
		source: own,
		...ports,
		makeDocuments: makeOrHang,
	});
	await waitUntil('5 % is in force', () => controller.state.stage.index === 0);
	own.value = 99;
	const state = await controller.ended;
	expect(state.ended?.outcome).toBe('rolled-back');
	expect(calledOff).toBe(1);
	expect((state.rollback?.verifiedAtMs ?? Number.NaN) - (state.rollback?.askedAtMs ?? 0)).toBeLessThan(500);
	const {summary} = await tellSession(folder);
	expect(summary.decision.verdict).toBe('FAIL');
	expect([...summary.missingFiles, ...summary.shortFiles]).toEqual([]);
	const record = readFileSync(join(folder, 'artifacts', 'ROLLBACK_RECORD.md'), 'utf8');
	expect(record).toMatch(/# Rollback record: test/);
	expect(record).toMatch(/- rollback to 0 % at .*\n- by canary-console: Errors/);
	expect(record).toMatch(/the router read 5 % before and 0 % after/);
	expect(state.timeline.some(({text}) => text.startsWith('documents:'))).toBe(false);

	// As a crash leaves it between a change and the file that tells of it.
	const again = {intentId: 'later', purpose: 'reassert', toPercent: 0, stageIndex: 0, reason: 'a reload', by: 'ana'} as const;
	const verified = {intentId: 'later', router: 'r', split: {weightPercent: 0}, attempt: 1, tookMs: 1} as const;
	const added = await appendFinished(folder, [
		{type: 'action-intended', ...again},
		{type: 'action-verified', ...verified},
	]);
	expect(added.ok).toBe(true);
	await reportCommand(folder, {write: true});
	expect(readFileSync(join(folder, 'artifacts', 'LB_DIFF.txt'), 'utf8')).toContain('reassert to 0 % by ana: a reload');
	expect((await tellSession(folder)).summary.files.find(({name}) => name === 'LB_DIFF.txt')?.onDisk).toBe('same');
});

test('what one controller could not make the next one does; what can not be written is told once', async () => {
	const home = join(temp.path, 'resumed');
	const plan = planOf(['alert-rules.yaml', 'PROMOTION_RECORD.md'], [stage(5, {durationMs: 60_000}), stage(100)]);
	const router = createScriptedRouter('scripted resumed');
	const options = controllerOptions(home, {plan, source: source(), routers: [router], ...ports});
	const first = await startControlled(home, {...options, makeDocuments: async () => fail('the disk is full')});
	await waitUntil('it is told', () => first.controller.state.timeline.some(({text}) => text === 'documents: the disk is full'));
	await first.controller.stop('the test');
	expect(existsSync(join(options.folder, 'artifacts', 'alert-rules.yaml'))).toBe(false);
	const second = await startControlled(home, {
		...options,
		source: source(),
		routers: [createScriptedRouter('scripted resumed', 5)],
	});
	await waitUntil('the rules are there', () => second.controller.state.artifacts.some(({name}) => name === 'alert-rules.yaml'));
	await second.controller.stop('the test');
	const told = second.controller.state.timeline.filter(({text}) => text.startsWith('documents:'));
	expect(told).toHaveLength(1);
});
