import {setTimeout as sleep} from 'node:timers/promises';
import {expect, test} from 'vitest';
import {connect} from '../../src/console/client.ts';
import type {EvidenceOptions} from '../../src/core/evidence-options.ts';
import {quickPlan, startControlled} from '../helpers/controlled-session.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {waitUntil} from '../helpers/wait.ts';

test('asked for a rollback while it leaves, it carries it out: the socket is open, so it is the one who is asked', async () => {
	const temp = createTempFolder('leaving');
	// Something that keeps it from leaving at once.
	const collect = () => sleep(1_500, {ok: true, value: {text: 'x', message: ''}} as const);
	const evidence = {list: [{name: 'slow.txt', timeoutMs: 5_000} as EvidenceOptions], collect};
	const plan = quickPlan({evidence: ['slow.txt'], evidenceAfter: {'slow.txt': 'start'}});
	const {controller, router} = await startControlled(temp.path, {plan, evidence});
	await waitUntil('the first weight is in force', () => controller.state.stage.index === 0 && !controller.state.action);
	const client = await connect(controller.socketPath, {role: 'script', who: 'ana'});
	if (!client.ok) throw new Error(client.error.message);
	const stopped = controller.stop('it was sent SIGTERM', 'leave');
	const answer = await client.value.send({command: 'rollback', reason: 'pager'});
	expect(answer).toMatchObject({ok: true, value: {accepted: true}});
	const down = await client.value.until(({rollback}) => rollback?.verifiedAtMs !== undefined, 10_000);
	expect(down.ok).toBe(true);
	expect(router.weightPercent).toBe(0);
	const state = await stopped;
	expect(state.ended).toMatchObject({outcome: 'rolled-back', reason: 'pager'});
	client.value.close();
	temp.remove();
}, 30_000);

test('nothing else is done any more while it leaves', async () => {
	const temp = createTempFolder('leaving');
	const collect = () => sleep(1_000, {ok: true, value: {text: 'x', message: ''}} as const);
	const evidence = {list: [{name: 'slow.txt', timeoutMs: 5_000} as EvidenceOptions], collect};
	const plan = quickPlan({evidence: ['slow.txt'], evidenceAfter: {'slow.txt': 'start'}});
	const {controller, router} = await startControlled(temp.path, {plan, evidence});
	await waitUntil('the first weight is in force', () => controller.state.stage.index === 0 && !controller.state.action);
	const client = await connect(controller.socketPath, {role: 'owner', who: 'ana'});
	if (!client.ok) throw new Error(client.error.message);
	const weight = router.weightPercent;
	const stopped = controller.stop('it was sent SIGTERM', 'leave');
	await client.value.send({command: 'promote', reason: 'on'});
	await stopped;
	expect(router.weightPercent).toBe(weight);
	client.value.close();
	temp.remove();
}, 30_000);
