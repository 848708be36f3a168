import {readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {parse, stringify} from 'yaml';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {waitUntil} from '../helpers/process.ts';
import {startWorld, type World} from '../helpers/world.ts';

type Profile = {metrics: {prometheus: object}; guardrails: {query: string}[]; policies: object};

/** Writes the world's profile with something changed, beside it; gives the path. */
function variant(world: World, name: string, change: (profile: Profile) => void): string {
	const profile = parse(readFileSync(world.profilePath, 'utf8')) as Profile;
	change(profile);
	const path = join(world.folder, name);
	writeFileSync(path, stringify(profile));
	return path;
}

const seriesIn = (world: World): string[] => {
	try {
		return readdirSync(join(world.session(), 'series'));
	} catch {
		return [];
	}
};

describeWithServers(['prometheus', 'haproxy'], 'raw series of a server, by the built program', () => {
	test('fetched at the end and by canary record; a query nobody asked then is answered from them', async () => {
		await using world = await startWorld({profile: {policies: {watchAfterEnd: '0s', splitReadEvery: '500ms'}}});
		const asked = variant(world, 'recording.yaml', profile => {
			profile.metrics.prometheus = {...profile.metrics.prometheus, record: 'series'};
		});
		const load = world.startLoad(60);
		const run = world.run('run', '--headless', asked, '--operator', 'ana');
		await waitUntil('5 % is in force', async () => (await world.splitNow()) === 5);
		await world.canary.fault({errorRate: 1});
		expect((await run).code).toBe(1);
		await load.stop();
		await waitUntil('the series are fetched', () => seriesIn(world).length > 0, {timeoutMs: 20_000});

		const other = variant(world, 'other.yaml', profile => {
			for (const guardrail of profile.guardrails) guardrail.query = guardrail.query.replaceAll('[10s]', '[6s]');
		});
		const backtest = async () => {
			const told = await world.run('backtest', '--all', '--profile', other, '--json');
			return {told, session: JSON.parse(told.stdout).sessions[0]};
		};
		await waitUntil('the session is let go', async () => (await backtest()).session.ok, {timeoutMs: 20_000, everyMs: 500});
		const atEnd = await backtest();
		expect(atEnd.session.rerun, atEnd.told.stdout).toMatchObject({outcome: 'rolled-back'});
		expect(JSON.stringify(atEnd.session)).toMatch(/"series"/);

		rmSync(join(world.session(), 'series'), {recursive: true});
		expect((await backtest()).session.rerun).not.toMatchObject({outcome: 'rolled-back'});
		const recorded = await world.run('record', '--profile', other);
		expect(recorded.code, recorded.stderr).toBe(0);
		expect((await backtest()).session.rerun).toEqual(atEnd.session.rerun);
	});
});
