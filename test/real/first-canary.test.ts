import {spawn} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {parse, stringify} from 'yaml';
import {niceAbove} from '../../src/commands/init/propose.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {program, startWorld} from '../helpers/world.ts';

/** The boxes of the document, in order, as one script: each command must end well. */
const script = (): string => {
	const text = readFileSync(join(import.meta.dirname, '../../docs/first-canary.md'), 'utf8');
	const boxes = Array.from(text.matchAll(/```sh\n([\s\S]*?)```/g), ([, box = '']) => box);
	expect(boxes.length).toBeGreaterThanOrEqual(5);
	return boxes.join('\n');
};

test('docs/first-canary.md, typed out, leads from nothing to a canary that was rolled back, in under five minutes', {
	timeout: 300_000,
}, async () => {
	const folder = createTempFolder('first-canary').path;
	const tool = join(folder, 'canary');
	writeFileSync(tool, `#!/bin/sh\nexec ${JSON.stringify(process.execPath)} ${JSON.stringify(program)} "$@"\n`, {mode: 0o755});
	// A shell of its own group, in which the world in the background hears of SIGINT as in a terminal. Whoever typed it would look after
	// what it waits for: it says what was there when that did not come.
	const patience = `sleep() { if ((SECONDS > 240)); then echo "waited in vain:"; tail -n 40 world.env run.txt; exit 9; fi; command sleep "$1"; }`;
	const header = `set -eu\nset -m\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n${patience}\n`;
	writeFileSync(join(folder, 'typed.sh'), header + script());
	const began = performance.now();
	const child = spawn('bash', ['typed.sh'], {
		cwd: folder,
		env: {...process.env, PATH: `${folder}:${process.env['PATH']}`, CANARY_HOME: folder, HOME: folder, XDG_RUNTIME_DIR: folder},
		stdio: ['ignore', 'pipe', 'pipe'],
		timeout: 280_000,
	});
	let output = '';
	for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
	const code = await new Promise(resolve => child.once('close', resolve));
	expect(code, output).toBe(0);
	expect(performance.now() - began).toBeLessThan(5 * 60_000);
	expect(output).toContain('guardrails proposed');
	expect(readFileSync(join(folder, 'run.txt'), 'utf8')).toContain('rolled back');
	const {guardrails} = parse(readFileSync(join(folder, 'profile.yaml'), 'utf8')) as {
		guardrails: {id: string; healthy?: string}[];
	};
	const bounds = Object.fromEntries(guardrails.map(({id, healthy}) => [id, healthy]));
	expect(bounds).toMatchObject({'error-share': expect.stringMatching(/^< /), up: '= 1', 'rls-policy-errors': '= 0'});
	expect(bounds['http-request-duration-seconds-p95']).toMatch(/^< 0\.\d+$/);
	expect(readFileSync(join(folder, 'profile.yaml'), 'utf8')).toContain(`observedShare: '100 * sum(rate(`);
	expect(output).toMatch(/split: asked 5 % · configured 5 % · seen /);
});

test.each([
	[0.0473, 0.048],
	[1312, 1400],
	[1, 1],
	[0, 1],
	[99.2, 100],
])('a nice number above %d is %d', (value, nice) => {
	expect(niceAbove(value)).toBe(nice);
});

describeWithServers(['prometheus', 'haproxy'], 'canary init', () => {
	test('proposes guardrails from a real Prometheus, and check accepts the profile', async () => {
		await using world = await startWorld({requestsPerSecond: 40});
		const load = world.startLoad(30);
		await world.prometheus.waitForSample('rate(http_requests_total{track="stable"}[10s])', ({value}) => Number(value) > 5);
		const out = join(world.folder, 'own.yaml');
		const args = ['--prometheus', world.prometheus.url, '--select', 'track="canary"', '--baseline-select', 'track="stable"'];
		const {code, stderr} = await world.run('init', ...args, '--out', out);
		expect(code, stderr).toBe(0);
		const {guardrails} = parse(readFileSync(out, 'utf8')) as {guardrails: {id: string; query: string; healthy?: string}[]};
		expect(guardrails.map(({id}) => id)).toEqual(expect.arrayContaining(['error-share', 'up']));
		expect(guardrails.every(({query}) => query.includes('track="canary"'))).toBe(true);
		expect(guardrails.find(({id}) => id === 'up')?.healthy).toBe('= 1');
		// With the router of this world in place of the guessed one.
		const {router} = parse(readFileSync(world.profilePath, 'utf8')) as {router: unknown};
		const filledIn = join(world.folder, 'filled-in.yaml');
		writeFileSync(filledIn, stringify({...(parse(readFileSync(out, 'utf8')) as object), router}));
		const checked = await world.run('check', filledIn);
		// 3: the candidate has no traffic yet, so some have no data.
		expect([0, 3], checked.stdout + checked.stderr).toContain(checked.code);
		expect((await world.run('init', ...args, '--out', out)).stderr).toContain('is there already');
		expect((await world.run('init', '--metrics', 'http://127.0.0.1:1/metrics')).code).toBe(4);
		expect((await world.run('init')).code).toBe(2);
		await load.stop();
	});
});
