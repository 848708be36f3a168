import {execFile} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {json} from 'node:stream/consumers';
import {expect, test} from 'vitest';
import type {SessionEvent} from '../../src/core/event.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {isAlive, waitUntil} from '../helpers/process.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {program, startWorld, type World} from '../helpers/world.ts';
import {profileText} from '../profile/given.ts';

type Hook = AsyncDisposable & {readonly url: string; readonly bodies: Record<string, unknown>[]};

/** A server that keeps what is posted; with `hangs` it never answers. */
async function startHook(hangs = false): Promise<Hook> {
	const bodies: Record<string, unknown>[] = [];
	const server = createServer(async (request, response) => {
		bodies.push((await json(request)) as Record<string, unknown>);
		if (!hangs) response.writeHead(202).end('{"status":"success"}');
	});
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	const {port} = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}/`,
		bodies,
		async [Symbol.asyncDispose]() {
			server.close().closeAllConnections();
		},
	};
}

const of = <Type extends SessionEvent['type']>(world: World, type: Type) =>
	world.events().filter((event): event is Extract<SessionEvent, {type: Type}> => event.type === type);

const folder = createTempFolder('notify-real').path;
const key = join(folder, 'key');
writeFileSync(key, 'routing-key-1\n');

describeWithServers(['prometheus', 'haproxy'], 'who is told, by the built program', () => {
	test('each once over a crash, in order; a slow and a dead receiver hold nothing up', async () => {
		await using team = await startHook();
		await using pager = await startHook();
		await using slow = await startHook(true);
		const on = ['start', 'breach', 'rollback', 'decision'];
		await using world = await startWorld({
			profile: {
				policies: {watchAfterEnd: '3s'},
				notify: [
					{name: 'team', on, webhook: {url: team.url}},
					{name: 'pager', on: ['rollback'], pagerduty: {routingKey: {file: key}, url: pager.url}},
					{name: 'slow', on, webhook: {url: slow.url}, deadline: '20s'},
					{name: 'dead', on, webhook: {url: 'http://127.0.0.1:1/'}, deadline: '1s'},
				],
			},
		});
		const load = world.startLoad(90);
		const killed = world.run('run', '--headless', world.profilePath);
		await waitUntil('5 % is in force', async () => (await world.splitNow()) === 5);
		await waitUntil('the start is told', () => of(world, 'notified').some(({receiver}) => receiver === 'team'));
		const pid = world.controllerPid();
		process.kill(pid, 'SIGKILL');
		await waitUntil('the controller is dead', () => !isAlive(pid));
		await killed;

		const run = world.run('run', '--headless', world.profilePath);
		await waitUntil('it is guarded again', () => of(world, 'controller-resumed').length === 1);
		await world.prometheus.waitForSample('rate(http_requests_total{track="canary"}[5s])', ({value}) => Number(value) > 1);
		await world.canary.fault({errorRate: 1});
		const {code} = await run;
		await load.stop();

		expect(code).toBe(1);
		expect(await world.splitNow()).toBe(0);
		const texts = team.bodies.map(({text}) => String(text).split('\n')[1]);
		expect(texts).toEqual([
			'canary started: stage 1 of 3, 5 % to canary, verified',
			expect.stringMatching(/^(?:rollback of canary|Canary errors breached)/),
			expect.stringMatching(/^(?:rollback of canary|Canary errors breached)/),
			expect.stringMatching(/^canary is rolled back: the router reads 0 %, verified in /),
			expect.stringMatching(/^rolled back: Canary errors breached/),
		]);
		expect(pager.bodies).toMatchObject([
			{event_action: 'trigger', routing_key: 'routing-key-1', payload: {severity: 'critical', component: 'canary'}},
			{event_action: 'trigger'},
		]);
		expect(new Set(pager.bodies.map(body => body['dedup_key'])).size).toBe(1);
		// The rollback left in the tick that asked for it, and was verified while two receivers hung.
		const intended = of(world, 'action-intended').find(({purpose}) => purpose === 'rollback')!;
		const verified = of(world, 'action-verified').find(({intentId}) => intentId === intended.intentId)!;
		expect(verified.tookMs).toBeLessThan(1_000);
		expect(world.events()[intended.seq - 1]?.type).toBe('tick-taken');
		const failed = of(world, 'notified').filter(({ok}) => !ok);
		expect(failed.map(({receiver}) => receiver)).toContain('dead');
		expect(failed.every(({receiver}) => receiver === 'dead' || receiver === 'slow')).toBe(true);
		const told = of(world, 'notified').map(({receiver, notice}) => `${receiver} ${notice}`);
		expect(new Set(told).size).toBe(told.length);
	});

	test('canary notify --test sends to each and says what came back', async () => {
		await using team = await startHook();
		const profile = join(folder, 'profile.yaml');
		const notify = `notify:
  - {name: team, webhook: {url: "${team.url}"}}
  - {name: dead, webhook: {url: "http://127.0.0.1:1/"}, deadline: 1s}`;
		writeFileSync(profile, profileText({more: notify}));
		const {code, stdout} = await new Promise<{code: unknown; stdout: string}>(resolve => {
			execFile(process.execPath, [program, 'notify', '--test', profile], (error, out) =>
				resolve({code: error?.code, stdout: out}),
			);
		});
		expect(code).toBe(4);
		expect(stdout).toMatch(/team .*✓ told .*answered 202/);
		expect(stdout).toMatch(/dead .*✗ not told .*can't be reached/);
		expect(team.bodies).toEqual([{text: expect.stringContaining('nothing has happened')}]);
	});
});
