import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import type {SessionEvent} from '../../src/core/event.ts';
import {startAlertmanager} from '../helpers/alertmanager.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {freePort, waitUntil} from '../helpers/process.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {startWorld, type World} from '../helpers/world.ts';

const of = <Type extends SessionEvent['type']>(world: World, type: Type) =>
	world.events().filter((event): event is Extract<SessionEvent, {type: Type}> => event.type === type);

describeWithServers(['prometheus', 'haproxy', 'alertmanager'], 'alerts of a real Alertmanager', () => {
	test('stand in the timeline; one that is marked rolls back; another canary’s and a wrong token do nothing', async () => {
		const port = await freePort();
		const token = join(createTempFolder('alerts').path, 'token');
		writeFileSync(token, 'the-right-token\n');
		const webhookUrl = `http://127.0.0.1:${port}/alertmanager`;
		await using posting = await startAlertmanager({webhookUrl, token: 'the-right-token'});
		await using polled = await startAlertmanager({webhookUrl: 'http://127.0.0.1:1/'});
		await using world = await startWorld({
			profile: {
				policies: {watchAfterEnd: '0s'},
				alertmanager: {
					webhook: {listen: `127.0.0.1:${port}`, token: {file: token}},
					poll: {url: polled.url, every: '1s'},
					mayRollBack: true,
				},
			},
		});
		const load = world.startLoad(60);
		const run = world.run('run', '--headless', world.profilePath);
		await waitUntil('5 % is in force', async () => (await world.splitNow()) === 5);

		await polled.post({alertname: 'DiskFull', canary: 'world'}, {summary: '\u001b[31m9 GB left'});
		await waitUntil('it was asked for', () => of(world, 'alert-received').length === 1);
		await polled.post({alertname: 'DiskFull', canary: 'world'}, {}, true);
		await waitUntil('it is resolved', () => of(world, 'alert-resolved').length === 1);

		const forged = await fetch(webhookUrl, {
			method: 'POST',
			headers: {authorization: 'Bearer the-wrong-token'},
			body: JSON.stringify({version: '4', alerts: [{fingerprint: 'f0', labels: {canary_action: 'AUTO_ROLLBACK'}}]}),
		});
		expect(forged.status).toBe(401);
		await posting.post({alertname: 'NotOurs', canary: 'other', canary_action: 'AUTO_ROLLBACK'});
		await posting.post({alertname: 'Seen', severity: 'info'}, {summary: 'only shown'});
		await waitUntil('it came in', () => of(world, 'alert-received').some(({name}) => name === 'Seen'));
		expect(await world.splitNow()).toBe(5);

		await posting.post({alertname: 'Leak'}, {canary_action: 'SECURITY_ROLLBACK', summary: 'rows of another tenant'});
		const {code} = await run;
		await load.stop();
		expect(code).toBe(1);
		expect(await world.splitNow()).toBe(0);
		expect(of(world, 'alert-received')).toMatchObject([
			{name: 'DiskFull', via: 'poll', summary: expect.not.stringContaining('\u001b')},
			{name: 'Seen', via: 'webhook', summary: 'only shown'},
			{name: 'Leak', via: 'webhook', action: 'SECURITY_ROLLBACK'},
		]);
		const received = of(world, 'alert-received').at(-1)!;
		const intended = of(world, 'action-intended').find(({purpose}) => purpose === 'rollback')!;
		expect(intended).toMatchObject({reason: 'SECURITY: the alert Leak (SECURITY_ROLLBACK): rows of another tenant'});
		expect(intended.seq - received.seq).toBeLessThanOrEqual(2);
	});
});
