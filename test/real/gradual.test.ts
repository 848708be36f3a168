import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import type {BacktestResult} from '../../src/commands/backtest-session.ts';
import type {SessionEvent} from '../../src/core/event.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import type {Load} from '../helpers/load.ts';
import {waitUntil} from '../helpers/process.ts';
import {startWorld, type World} from '../helpers/world.ts';

const of = <Type extends SessionEvent['type']>(events: readonly SessionEvent[], type: Type) =>
	events.filter((event): event is Extract<SessionEvent, {type: Type}> => event.type === type);

const profile = {
	stages: [
		{weight: 25, duration: '1h', promote: 'manual'},
		{weight: 100, duration: '0s'},
	],
	policies: {watchAfterEnd: '1s', splitReadEvery: '500ms', gradualRollback: {duration: '2s', steps: 5}},
};

/** At 25 %, with the exit of `canary run --headless` to come. */
async function guarded(world: World): Promise<ReturnType<World['run']>[]> {
	const run = world.run('run', '--headless', world.profilePath, '--operator', 'ana');
	await waitUntil('25 % is in force', async () => (await world.splitNow()) === 25, {timeoutMs: 30_000});
	return [run];
}

/** What HAProxy itself says, each new weight once. */
function watchWeights(world: World): {readonly seen: number[]; stop(): Promise<void>} {
	const seen: number[] = [];
	let isOver = false;
	const watching = (async () => {
		while (!isOver) {
			const now = await world.splitNow();
			if (now !== seen.at(-1)) seen.push(now);
			await new Promise(resolve => setTimeout(resolve, 20));
		}
	})();
	return {
		seen,
		async stop() {
			isOver = true;
			await watching;
		},
	};
}

describeWithServers(['prometheus', 'haproxy'], 'a gradual rollback by the built program', () => {
	let world: World;
	let load: Load;
	beforeAll(async () => {
		world = await startWorld({profile});
		load = world.startLoad(120);
	}, 60_000);
	afterAll(() => world.stop());

	test('goes down in steps that HAProxy shows, and ends as every rollback does; a backtest of it finds the same', async () => {
		const [run] = await guarded(world);
		const weights = watchWeights(world);
		const asked = await world.run('rollback', '--gradual', '--reason', 'no hurry', '--operator', 'ana');
		expect(asked.stdout).toMatch(/^rolling back gradually: the router reads 20 %, verified in \d+ms/);
		expect(asked.code).toBe(0);
		const {code, stdout} = await run!;
		await weights.stop();

		expect(code).toBe(1);
		// A step that came late on a busy machine is one with the next.
		expect([25, 20, 15, 10, 5, 0]).toEqual(expect.arrayContaining(weights.seen));
		expect(weights.seen).toEqual(weights.seen.toSorted((left, right) => right - left));
		expect(weights.seen.length).toBeGreaterThan(3);
		expect(stdout).toContain('step 1/5 down: the router reads 20 %');
		const events = world.events();
		const [ask] = of(events, 'gradual-asked');
		expect(ask).toMatchObject({fromPercent: 25, weights: [20, 15, 10, 5, 0], durationMs: 2_000, reason: 'no hurry'});
		const downs = of(events, 'action-intended').slice(1);
		expect(downs.at(-1)).toMatchObject({purpose: 'rollback', toPercent: 0, endsGradual: true});
		for (const {toPercent, tMs, purpose} of downs) {
			expect(purpose).toBe(toPercent === 0 ? 'rollback' : 'lower');
			expect(tMs - ask!.tMs).toBeGreaterThanOrEqual(ask!.weights.indexOf(toPercent) * 500 - 1);
		}
		const reason = 'no hurry (gradual, 5 steps from 25 % over 2s)';
		expect(of(events, 'session-ended')).toMatchObject([{outcome: 'rolled-back', reason}]);

		const diff = readFileSync(join(world.session(), 'artifacts', 'LB_DIFF.txt'), 'utf8');
		expect(diff.match(/ lower to /g)).toHaveLength(downs.length - 1);
		expect(diff).toContain(`rollback to 0 % by ana: ${reason}`);
		const [report, backtest] = await Promise.all([
			world.run('report', world.session(), '--incident'),
			world.run('backtest', world.session(), '--json'),
		]);
		expect(report.stdout).toMatch(
			/The rollback went in steps \(gradual, 5 steps from 25 % over 2s, asked for by ana\): \d+s to its last step/,
		);
		const [told] = (JSON.parse(backtest.stdout) as {sessions: Extract<BacktestResult, {ok: true}>[]}).sessions;
		expect(told?.verdict).toMatchObject({change: 'same', byMs: 0});
	}, 90_000);

	test('a breach makes it an immediate one; until then only leaving is open', async () => {
		const [run] = await guarded(world);
		await waitUntil(
			'the candidate has data and is ok',
			() => of(world.events(), 'tick-taken').some(({readings}) => readings['canary-errors']?.kind === 'values'),
			{timeoutMs: 30_000},
		);
		const refused = await Promise.all([
			world.run('rollback', '--gradual', '--target', '25'),
			world.run('rollback', '--steps', '3'),
		]);
		expect(refused[0].stderr).toContain('ends below the present weight, 25 %');
		expect(refused[1].code).toBe(2);
		expect((await world.run('rollback', '--gradual', '--duration', '10m', '--steps', '5')).code).toBe(0);
		const [hold, status] = await Promise.all([world.run('hold'), world.run('status')]);
		expect(hold.stderr).toContain('refused: a gradual rollback by');
		expect(status.stdout).toContain('gradual rollback 25 % → 0 %: step 1/5');
		expect(status.stdout).toMatch(/next: step 2\/5 down to 15 % in \d:\d\d/);
		expect(await world.splitNow()).toBe(20);
		await world.canary.fault({errorRate: 1});
		const {code} = await run!;
		expect(code).toBe(1);
		expect(await world.splitNow()).toBe(0);
		const events = world.events();
		expect(of(events, 'action-intended').map(({purpose}) => purpose)).toEqual(['start', 'lower', 'rollback']);
		expect(of(events, 'session-ended')).toMatchObject([{reason: expect.stringContaining('Canary errors breached')}]);
		const {stdout} = await world.run('report', world.session(), '--incident');
		expect(stdout).toContain('became an immediate one after step 1 of 5');
		// What it had then, not what its stage has.
		expect(stdout).toContain('20 % of the traffic for ');
		await load.stop();
		expect(Object.keys(load.report.failures).filter(why => why !== '500')).toEqual([]);
	}, 90_000);
});
