/**
 * The console on a made-up session, for tests in a terminal: `node … STATE [ROLE] [OPTIONS…]`. Options: any of `ascii`, `spoken`,
 * `lost` (the controller goes silent after a second), `burst` (fifty events a second), a theme's name.
 */
import {openConsole} from '../../src/commands/screen.ts';
import type {Role} from '../../src/core/protocol.ts';
import type {SessionSummary} from '../../src/journal/sessions.ts';
import {isThemeName} from '../../src/view/theme.ts';
import {fakeClient} from './fake-client.ts';
import * as sessions from './fake-session.ts';

const [state = 'breaching', role = 'owner', ...options] = process.argv.slice(2);
const makers: Readonly<Record<string, () => sessions.FakeSession>> = {
	starting: () => sessions.fakeSession(),
	healthy: () => sessions.healthySession(),
	breaching: () => sessions.breachingSession(),
	'rolled-back': () => sessions.rolledBackSession(),
	failed: () => sessions.failedRollbackSession(),
	hostile: () => sessions.hostileSession(),
};
const session = (makers[state] ?? makers['breaching'])?.() ?? sessions.fakeSession();
const client = fakeClient(session, {role: role as Role, monoMs: () => performance.now()});
const values = state === 'breaching' ? {sse: 99.41, pool: 83, ann: null} : {};
let isLost = false;
setInterval(
	() => {
		if (isLost) return;
		session.poll(1, values);
		client.moved();
	},
	options.includes('burst') ? 20 : 1_000,
).unref();
if (options.includes('lost')) {
	setTimeout(() => {
		isLost = true;
		client.lose('the controller does not answer', performance.now());
	}, 1_000).unref();
}
const theme = options.find(isThemeName);
process.exitCode = await openConsole(client, {name: 'relay-r1'} as SessionSummary, {
	role: role as Role,
	who: 'ana@bastion',
	...(theme && {theme}),
	...(options.includes('ascii') && {ascii: true}),
	...(options.includes('spoken') && {screenReader: true}),
});
