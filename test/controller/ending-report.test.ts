import {expect, test} from 'vitest';
import {ok} from '../../src/base/result.ts';
import {connect} from '../../src/console/client.ts';
import {initialState, type SessionState} from '../../src/core/state.ts';
import {quickPlan, startControlled} from '../helpers/controlled-session.ts';
import {stage} from '../helpers/given.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {waitUntil} from '../helpers/wait.ts';

test('the report is written at the end, and anew when somebody signs while the end is watched', async () => {
	const temp = createTempFolder('ending-report');
	let written = 0;
	const {controller} = await startControlled(temp.path, {
		plan: quickPlan({stages: [stage(100, {durationMs: 50})]}, {watchAfterEndMs: 60_000}),
		writeReport: async () => {
			written++;
			return ok(undefined);
		},
	});
	try {
		await waitUntil('it was written', () => written === 1);
		expect(controller.state.ended?.outcome).toBe('promoted');
		const client = await connect(controller.socketPath, {role: 'owner', who: 'ana'});
		if (!client.ok) throw new Error(String(client.error));
		await client.value.send({command: 'sign', role: 'sre', name: 'Ana', note: ''});
		await waitUntil('it was written anew', () => written === 2);
		client.value.close();
	} finally {
		await controller.stop('the test is over');
		temp.remove();
	}
});

test('documents that were being made when somebody signed are made again', async () => {
	const temp = createTempFolder('ending-documents');
	const release = Promise.withResolvers<void>();
	let state = (): SessionState => initialState;
	/** Of each time they were made behind the end: how many had signed. */
	const made: number[] = [];
	const {controller} = await startControlled(temp.path, {
		plan: quickPlan({stages: [stage(100, {durationMs: 50})], requiredArtifacts: ['REVIEW.md']}, {watchAfterEndMs: 60_000}),
		writeReport: async () => ok(undefined),
		makeDocuments: async () => {
			if (state().ended) {
				made.push(state().signOffs?.length ?? 0);
				if (made.length === 1) await release.promise;
			}
			return ok({made: [], failed: []});
		},
	});
	state = () => controller.state;
	try {
		await waitUntil('they are being made', () => made.length === 1);
		const client = await connect(controller.socketPath, {role: 'owner', who: 'ana'});
		if (!client.ok) throw new Error(String(client.error));
		await client.value.send({command: 'sign', role: 'sre', name: 'Ana', note: ''});
		release.resolve();
		await waitUntil('they were made with the signature', () => made.at(-1) === 1);
		client.value.close();
	} finally {
		release.resolve();
		await controller.stop('the test is over');
		temp.remove();
	}
});
