import {expect, test} from 'vitest';
import {startControlled} from '../helpers/controlled-session.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {createTempFolder} from '../helpers/process.ts';
import {startTerminal} from '../helpers/pty.ts';
import {createScriptedRouter} from '../helpers/scripted-router.ts';
import {program} from '../helpers/world.ts';

describeWithServers(['tmux'], 'attach while several sessions run', () => {
	test('offers them by number, asks again on nonsense, opens the one that was picked; Enter opens none', async () => {
		const folder = createTempFolder('picker');
		const home = folder.path;
		const first = await startControlled(home);
		const second = await startControlled(home, {routers: [createScriptedRouter(`another ${home}`)]});
		try {
			const names = [first, second].map(({folder: path}) => path.split('/').at(-1) ?? '');
			const env = {CANARY_HOME: home, HOME: home, NO_COLOR: '1', LANG: 'C.UTF-8'};
			await using shell = await startTerminal({command: ['bash', '--norc', '-i'], env: {...env, PS1: 'shell> '}});
			await shell.waitForText('shell>');
			await shell.type(`clear; ${process.execPath} ${program} attach\n`);
			const offered = await shell.waitForText('attach to which, 1–2?');
			for (const name of names) expect(offered).toContain(name);
			await shell.type('7\n');
			await shell.waitForText('There is no 7.');
			await shell.type('\n');
			await shell.waitForText(/^shell>/m);

			const newest = /2 {2}(\S+)/.exec(offered)?.[1] ?? '';
			expect(names).toContain(newest);
			await shell.type(`clear; ${process.execPath} ${program} attach\n`);
			await shell.waitForText('attach to which, 1–2?');
			await shell.type('2\n');
			await shell.waitForText('Guardrails');
			await shell.keys('q');
			await shell.waitForText('What becomes of the controller?');
			await shell.keys('Enter');
			expect(await shell.waitForText('goes on being guarded')).toContain(newest);
		} finally {
			await Promise.all([first, second].map(({controller}) => controller.stop('the test is over')));
			folder.remove();
		}
	});
});
