import {expect, test} from 'vitest';
import {profileAsRun} from '../../src/profile/as-run.ts';
import {compilePlan} from '../../src/profile/compile.ts';
import {loadProfile} from '../../src/profile/load.ts';
import {profileText, writeProfile} from './given.ts';

const load = async (more: string, env: Record<string, string> = {}) =>
	loadProfile(writeProfile(profileText({more}), {key: 'k'}), env);
const faultsOf = async (more: string): Promise<readonly string[]> => {
	const loaded = await load(more);
	return loaded.ok ? [] : loaded.error.map(({message}) => message);
};

const whole = `instance:
  start: {argv: [bun, run, start], env: {PORT: "3001", KEY: {file: key}}}
  health: {url: "http://127.0.0.1:3001/health", match: ok, within: 30s}
  stop: {grace: 5s}
  stopAfter: 48h
  restartBaseline: {argv: [systemctl, restart, app], health: {url: "http://127.0.0.1:3000/health"}}`;

test('an instance is compiled with absolute paths, and the profile as run means the same', async () => {
	const loaded = await load(whole);
	if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
	const {plan, instance} = compilePlan(loaded.value);
	const {folder} = loaded.value;
	expect(instance).toMatchObject({
		start: {argv: ['bun', 'run', 'start'], cwd: folder, env: {PORT: '3001', KEY: {file: `${folder}/key`}}},
		health: {check: {status: 200, match: 'ok'}, withinMs: 30_000, everyMs: 10_000},
		stop: {signal: 'SIGTERM', graceMs: 5_000},
		stopAfterMs: 48 * 3_600_000,
		onExit: 'rollback',
		restartBaseline: {command: {cwd: folder}, timeoutMs: 300_000, health: {withinMs: 60_000}},
	});
	// The journal says what is run, and no secret's place.
	expect(plan.instance).toEqual({
		command: 'bun run start',
		withinMs: 30_000,
		onExit: 'rollback',
		stopAfterMs: 48 * 3_600_000,
		restartBaseline: {command: 'systemctl restart app'},
	});
	const again = await loadProfile(writeProfile(profileAsRun(loaded.value)), {});
	if (!again.ok) throw new Error(JSON.stringify(again.error));
	expect(compilePlan(again.value).instance).toEqual(instance);
});

test('what would be stored in plain sight, could never be stopped, or is nonsense is told with its remedy', async () => {
	const health = 'health: {url: "http://127.0.0.1:1/"}';
	const one = async (more: string): Promise<string> => (await faultsOf(`instance: {${more}}`)).join('\n');
	expect(await one(`start: {argv: [serve, --password, hunter2]}, ${health}`)).toMatch(/this argument looks like a secret/);
	expect(await one(`start: {argv: [serve], env: {API_TOKEN: abcdef}}, ${health}`)).toMatch(/this variable looks like a secret/);
	expect(await one(`start: {argv: [serve]}, health: {url: "http://ana:pw@h/"}`)).toMatch(/the URL holds a user or a password/);
	expect(await one(`start: {argv: [serve]}, ${health}, stopAfter: 48h`)).toMatch(
		/this instance has all traffic.*"restartBaseline"/,
	);
	expect(await one('start: {argv: [serve]}')).toMatch(/health/);
	expect(await one(`start: {argv: []}, ${health}`)).not.toBe('');
	expect(await one(`start: {argv: [./gone]}, ${health}`)).toMatch(/the program can't be used: there is no such file/);
	expect(await one(`start: {argv: [serve], env: {K: {env: NOT_SET}}}, ${health}`)).toMatch(/NOT_SET is not set/);
	expect(await one(`start: {argv: [serve], cwd: ./gone}, ${health}`)).toMatch(/the folder can't be used/);
	expect(await one(`start: {argv: [serve]}, ${health}, stop: {signal: SIGKILL}`)).toMatch(/SIGTERM/);
	expect(await one(`start: {argv: [serve]}, ${health}, onExit: explode`)).toMatch(/rollback/);
	expect(await one(`start: {argv: [serve]}, ${health}, stop: {grace: -5s}`)).not.toBe('');
	expect(await one(`start: {argv: [serve]}, ${health}`)).toBe('');
});
