import {expect, test} from 'vitest';
import type {RouterOptions} from '../../src/core/router-options.ts';
import {openRouter, routerKinds} from '../../src/routers/registry.ts';
import {commandOptions, haproxyOptions, noSecrets} from './rigs.ts';

const errorOf = (options: RouterOptions) => {
	const opened = openRouter(options, noSecrets);
	return opened.ok ? undefined : opened.error;
};

test('an unknown kind lists the known ones', () => {
	const error = errorOf({kind: 'envoy'} as unknown as RouterOptions);
	expect(error?.kind).toBe('bad-options');
	expect(error?.message).toBe(`There is no router “envoy”. Known routers: ${routerKinds.join(', ')}.`);
	expect(routerKinds).toEqual(expect.arrayContaining(['haproxy', 'nginx', 'command']));
});

test('a kind that every object has is unknown too', () => {
	expect(errorOf({kind: 'constructor'} as unknown as RouterOptions)?.message).toContain('There is no router “constructor”');
});

test('the target tells the router, the place and the candidate', () => {
	const opened = openRouter(haproxyOptions({host: '::1', port: 9999}), noSecrets);
	expect(opened.ok && opened.value.target).toBe('haproxy [::1]:9999 app/canary');
});

const socket = {path: '/run/haproxy.sock'};
const side = {baseline: ['stable'], candidate: ['canary']};

test.each([
	[
		haproxyOptions({path: `/run/${'x'.repeat(110)}`}),
		"The socket's path has 115 bytes; the kernel takes 107: use a link with a shorter path.",
	],
	[haproxyOptions(socket, {backends: []}), 'The haproxy router has no backend.'],
	[haproxyOptions(socket, {backends: [{name: 'app', ...side, candidate: []}]}), 'Backend app needs a server on each side.'],
	[
		haproxyOptions(socket, {backends: [{name: 'app', ...side, candidate: ['stable']}]}),
		'Backend app has a server on both sides.',
	],
	[haproxyOptions(socket, {backends: [{name: 'app; help', ...side}]}), '“app; help” is no name of a HAProxy backend or server.'],
	[haproxyOptions(socket, {totalWeight: 300}), "The total weight is 300, but HAProxy's weights go to 256."],
	[commandOptions('/', {write: {argv: ['tool'], env: {}}}), 'has neither {candidate} nor {baseline} in it'],
	[commandOptions('/', {scale: 0}), 'The scale is 0'],
	[commandOptions('/', {scale: 0.5, decimals: 0}), 'A scale of 0.5 needs more than 0 decimals.'],
])('wrong options %# are told before anything is touched', (options, message) => {
	const error = errorOf(options);
	expect(error?.kind).toBe('bad-options');
	expect(error?.message).toContain(message);
});
