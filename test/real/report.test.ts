import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import type {SessionEvent} from '../../src/core/event.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {keepSpare} from '../helpers/next-prometheus.ts';
import {waitUntil} from '../helpers/process.ts';
import {startWorld, type World} from '../helpers/world.ts';

const of = <Type extends SessionEvent['type']>(events: readonly SessionEvent[], type: Type) =>
	events.filter((event): event is Extract<SessionEvent, {type: Type}> => event.type === type);

/** Asked by a shell, the report must be the one that the controller left. */
async function told(world: World, verdict: string, code: number) {
	await waitUntil('the decision is written', () => existsSync(join(world.session(), 'DECISION.md')));
	expect(readFileSync(join(world.session(), 'DECISION.md'), 'utf8')).toMatch(new RegExp(`^# ${verdict}: `));
	const json = await world.run('report', '--format', 'json');
	expect(json.code).toBe(code);
	return JSON.parse(json.stdout);
}

describeWithServers(['prometheus', 'haproxy'], 'reports of the built program', () => {
	keepSpare();

	test('a promoted canary: inconclusive until it is signed; the page stands by itself', async () => {
		const stages = [
			{weight: 50, duration: '3s'},
			{weight: 100, duration: '3s'},
		];
		await using world = await startWorld({
			profile: {stages, signOffs: ['sre'], policies: {finalPromote: 'auto', watchAfterEnd: '0s', splitReadEvery: '500ms'}},
		});
		const load = world.startLoad(60);
		const run = await world.run('run', '--headless', world.profilePath, '--operator', 'ana');
		await load.stop();
		expect(run.code).toBe(0);
		const before = await told(world, 'INCONCLUSIVE', 3);
		const missing = (before.decision.missing as {text: string}[]).map(({text}) => text);
		expect(missing.at(-1)).toMatch(/the sign-off of sre is missing/);
		const signed = await world.run('sign', '--role', 'sre', '--as', 'Ana Lima');
		expect(signed.code).toBe(0);
		expect(signed.stdout).toMatch(/signed off by Ana Lima for sre \[#\d+\]; the decision is/);
		const after = JSON.parse(readFileSync(join(world.session(), 'SUMMARY.json'), 'utf8'));
		// A slow machine may have missed polls, which is said; the signature no longer is.
		expect((after.decision.missing as {text: string}[]).map(({text}) => text)).toEqual(missing.slice(0, -1));
		const events = world.events();
		const {stages: own} = after;
		for (const [index, step] of of(events, 'action-verified').entries()) {
			const next = of(events, 'action-verified')[index + 1] ?? of(events, 'session-ended')[0]!;
			const ticks = of(events, 'tick-taken').filter(({seq}) => seq > step.seq && seq < next.seq);
			expect(own[index]).toMatchObject({
				ticks: ticks.length,
				lastedMs: next.tMs - step.tMs,
				weightPercent: step.split.weightPercent,
			});
		}
		const page = join(world.folder, 'report.html');
		expect((await world.run('report', '--out', page)).stderr).toMatch(/^(?:PASS|INCONCLUSIVE): /);
		expect(readFileSync(page, 'utf8')).toMatch(/<svg role="img"/);
		expect(readFileSync(page, 'utf8')).not.toMatch(/<script|\bsrc=|\bhref=|@import/);
		const csv = await world.run('report', '--format', 'csv');
		const guardrails = of(events, 'session-started')[0]!.plan.guardrails.length;
		expect(csv.stdout.trim().split('\n')).toHaveLength(1 + guardrails * of(events, 'tick-taken').length);
		expect((await world.run('report', '--incident')).code).toBe(2);
	});

	test('a rollback: FAIL, and an incident with its first cause', async () => {
		await using world = await startWorld({profile: {policies: {watchAfterEnd: '0s', splitReadEvery: '500ms'}}});
		const load = world.startLoad(60);
		const run = world.run('run', '--headless', world.profilePath, '--operator', 'ana');
		await waitUntil('5 % is in force', async () => (await world.splitNow()) === 5);
		await world.canary.fault({errorRate: 1});
		expect((await run).code).toBe(1);
		await load.stop();
		const summary = await told(world, 'FAIL', 1);
		const rollback = of(world.events(), 'action-intended').find(({purpose}) => purpose === 'rollback')!;
		const verified = of(world.events(), 'action-verified').find(({intentId}) => intentId === rollback.intentId)!;
		expect(summary.recovery).toMatchObject({asked: {seq: rollback.seq}, verified: {seq: verified.seq}});
		const incident = await world.run('report', '--incident', '--format', 'json');
		expect(incident.code).toBe(1);
		expect(JSON.parse(incident.stdout)).toMatchObject({
			cause: {guardrail: 'canary-errors'},
			times: {actionMs: verified.tMs - rollback.tMs},
		});
	});
});
