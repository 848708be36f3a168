import {rmSync} from 'node:fs';
import {expect, test} from 'vitest';
import {fail} from '../../src/base/result.ts';
import {connect} from '../../src/console/client.ts';
import {startControlled} from '../helpers/controlled-session.ts';
import {createScriptedRouter} from '../helpers/scripted-router.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {waitUntil} from '../helpers/wait.ts';

test('told to go when its proxy and its folder are gone, it leaves within seconds and says what only a person can do', async () => {
	const temp = createTempFolder('last-word');
	const complaints: string[] = [];
	const scripted = createScriptedRouter('scripted proxy');
	let isGone = false;
	const gone = fail({kind: 'unreachable', message: 'the proxy is gone.'} as const);
	const router = {
		...scripted,
		readSplit: async (signal: AbortSignal) => (isGone ? gone : scripted.readSplit(signal)),
		setWeight: async (percent: number, signal: AbortSignal) => (isGone ? gone : scripted.setWeight(percent, signal)),
	};
	const complain = (fault: unknown): void => void complaints.push(String(fault));
	const {controller, folder} = await startControlled(temp.path, {routers: [router], complain});
	await waitUntil('the first weight is in force', () => controller.state.stage.index === 0 && !controller.state.action);
	const client = await connect(controller.socketPath, {role: 'script', who: 'ana'});
	if (!client.ok) throw new Error(client.error.message);
	isGone = true;
	await client.value.send({command: 'rollback', reason: 'pager'});
	await waitUntil('it has failed', () => (controller.state.action?.attempts ?? 0) > 0);
	client.value.close();
	rmSync(folder, {recursive: true});

	// A record that is there has it go on trying for a minute.
	const over = await Promise.race([
		controller.stop('it was sent SIGTERM', 'policy'),
		new Promise<undefined>(resolve => setTimeout(resolve, 15_000, undefined)),
	]);
	expect(over).toBeDefined();
	const word = complaints.find(text => text.includes('not verified'));
	expect(word).toMatch(
		/^leaving \(it was sent SIGTERM\) with the rollback to 0 % not verified; the split was last read as 5 %: the proxy is gone\./,
	);
	expect(word).toMatch(/Nobody guards it now\. The session's folder is gone.* set the candidate to 0 at scripted proxy\.$/);
	temp.remove();
});
