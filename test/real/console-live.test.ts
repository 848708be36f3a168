import {appendFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect, test} from 'vitest';
import {
	childOf,
	foreignIn,
	memoryMb,
	of,
	openScreen,
	rollbackOf,
	startGuarded,
	startGuardedAlone,
	untilDead,
	worldEnv,
} from '../helpers/console-kit.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {keepSpare} from '../helpers/next-prometheus.ts';
import {isAlive} from '../helpers/process.ts';
import {startTerminal} from '../helpers/pty.ts';
import {program, startWorld} from '../helpers/world.ts';

describeWithServers(['prometheus', 'haproxy', 'tmux'], 'the console of the built program on a real canary', () => {
	keepSpare();

	test('run, promote by key, a breach: it rolls back by itself and the screen tells all of it', async () => {
		await using world = await startWorld({loadSeconds: 90});
		world.startLoad();
		await using screen = await startGuarded(world);
		expect(await screen.screen()).toMatch(/asked 5 · configured 5/);

		await screen.keys('p');
		expect(await screen.waitForText('5 % → 50 %')).toMatch(/▸\[ Esc Cancel \]/);
		await screen.keys('y');
		await screen.waitForText(/asked 50 · configured 50/);
		expect(await world.splitNow()).toBe(50);

		await world.canary.fault({errorRate: 1});
		await screen.waitForText('BREACHING');
		expect(await screen.screen()).toMatch(/breaching \d:\d\d of 0:01 → rolls back/);
		const over = await screen.waitForText('ROLLED BACK');
		expect(over).toMatch(/asked 0 · configured 0/);
		expect(over).toMatch(/Canary errors.*ROLLBACK/);
		expect(await world.splitNow()).toBe(0);
		expect(await screen.title()).toMatch(/^ROLLED BACK 0% world/);
		// One bell for the breach, no more.
		expect(
			screen
				.rawOutput()
				.replaceAll(/\x1B\]0;[^\x07]*\x07/g, '')
				.match(/\x07/g),
		).toHaveLength(1);
		// For the desktop: the breach, the way back, that it is verified; each once.
		const notes = [...screen.rawOutput().matchAll(/\x1B\]9;canary (.*?)\x1B\\/g)].map(([, note]) => note);
		for (const about of [/^world: Canary errors breached: /, /^world: rollback of canary: /, /^world: canary is rolled back: /])
			expect(notes.filter(note => about.test(note ?? ''))).toHaveLength(1);
		// The controller goes two seconds after the end; the screen stays until its reader leaves.
		await screen.waitForText('ENDED');
		await screen.keys('q');
		expect(await screen.exitCode()).toBe(1);
		expect(await screen.screen()).toContain('is over: rolled-back');
		expect(foreignIn(screen.rawOutput())).toBe('');
	});

	test('an attached console may roll back but not promote, until it is armed with a name and a reason', async () => {
		await using world = await startWorld({loadSeconds: 90});
		world.startLoad();
		await startGuardedAlone(world);
		await using screen = await openScreen(world, ['attach', '--operator', 'bo']);
		await screen.waitForText('HEALTHY');
		expect(await screen.screen()).toContain('p promote ⊘');
		await screen.keys('p');
		await screen.waitForText('an attached console only rolls back: arm it first');

		await screen.keys('A');
		await screen.waitForText('For ten minutes this console may promote');
		await screen.type('on call');
		await screen.keys('Enter');
		await screen.waitForText('ARMED 9:5');
		await screen.keys('p');
		await screen.waitForText('5 % → 50 %');
		await screen.keys('y');
		await screen.waitForText(/configured 50/);
		expect(of(world.events(), 'console-armed')).toMatchObject([{by: 'bo', reason: 'on call'}]);

		await using reader = await openScreen(world, ['attach', '--read-only']);
		await reader.waitForText('READ ONLY');
		await reader.keys('r');
		await reader.waitForText('this console is read only');

		// A paste, and both keys in one go, do nothing; pressed by themselves they do.
		await screen.type('ry');
		await screen.type('\x1b[200~ry\x1b[201~');
		await screen.waitForText('a paste is no command');
		expect(of(world.events(), 'rollback-asked')).toEqual([]);
		await sleep(100);
		await screen.keys('r');
		expect(await screen.waitForText('All traffic goes back to stable')).toContain('50 % → 0 %');
		await screen.keys('y');
		await screen.waitForText('ROLLED BACK');
		await reader.waitForText('ROLLED BACK');
		expect(await world.splitNow()).toBe(0);
		expect(of(world.events(), 'rollback-asked')).toMatchObject([{by: 'bo'}]);
	});

	test('closed, left, killed: it is guarded all the same, attach returns to it, and the terminal is as it was', async () => {
		await using world = await startWorld({loadSeconds: 90});
		world.startLoad();
		const first = await startGuarded(world);
		await first.stop();
		await untilDead(first.pid);
		const controller = world.controllerPid();
		expect(isAlive(controller)).toBe(true);

		await using shell = await startTerminal({
			command: ['bash', '--norc', '-i'],
			env: {...worldEnv(world), PS1: 'shell> '},
		});
		await shell.waitForText('shell>');
		await shell.type('stty -g > before; clear; echo ready\n');
		await shell.waitForText(/^ready/m);
		// As npm would start it: the shell waits for the script in between.
		await shell.type(`sh -c '${process.execPath} ${program} attach; true'\n`);
		await shell.waitForText('HEALTHY');
		await shell.keys('C-z');
		expect(await shell.waitForText('Stopped')).toMatch(/^ready/m);
		await shell.type('fg\n');
		await shell.waitForText('HEALTHY');
		await shell.keys('q');
		await shell.waitForText('What becomes of the controller?');
		await shell.keys('Enter');
		await shell.waitForText('goes on being guarded');
		await shell.type('stty -g | diff - before && echo same; clear; echo again\n');
		expect(await shell.waitForText(/^again/m)).not.toContain('<');

		await shell.type(`${process.execPath} ${program} attach\n`);
		await shell.waitForText('HEALTHY');
		process.kill(childOf(shell.pid), 'SIGKILL');
		// What a killed console can't put right any more, something else does.
		expect(await shell.waitForText('The console was killed; the controller goes on guarding')).toMatch(/^again/m);
		expect(isAlive(controller)).toBe(true);

		await using third = await openScreen(world, ['attach']);
		await third.waitForText('HEALTHY');
		process.kill(third.pid, 'SIGKILL');
		await world.canary.fault({errorRate: 1});
		const {verified, askedAfterMs} = await rollbackOf(world);
		expect(askedAfterMs).toBe(1_000);
		expect(verified.split.weightPercent).toBe(0);
		expect(await world.splitNow()).toBe(0);
	});

	test('a controller that stands still is said to be lost within 2 s, and what is shown to be old; back, all is well', async () => {
		await using world = await startWorld({loadSeconds: 90});
		world.startLoad();
		await using screen = await startGuarded(world);
		const controller = world.controllerPid();
		process.kill(controller, 'SIGSTOP');
		const stoppedMs = performance.now();
		try {
			const lost = await screen.waitForText('CONTROLLER LOST', 3_000);
			expect(performance.now() - stoppedMs).toBeLessThan(2_000);
			expect(lost).toContain('○ LOST');
			expect(lost).toMatch(/Canary errors .* old/);
			expect(lost).not.toContain('✓ Canary errors');
			await screen.keys('r');
			await screen.waitForText('canary rollback works in a shell');
		} finally {
			process.kill(controller, 'SIGCONT');
		}
		await screen.waitForText('● LIVE');
		await screen.waitForText('HEALTHY');
	});

	// Beside the one below it: most of its minute is waiting.
	test.concurrent('a terminal frozen for a minute delays no rollback, and its console does not grow; thawed, it shows the end', async () => {
		await using world = await startWorld({
			loadSeconds: 180,
			profile: {policies: {watchAfterEnd: '120s', splitReadEvery: '1s'}},
		});
		world.startLoad();
		await using screen = await startGuarded(world, {columns: 200, rows: 60});
		screen.freeze();
		await sleep(5_000);
		const before = memoryMb(screen.pid);
		await world.canary.fault({errorRate: 1});
		const {intended, verified, askedAfterMs} = await rollbackOf(world);
		expect(askedAfterMs).toBe(1_000);
		expect(verified.tMs - intended.tMs).toBeLessThan(1_000);
		// Nobody reads the terminal for a minute in all.
		await sleep(54_000);
		expect(memoryMb(screen.pid) - before).toBeLessThan(20);
		const thawedAtMs = Date.now();
		screen.thaw();
		await screen.waitForText('ROLLED BACK', 3_000);
		expect(verified.atMs).toBeLessThan(thawedAtMs - 53_000);
		await screen.keys('?');
		await screen.waitForText('Keys and signs', 2_000);
	});

	test.concurrent('hostile lines and labels, every size, other locales: nothing reaches the terminal that the console did not mean', async () => {
		const label = '"\\x1b]0;owned\\x07\\x1b[2J"';
		const guardrails = [
			{
				title: 'Canary errors',
				query: `label_replace(vector(0), "evil", ${label}, "", ".*")`,
				healthy: '< 5',
				severity: 'critical',
			},
		];
		await using world = await startWorld({loadSeconds: 90, profile: {guardrails}});
		world.startLoad();
		await startGuardedAlone(world);
		await using screen = await openScreen(world, ['attach', '--read-only']);
		await screen.waitForText('HEALTHY');
		const evil = [
			'\x1B]0;owned\x07',
			'\x1B[2J\x1B[31m',
			'\x1B]8;;https://evil\x07x',
			'\u009B2J',
			'\u202Egnp',
			'漢字'.repeat(80),
			'\x1BP$q\x1B\\',
		];
		for (const text of evil) {
			const line = JSON.stringify({level: 'error', code: text, msg: `bad ${text} end`});
			appendFileSync(world.canary.errorLog, `${line}\n${text} raw\n`);
		}
		await screen.waitForText('bad');
		await screen.keys('4');
		for (const key of ['j', 'j', 'j', 'j', 'j', 'j']) await screen.keys(key);
		await screen.keys('1', 'Enter');
		await screen.waitForText('evil=');
		await screen.keys('Escape');
		await screen.waitForNoText('evil=');
		const sizes = [
			[200, 60],
			[40, 10],
			[8, 3],
			[300, 20],
			[17, 80],
			[80, 24],
			[120, 40],
		] as const;
		for (const [columns, rows] of sizes) {
			await screen.resize(columns, rows);
			await sleep(300);
			expect((await screen.screen()).split('\n').length).toBeLessThanOrEqual(rows);
		}
		// Nothing of an old size is left behind, and nothing is missing.
		const last = await screen.waitForText('1 Guardrails');
		expect(last).toContain('4 Errors');
		expect(last.match(/LIVE/g)).toHaveLength(1);
		expect(foreignIn(screen.rawOutput())).toBe('');
		expect(await screen.title()).toMatch(/^HEALTHY 5% world/);

		await using ascii = await openScreen(world, ['attach'], {env: {LANG: 'C', NO_COLOR: '1'}});
		await ascii.waitForText('HEALTHY');
		await ascii.waitForText('bad');
		expect(ascii.rawOutput()).toMatch(/^[\x00-\x7F]*$/);
		expect(ascii.rawOutput()).not.toMatch(/\x1B\[(?:3|4|9|10)\d(?:;\d+)*m/);
		expect(foreignIn(ascii.rawOutput())).toBe('');

		await using spoken = await openScreen(world, ['attach', '--screen-reader']);
		const heard = await spoken.waitForText('HEALTHY: the guardrail holds');
		expect(heard).toContain('Canary errors: ok');
		expect(heard).not.toMatch(/[╭│╰]/);
		await spoken.keys('r');
		await spoken.waitForText('All traffic goes back to stable');
		// A key within 10 ms of another is none that a person pressed.
		await new Promise(resolve => setTimeout(resolve, 100));
		await spoken.keys('y');
		await spoken.waitForText('ROLLED BACK');
		expect(await world.splitNow()).toBe(0);
		expect(foreignIn(spoken.rawOutput())).toBe('');
	});
});
