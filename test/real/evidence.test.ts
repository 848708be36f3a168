import {createHash} from 'node:crypto';
import {existsSync, readFileSync, utimesSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {parse, stringify} from 'yaml';
import type {SessionEvent} from '../../src/core/event.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {freePort, waitUntil} from '../helpers/process.ts';
import {startWorld} from '../helpers/world.ts';

const of = <Type extends SessionEvent['type']>(events: readonly SessionEvent[], type: Type) =>
	events.filter((event): event is Extract<SessionEvent, {type: Type}> => event.type === type);

describeWithServers(['prometheus', 'haproxy'], 'evidence of the built program', () => {
	test('is gathered behind a rollback, each piece with its own deadline', {timeout: 120_000}, async () => {
		await using world = await startWorld();
		// A page that takes the question and never answers.
		const port = await freePort();
		const silent = createServer().listen(port, '127.0.0.1');
		await using _ = {[Symbol.asyncDispose]: async () => void silent.close()};
		const old = join(world.folder, 'app-2026-01-01.log');
		const log = join(world.folder, 'app-2026-01-02.log');
		writeFileSync(old, 'old\n');
		utimesSync(old, 1, 1);
		writeFileSync(log, Array.from({length: 5_000}, (_line, index) => `line ${index} password=hunter2\n`).join(''));
		const evidence = [
			{name: 'app.log', log: {path: 'app-*.log', lines: 1_000}},
			{name: 'canary.prom', page: {url: `${world.canary.url}/metrics`}},
			{name: 'ERROR_CODES.txt', errors: {}},
			{name: 'ps.txt', command: {argv: ['/bin/sh', '-c', 'echo seen; echo told >&2; exit 3']}},
			{name: 'hung.prom', timeout: '500ms', page: {url: `http://127.0.0.1:${port}/metrics`}},
			{name: 'slow.txt', timeout: '500ms', command: {argv: ['sleep', '60']}},
			{name: 'gone.log', log: {path: 'nonesuch-*.log'}},
			{name: 'begun.txt', after: 'start', command: {argv: ['echo', 'begun']}},
			{name: 'never.txt', after: 'promotion', command: {argv: ['echo', 'never']}},
		];
		const profile = parse(readFileSync(world.profilePath, 'utf8')) as object;
		writeFileSync(world.profilePath, stringify({...profile, evidence}));
		const run = world.run('run', '--headless', world.profilePath);
		await waitUntil('5 % is in force', async () => (await world.splitNow()) === 5);
		await waitUntil('what the start asks for is there', () => of(world.events(), 'evidence-collected').length === 1);
		expect((await world.run('rollback', '--reason', 'enough')).code).toBe(0);
		expect((await run).code).toBe(1);
		await waitUntil('its controller is gone', () => !existsSync(join(world.session(), 'controller.pid')));

		const events = world.events();
		const down = of(events, 'action-verified').at(-1)!;
		const [begun, ...collected] = of(events, 'evidence-collected');
		expect(begun).toMatchObject({name: 'begun.txt', ok: true});
		expect(Object.fromEntries(collected.map(({name, ok}) => [name, ok]))).toEqual({
			'app.log': true,
			'canary.prom': true,
			'ERROR_CODES.txt': true,
			'ps.txt': true,
			'hung.prom': false,
			'slow.txt': false,
			'gone.log': false,
		});
		for (const {seq} of collected) expect(seq).toBeGreaterThan(down.seq);
		expect(down.split.weightPercent).toBe(0);
		const read = (name: string): string => readFileSync(join(world.session(), 'artifacts', 'evidence', name), 'utf8');
		const lines = read('app.log').trimEnd().split('\n');
		expect([lines.length, lines[0], lines.at(-1)]).toEqual([1_000, 'line 4000 password=•••', 'line 4999 password=•••']);
		expect(read('canary.prom')).toContain('http_requests_total');
		expect(read('ps.txt')).toBe('seen\n\n--- standard error ---\ntold\n');
		expect(existsSync(join(world.session(), 'artifacts', 'evidence', 'slow.txt'))).toBe(false);
		const written = of(events, 'artifact-written').filter(({name}) => name.startsWith('evidence/'));
		expect(written.map(({name}) => name).sort()).toEqual([
			'evidence/ERROR_CODES.txt',
			'evidence/app.log',
			'evidence/begun.txt',
			'evidence/canary.prom',
			'evidence/ps.txt',
		]);
		for (const {name, sha256} of written) {
			expect(
				createHash('sha256')
					.update(readFileSync(join(world.session(), 'artifacts', name)))
					.digest('hex'),
			).toBe(sha256);
		}
	});
});
