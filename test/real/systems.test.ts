import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, type ExpectStatic, test} from 'vitest';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {bundles, mustBeTold, teamIsToldBy} from '../helpers/systems/bundles.ts';
import {writeRuns} from '../helpers/systems/runs-table.ts';
import {type Outcome, play} from '../helpers/systems/scenario.ts';
import {hal9, hyperBun, r2, relay, type Shared, type System, startShared} from '../helpers/systems/systems.ts';

const played: Outcome[] = [];

/** All canaries of a system at once: each has its own services, router and metrics, and waits most of its time. */
const playAll = (system: System, shared: Shared): Promise<Outcome[]> =>
	Promise.all(
		[undefined, ...system.triggers].map(async (trigger, index) => {
			// So many processes that begin in the same second would starve each other.
			await sleep(index * 1_500);
			return play(system, shared, trigger);
		}),
	);

const filesOf = (outcome: Outcome | undefined): readonly string[] =>
	(outcome?.bundle.present ?? []).filter(name => !name.startsWith('T+'));

function expectTold(expect: ExpectStatic, outcome: Outcome | undefined, what: 'promoted' | 'rolled-back' | 'security'): void {
	const {system = '', told = [], transcript} = outcome ?? {};
	for (const one of mustBeTold[system]?.[what] ?? []) expect(told, transcript).toContainEqual(one);
	const team = told.filter(({kind}) => kind === teamIsToldBy[system]).map(one => one.what);
	expect(team.length, `${team.join('; ')} ${transcript}`).toBeGreaterThanOrEqual(2);
	if (what === 'promoted') expect(told.filter(({what: text}) => /trigger (?:security-)?rollback/.test(text))).toEqual([]);
}

describeWithServers(['prometheus', 'haproxy', 'nginx', 'postgres'], 'the systems of the runbooks, by their own profiles', () => {
	let shared: Shared & AsyncDisposable;
	beforeAll(async () => {
		shared = await startShared();
	});
	afterAll(async () => {
		await shared?.[Symbol.asyncDispose]();
		if (process.env['CANARY_WRITE_DOCS'] !== undefined) writeRuns(played);
	});

	test.concurrent.for([relay, hal9, hyperBun, r2])(
		'$name: promoted while all is well, rolled back by each of its triggers',
		{timeout: 240_000},
		async (system, {expect}) => {
			const [promoted, ...rolledBack] = await playAll(system, shared);
			expect(
				{outcome: promoted?.state.ended?.outcome, exitCode: promoted?.exitCode, percent: promoted?.finalPercent},
				promoted?.transcript,
			).toEqual({
				outcome: 'promoted',
				exitCode: 0,
				percent: 100,
			});
			const runs = promoted?.state.runbook?.runs ?? [];
			expect(runs.map(({end}) => end)).toEqual(
				(system.commands ?? []).map(() => expect.objectContaining({kind: 'exited', code: 0, lines: 1})),
			);
			expect(promoted?.checked?.code, promoted?.checked?.text).toBe(0);
			expect(promoted?.bundle.missing, promoted?.transcript).toEqual([]);
			expect(filesOf(promoted)).toEqual(bundles[system.name]?.promoted);
			expect(promoted?.bundle.present).toEqual(expect.arrayContaining([...(bundles[system.name]?.checkpoints ?? [])]));
			const {robbed} = promoted ?? {};
			expect({verdict: robbed?.verdict, missing: robbed?.missing}).toEqual({verdict: 'INCONCLUSIVE', missing: [robbed?.name]});
			expectTold(expect, promoted, 'promoted');
			for (const [index, outcome] of rolledBack.entries()) {
				const trigger = system.triggers[index];
				const {state, exitCode, finalPercent, transcript} = outcome;
				expect({outcome: state.ended?.outcome, exitCode, finalPercent}, transcript).toEqual({
					outcome: 'rolled-back',
					exitCode: 1,
					finalPercent: 0,
				});
				if (trigger?.guardrail !== undefined) expect(state.rollback?.guardrails, transcript).toContain(trigger.guardrail);
				else expect(state.rollback?.by, transcript).toMatch(/^ana/);
				expect(state.rollback?.security).toBe(trigger?.isSecurity ?? false);
				expect(outcome.verifiedMs).toBeLessThan(5_000);
				expect(outcome.checkpoints).toBeGreaterThan(0);
				expect(outcome.bundle, transcript).toMatchObject({missing: [], verdict: 'FAIL'});
				expect(filesOf(outcome)).toEqual(bundles[system.name]?.rolledBack);
				expectTold(expect, outcome, trigger?.isSecurity ? 'security' : 'rolled-back');
			}
			played.push(...(promoted ? [promoted] : []), ...rolledBack);
		},
	);
});
