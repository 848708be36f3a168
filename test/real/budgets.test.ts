import {appendFileSync} from 'node:fs';
import {basename} from 'node:path';
import {expect, test} from 'vitest';
import type {BudgetLine} from '../../src/core/budget.ts';
import {budgetLines} from '../../src/core/budget.ts';
import {reduce} from '../../src/core/reduce.ts';
import {initialState} from '../../src/core/state.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {isAlive, waitUntil} from '../helpers/process.ts';
import {errorRate, startWorld, type World} from '../helpers/world.ts';

type Status = {
	readonly budget: readonly BudgetLine[];
	readonly promoteBlockers: readonly string[];
	readonly held?: {readonly reason: string};
	readonly stage: {readonly index: number};
};

const status = async (world: World): Promise<Status> => JSON.parse((await world.run('status', '--json')).stdout) as Status;
const used = async (world: World): Promise<Record<string, number>> =>
	Object.fromEntries((await status(world)).budget.map(one => [one.name, one.used]));

function logErrors(world: World, count: number, code: string, level = 'ERROR'): void {
	const line = JSON.stringify({time: new Date().toISOString(), level, code, msg: `said ${code}`});
	appendFileSync(world.canary.errorLog, `${line}\n`.repeat(count));
}

describeWithServers(['prometheus', 'haproxy'], 'budgets and sign-offs in the built program', () => {
	test('a stage waits for its sign-off, a growing value holds the next; its errors are counted over a kill -9; one critical too many rolls back, verified', async () => {
		await using world = await startWorld({
			profile: {
				guardrails: [
					{title: 'Canary errors', query: errorRate('canary'), unit: 'percent', healthy: '< 50', for: '1s'},
					{id: 'served', query: 'sum(http_requests_total)', unit: 'count'},
				],
				errors: [{name: 'rate-limited', code: '429', expected: true}],
				stages: [
					{weight: 5, duration: '1s', promote: 'auto', signOffs: ['sre'], budget: {critical: 0, 'rate-limited': 50}},
					{
						weight: 50,
						duration: '10s',
						promote: 'manual',
						trends: {served: '< 1 % per hour'},
						budget: {critical: 2, other: 3, 'rate-limited': 50},
					},
					{weight: 100, duration: '0s'},
				],
			},
		});
		const load = world.startLoad(90);
		const first = world.run('run', '--headless', world.profilePath, '--operator', 'ana');
		await waitUntil('only the sign-off is missing', async () => {
			const {promoteBlockers} = await status(world).catch(() => ({promoteBlockers: []}));
			return promoteBlockers[0] === 'to be signed off by sre (canary sign)' && (await world.splitNow()) === 5;
		});
		expect(await world.run('promote')).toMatchObject({code: 3, stderr: expect.stringContaining('to be signed off by sre')});
		expect((await world.run('sign', '--role', 'ser', '--as', 'Ana')).stderr).toContain('the profile asks no role "ser" to sign');
		expect(await world.run('sign', '--role', 'sre', '--as', 'Ana Lima', '--note', 'looked')).toMatchObject({
			code: 0,
			stdout: 'signed\n',
		});
		await waitUntil('50 % is in force', async () => (await world.splitNow()) === 50);

		logErrors(world, 40, '429');
		logErrors(world, 2, 'PANIC', 'FATAL');
		await waitUntil('both classes are counted', async () => (await used(world))['critical'] === 2);
		expect(await used(world)).toEqual({critical: 2, other: 0, 'rate-limited': 40});
		await waitUntil('the trend is known', async () =>
			(await status(world)).promoteBlockers.some(one => one.startsWith('the trend served < 1 % per hour does not hold: ')),
		);
		const refused = await world.run('promote');
		expect(refused.code).toBe(3);
		expect(refused.stderr).toContain('the trend served < 1 % per hour does not hold');
		const pid = world.controllerPid();
		process.kill(pid, 'SIGKILL');
		await waitUntil('the controller is gone', () => !isAlive(pid));
		await first;
		const second = world.run('run', '--headless', '--resume', basename(world.session()), '--operator', 'ben');
		await waitUntil('somebody guards again', async () => world.controllerPid() !== pid && (await world.run('hold')).code === 0);
		expect(await used(world)).toMatchObject({critical: 2, 'rate-limited': 40});

		logErrors(world, 1, 'PANIC', 'FATAL');
		const {code, stdout} = await second;
		await load.stop();
		expect([code, await world.splitNow()]).toEqual([1, 0]);
		const reason = 'the budget of critical errors is overspent in stage 2: 3 of 2 allowed';
		expect(stdout).toContain(reason);
		const events = world.events();
		expect(events.find(event => event.type === 'action-intended' && event.purpose === 'rollback')).toMatchObject({
			by: 'canary-console',
			reason,
			toPercent: 0,
		});
		const state = events.reduce(reduce, initialState);
		expect(state.rollback?.verifiedAtMs).toBeGreaterThan(0);
		expect(state.signOffs).toMatchObject([{role: 'sre', name: 'Ana Lima', note: 'looked', stageIndex: 0}]);
		expect(budgetLines(state, 1).map(({name, used: count}) => [name, count])).toEqual([
			['critical', 3],
			['other', 0],
			['rate-limited', 40],
		]);
	});
});
