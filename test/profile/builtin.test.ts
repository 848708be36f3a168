import {expect, test} from 'vitest';
import {builtinSocket} from '../../src/profile/builtin-socket.ts';
import {compiled, faultsOf, profileText} from './given.ts';

const router = (builtin: string): string => `router:\n  builtin: ${builtin}`;
const least = 'listen: "127.0.0.1:8080", baseline: ["http://127.0.0.1:3000"], candidate: ["http://127.0.0.1:3001"]';

test('an address and a server a side are all that must be said', async () => {
	const {router: options, plan} = await compiled({router: router(`{${least}}`)});
	expect(options).toEqual({
		kind: 'builtin',
		listen: '127.0.0.1:8080',
		baseline: ['http://127.0.0.1:3000'],
		candidate: ['http://127.0.0.1:3001'],
		controlSocket: builtinSocket('127.0.0.1:8080'),
		endWithSession: false,
		timeoutMs: 5_000,
	});
	expect(plan.router).toBe('builtin 127.0.0.1:8080');
});

test('everything that can be said reaches the router, the socket beside the profile', async () => {
	const builtin = `{listen: "[::1]:80", stable: ["http://a"], canary: ["https://b/app"], sticky: {cookie: side},
    metricsListen: "127.0.0.1:9180", controlSocket: proxy.sock, endWithSession: true, timeout: 2s}`;
	const {router: options} = await compiled({router: router(builtin)});
	expect(options).toEqual({
		kind: 'builtin',
		listen: '[::1]:80',
		baseline: ['http://a'],
		candidate: ['https://b/app'],
		sticky: {cookie: 'side'},
		metricsListen: '127.0.0.1:9180',
		controlSocket: expect.stringMatching(/^\/.*\/proxy\.sock$/),
		endWithSession: true,
		timeoutMs: 2_000,
	});
});

test('what is wrong is said where it stands, and no secret is repeated', async () => {
	const builtin = `{listen: 8080 here, baseline: ["http://a"], candidate: ["http://a", "http://ana:hunter2@b"],
    sticky: {header: X, cookie: y}}`;
	const faults = (await faultsOf(profileText({router: router(builtin)}))).join('\n');
	expect(faults).toContain(
		'router.builtin.listen: "8080 here" is no address to listen on: write host:port, like 127.0.0.1:8080.',
	);
	expect(faults).toContain('router.builtin.candidate[0]: the server');
	expect(faults).toContain('stands on both sides');
	expect(faults).toContain('router.builtin.candidate[1]: the URL holds a user or a password');
	expect(faults).toContain('"header" and "cookie" both stand here');
	expect(faults).not.toContain('hunter2');
});

test("the control socket of an address has a short path in a folder of the user's own", () => {
	const socket = builtinSocket('[::1]:8080', {XDG_RUNTIME_DIR: '/run/user/1000'});
	expect(socket).toMatch(/^\/run\/user\/1000\/canary-\d+\/builtin--1-8080\.sock$/);
	expect(builtinSocket('127.0.0.1:80', {XDG_RUNTIME_DIR: 'relative'})).not.toContain('relative');
});
