import {createHash} from 'node:crypto';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {startTicksOf} from '../../src/journal/process-id.ts';
import {foreignIn, of, openScreen} from '../helpers/console-kit.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {waitUntil} from '../helpers/process.ts';
import type {Terminal} from '../helpers/pty.ts';
import {startWorld, type World} from '../helpers/world.ts';

const sh = (script: string): string[] => ['/bin/sh', '-c', script];
const hostile = String.raw`printf '\033]52;c;ZXZpbA==\007clip \033[31mred\033[0m \000nul \377\n'; head -c 3000000 /dev/zero | tr '\000' x; printf '\nafter\n'`;

const commands = [
	{
		key: 'D',
		title: 'say it',
		argv: [...sh('printf "%s\\n" "$@" "key $API_KEY"'), 'sh', '{{candidate}} at {{weight}} %', '$(id)'],
		env: {API_KEY: {file: 'key.txt'}},
	},
	{key: 'L', title: 'slow', argv: sh('echo begun $$; sleep 300 & echo child $!; wait'), timeout: '2m'},
	{key: 'T', title: 'too slow', argv: sh('trap "" TERM; echo up; sleep 300 & echo child $!; wait; sleep 300'), timeout: '300ms'},
	{key: 'X', title: 'rebalance', argv: sh('echo moved >> moved.txt; echo moved'), dangerous: true},
	{key: 'F', title: 'fails', argv: sh('echo why not >&2; exit 3')},
	{key: 'O', title: 'hostile', argv: sh(hostile), maxBytes: 100_000},
];

const alive = (pid: number): boolean => startTicksOf(pid) !== undefined;
const artifact = (world: World, name: string): string => readFileSync(join(world.session(), 'artifacts', name), 'utf8');
const finished = (world: World, run: number) => of(world.events(), 'command-finished').find(one => one.run === run);
/** Not by Escape: a key that follows it too soon is not taken for a person's. */
async function close(screen: Terminal): Promise<void> {
	await screen.keys('q');
	await screen.waitForNoText('Esc closes');
}
const childIn = (text: string): number => Number(/child (\d+)/.exec(text)?.[1]);

