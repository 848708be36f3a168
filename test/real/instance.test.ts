import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import type {SessionEvent} from '../../src/core/event.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {askVersion, goneSoon, startInstanceWorld} from '../helpers/instance-world.ts';
import {isAlive, waitUntil} from '../helpers/process.ts';

const of = <Type extends SessionEvent['type']>(events: readonly SessionEvent[], type: Type) =>
	events.filter((event): event is Extract<SessionEvent, {type: Type}> => event.type === type);
const seqOf = (events: readonly SessionEvent[], fits: (event: SessionEvent) => boolean): number => events.find(fits)?.seq ?? -1;

const hasVerified = (events: readonly SessionEvent[], percent: number): boolean =>
	of(events, 'action-verified').some(({split}) => split.weightPercent === percent);

const slow = {timeoutMs: 60_000, everyMs: 100};

describeWithServers(['nginx'], "the candidate's own instance, by the built program", () => {
	test('is started before the pre-flight, hands over to the restarted production, and is stopped', {
		timeout: 180_000,
	}, async () => {
		await using world = await startInstanceWorld();
		const profile = world.write({stopAfter: '3s', restartBaseline: {}});
		const run = world.run('run', '--headless', profile);
		await waitUntil('5 % is verified', () => hasVerified(world.events(), 5), slow);
		expect(await askVersion(world.url)).toBe('old');
		const promoted = await waitUntil(
			'it may be promoted',
			async () => (await world.run('promote', '--reason', 'good')).code === 0,
			{...slow, everyMs: 500},
		);
		expect(promoted).toBe(true);
		expect((await run).code).toBe(0);
		const pid = world.instancePid()!;
		await waitUntil('the controller has left', () => !existsSync(join(world.session(), 'controller.pid')), slow);

		const events = world.events();
		expect(isAlive(pid)).toBe(false);
		expect(world.share()).toBe(0);
		// Production runs the new version, and was not ended with the command that started it.
		expect(await askVersion(world.url)).toBe('new');
		const order = [
			seqOf(events, ({type}) => type === 'instance-start-intended'),
			seqOf(events, ({type}) => type === 'instance-started'),
			seqOf(events, event => event.type === 'instance-checked' && event.ok),
			seqOf(events, ({type}) => type === 'preflight-started'),
			seqOf(events, event => event.type === 'action-verified' && event.split.weightPercent === 5),
			seqOf(events, event => event.type === 'action-verified' && event.split.weightPercent === 100),
			seqOf(events, event => event.type === 'session-ended' && event.outcome === 'promoted'),
			seqOf(events, ({type}) => type === 'baseline-restart-intended'),
			seqOf(events, event => event.type === 'baseline-restarted' && event.ok),
			seqOf(events, event => event.type === 'action-intended' && event.purpose === 'handback'),
			events.findLast(event => event.type === 'action-verified' && event.split.weightPercent === 0)?.seq ?? -1,
			seqOf(events, ({type}) => type === 'instance-stop-intended'),
			seqOf(events, ({type}) => type === 'instance-stopped'),
		];
		expect(order).not.toContain(-1);
		expect(order).toEqual([...order].sort((left, right) => left - right));
		const [ended] = of(events, 'session-ended');
		const [stopped] = of(events, 'instance-stop-intended');
		expect(stopped!.tMs - ended!.tMs).toBeGreaterThanOrEqual(3_000);
		expect(readFileSync(join(world.session(), 'artifacts', 'INSTANCE.log'), 'utf8')).toMatch(
			/^version new on \d+ password=•••$/m,
		);
	});

	test('a restart of production outlives its controller, killed over it, and is waited for: it runs once', {
		timeout: 180_000,
	}, async () => {
		await using world = await startInstanceWorld();
		const at = (name: string): string => join(world.folder, name);
		const script = 'echo x >>restarts; while [ ! -e go ] && [ -e restarts ]; do sleep 0.1; done; exec ./restart.sh new';
		const profile = world.write({stopAfter: '1s', restartBaseline: {argv: ['/bin/sh', '-c', script]}});
		const run = world.run('run', '--headless', profile);
		await waitUntil('5 % is verified', () => hasVerified(world.events(), 5), slow);
		const promote = async (): Promise<boolean> => (await world.run('promote', '--reason', 'good')).code === 0;
		await waitUntil('it is promoted', promote, {...slow, everyMs: 500});
		const begun = await waitUntil('the restart is on the disk', () => of(world.events(), 'baseline-restart-started')[0], slow);
		process.kill(world.controllerPid(), 'SIGKILL');
		await run;
		expect(isAlive(begun.process.pid)).toBe(true);
		const resumed = world.run('run', '--headless', '--resume', world.session());
		await waitUntil('it is found', () => of(world.events(), 'baseline-restart-started').some(({found}) => found), slow);
		writeFileSync(at('go'), '');
		expect((await resumed).code).toBe(0);
		await waitUntil('the controller has left', () => !existsSync(join(world.session(), 'controller.pid')), slow);
		expect(readFileSync(at('restarts'), 'utf8')).toBe('x\n');
		expect([world.share(), await askVersion(world.url)]).toEqual([0, 'new']);
		expect(of(world.events(), 'baseline-restarted')).toMatchObject([
			{ok: true, message: expect.stringContaining('ended; what with is not known')},
		]);
		expect((await world.run('sessions', 'verify', world.session())).said).toMatch(/sound/);
	});

	test('outlives its controller, is found again, and ends behind the evidence of a rollback', {timeout: 180_000}, async () => {
		await using world = await startInstanceWorld();
		const grandchild = join(world.folder, 'grandchild.pid');
		const start = {env: {IGNORE_TERM: '1', GRANDCHILD: grandchild}};
		const page = world.healthUrl.replace('health', 'metrics');
		const profile = world.write(
			{start, stop: {grace: '500ms'}},
			{evidence: [{name: 'canary.prom', page: {url: page}}], policies: {watchAfterEnd: '0s', splitReadEvery: '500ms'}},
		);
		const run = world.run('run', '--headless', profile);
		await waitUntil('5 % is verified', () => hasVerified(world.events(), 5), slow);
		const pid = world.instancePid()!;
		process.kill(world.controllerPid(), 'SIGKILL');
		expect((await run).code).toBe(4);
		expect(isAlive(pid)).toBe(true);
		const resumed = world.run('run', '--headless', '--resume', world.session());
		await waitUntil('it is found again', () => of(world.events(), 'instance-started').some(({found}) => found), slow);
		expect(of(world.events(), 'instance-started').map(({process, found}) => [process.pid, found])).toEqual([
			[pid, false],
			[pid, true],
		]);
		// It gets traffic: nobody stops it.
		expect((await world.run('instance', 'stop', world.session())).said).toMatch(/refused: it gets 5 % of the traffic/);
		expect((await world.run('rollback', world.session(), '--reason', 'enough')).code).toBe(0);
		expect((await resumed).code).toBe(1);
		await waitUntil('the controller has left', () => !existsSync(join(world.session(), 'controller.pid')), slow);
		await goneSoon('the instance', pid);
		await goneSoon('its child', Number(readFileSync(grandchild, 'utf8')));
		const events = world.events();
		const verified = events.findLast(event => event.type === 'action-verified')!;
		const [evidence] = of(events, 'evidence-collected');
		const [intended] = of(events, 'instance-stop-intended');
		expect(evidence).toMatchObject({name: 'canary.prom', ok: true});
		expect([verified.seq, evidence!.seq, intended!.seq]).toEqual(
			[verified.seq, evidence!.seq, intended!.seq].sort((left, right) => left - right),
		);
		expect(of(events, 'instance-stopped')[0]?.message).toMatch(/did not end on SIGTERM within 0.5 s and was killed/);
		expect(readFileSync(join(world.session(), 'artifacts/evidence/canary.prom'), 'utf8')).toContain('app_errors 0');
	});

	test('goes on when a person ends the session, and is stopped later, when it gets no traffic', {timeout: 180_000}, async () => {
		await using world = await startInstanceWorld();
		const run = world.run('run', '--headless', world.write({}));
		await waitUntil('5 % is verified', () => hasVerified(world.events(), 5), slow);
		const pid = world.instancePid()!;
		expect((await world.run('end', '--reason', 'by hand from here')).code).toBe(0);
		await run;
		await waitUntil('the controller has left', () => !existsSync(join(world.session(), 'controller.pid')), slow);
		expect(isAlive(pid)).toBe(true);
		const refused = await world.run('instance', 'stop', world.session());
		expect([refused.code, refused.said]).toEqual([3, expect.stringMatching(/refused: it gets 5 % of the traffic/)]);
		expect((await world.run('rollback', world.session())).code).toBe(0);
		const stopped = await world.run('instance', 'stop', world.session(), '--reason', 'done with it');
		expect([stopped.code, stopped.said]).toEqual([0, `pid ${pid} ended on SIGTERM\n`]);
		expect(isAlive(pid)).toBe(false);
		expect((await world.run('instance', world.session())).said).toMatch(/instance: stopped: pid \d+ ended on SIGTERM/);
		expect((await world.run('sessions', 'verify', world.session())).said).toMatch(/sound/);
	});

	test('one that does not start moves nothing, and one that dies with traffic is rolled back', {timeout: 180_000}, async () => {
		await using world = await startInstanceWorld();
		const failed = await world.run('run', '--headless', world.write({start: {env: {FAIL: '1'}}}));
		expect(failed.code, failed.said).toBe(3);
		expect(failed.said).toMatch(
			/the instance did not start: .* ended with 7 before it was healthy; it printed ".*password=•••.*no such table/,
		);
		expect(world.share()).toBe(0);
		expect(of(world.events(), 'preflight-started')).toEqual([]);
		await waitUntil('the controller has left', () => !existsSync(join(world.session(), 'controller.pid')), slow);

		const run = world.run('run', '--headless', world.write({}));
		await waitUntil('5 % is verified', () => hasVerified(world.events(), 5), slow);
		process.kill(world.instancePid()!, 'SIGKILL');
		expect((await run).code).toBe(1);
		expect(world.share()).toBe(0);
		const [ended] = of(world.events(), 'instance-ended');
		expect(ended).toMatchObject({signal: 'SIGKILL', left: 0});
		expect(of(world.events(), 'action-intended').at(-1)?.reason).toMatch(
			/the instance ended by itself: pid \d+ was killed by SIGKILL/,
		);
	});
});