describeWithServers(['prometheus', 'haproxy', 'tmux'], 'commands of the runbook, by the built program', () => {
	test('from a key to its output, from the shell, and after a crash', {timeout: 180_000}, async () => {
		await using world = await startWorld({profile: {commands}});
		writeFileSync(join(world.folder, 'key.txt'), 'correct-horse-battery\n');
		await using screen = await openScreen(world, ['run', world.profilePath, '--start', '--operator', 'ana']);
		await screen.waitForText('configured 5', 30_000);

		// A key runs it; its output is on the screen, and in the record as it was run.
		await screen.keys('D');
		const said = await screen.waitForText(/ended with 0 in/);
		expect(said).toMatch(/canary at 5 %/);
		expect(said).toContain('$(id)');
		await close(screen);
		const first = of(world.events(), 'command-asked')[0];
		expect(first).toMatchObject({run: 1, title: 'say it', by: 'ana', name: 'commands/1-say-it.txt'});
		const written = artifact(world, 'commands/1-say-it.txt');
		const sum = createHash('sha256').update(written).digest('hex');
		expect(await waitUntil('it is recorded', () => finished(world, 1))).toMatchObject({kind: 'exited', code: 0, sha256: sum});
		// A secret stands nowhere.
		expect(written).toContain('\nkey •••\n');

		// A dangerous one asks, and Cancel is what Enter does.
		await screen.keys('X');
		await screen.waitForText('Run a dangerous command');
		await screen.keys('Enter');
		await screen.waitForNoText('Run a dangerous command');
		expect(existsSync(join(world.folder, 'moved.txt'))).toBe(false);
		await screen.keys('X');
		await screen.waitForText('Run a dangerous command');
		await screen.keys('y');
		await screen.waitForText(/✓ ended with 0/);
		expect(readFileSync(join(world.folder, 'moved.txt'), 'utf8')).toBe('moved\n');
		await close(screen);

		// A console that only looks runs none, and says why; what was run it may read.
		const pager = join(world.folder, 'pager.sh');
		writeFileSync(pager, 'echo in the pager; cat "$1"; read -r _');
		await using reader = await openScreen(world, ['attach', '--read-only'], {env: {PAGER: `/bin/sh ${pager}`}});
		await reader.waitForText('configured 5');
		await reader.keys('F');
		await reader.waitForText(/fails: this console is read only/);
		await reader.keys('D');
		await reader.waitForText(/canary at 5 %/);
		await reader.keys('o');
		await reader.waitForText(/in the pager\s+canary at 5 %/);
		await reader.keys('C-c');
		await reader.waitForText('Esc closes');

		// Its time over, all it had started is ended; the screen says so in words.
		await screen.keys('T');
		await screen.waitForText(/✗ FAILED: not done after/, 20_000);
		await close(screen);
		expect(alive(childIn(artifact(world, 'commands/3-too-slow.txt')))).toBe(false);

		// Hostile output is harmless and bounded.
		await screen.keys('O');
		await screen.waitForText(/ended with 0 in .*its output cut/);
		await screen.keys('g');
		await screen.waitForText(/clip red/);
		await close(screen);
		expect(foreignIn(screen.rawOutput())).toBe('');
		expect(artifact(world, 'commands/4-hostile.txt').length).toBeLessThan(101_000);
		expect(artifact(world, 'commands/4-hostile.txt')).not.toMatch(/[\x00-\x08\x0B-\x1F]/);

		// From a shell: the output, and a code to branch on.
		const failing = await world.run('command', world.session(), 'F');
		expect([failing.code, failing.stdout]).toEqual([1, 'why not\n']);
		expect(failing.stderr).toContain('FAILED: ended with 3');
		expect(await world.run('command', world.session(), 'rebalance')).toMatchObject({
			code: 2,
			stderr: expect.stringContaining('--yes'),
		});
		const listed = await world.run('command', world.session(), '--list', '--json');
		expect(JSON.parse(listed.stdout)).toHaveLength(commands.length);

		// The overlay closed, the command goes on; a way down does not wait for it.
		await screen.keys('L');
		await screen.waitForText(/child \d+/);
		await close(screen);
		const slow = of(world.events(), 'command-asked').at(-1)!;
		expect(slow.title).toBe('slow');
		expect(finished(world, slow.run)).toBeUndefined();
		const child = childIn(artifact(world, slow.name));
		expect(alive(child)).toBe(true);

		// Its controller killed: whoever takes the session up ends what is left, and records it as cut off.
		await waitUntil('its process is recorded', () => of(world.events(), 'command-started').some(({run}) => run === slow.run));
		process.kill(world.controllerPid(), 'SIGKILL');
		await screen.waitForText('CONTROLLER LOST', 20_000);
		// Its program ends meanwhile, and what that had started goes on.
		const {pid} = of(world.events(), 'command-started').find(({run}) => run === slow.run)!;
		process.kill(pid, 'SIGKILL');
		await waitUntil('its program is dead', () => !alive(pid));
		expect(alive(child)).toBe(true);
		const rolledBack = await world.run('rollback', '--reason', 'enough');
		expect(rolledBack.code).toBe(0);
		const cut = await waitUntil('it is recorded as cut off', () => finished(world, slow.run));
		expect(cut).toMatchObject({kind: 'cut-off', lines: 2});
		await waitUntil('what was left is ended', () => !alive(child));
		expect(of(world.events(), 'command-asked').filter(({title}) => title === 'slow')).toHaveLength(1);
		await waitUntil('the session is over', () => !existsSync(join(world.session(), 'controller.pid')), {timeoutMs: 60_000});
		expect((await world.run('sessions', 'verify', world.session())).code).toBe(0);

		// In a replay none runs; what was printed is still there to read.
		await using replay = await openScreen(world, ['replay', world.session(), '--at', '100%']);
		await replay.waitForText('REPLAY');
		await replay.keys('F');
		await replay.waitForText(/why not/);
		await replay.waitForText(/ended with 3/);
		writeFileSync(join(world.session(), 'artifacts', 'commands', '1-say-it.txt'), 'forged\n');
		await close(replay);
		await replay.keys('D');
		await replay.waitForText(/not what the record says/);
	});
});
