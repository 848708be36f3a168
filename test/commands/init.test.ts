import {statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, expect, test} from 'vitest';
import {accessOf} from '../../src/commands/init/access.ts';
import {initText} from '../../src/commands/init/profile-text.ts';
import {type RouterFlags, routerKeys} from '../../src/commands/init/router-flags.ts';
import {makeFolder} from '../../src/journal/home.ts';
import {loadProfile} from '../../src/profile/load.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

const folder = createTempFolder('init');
afterAll(() => folder.remove());

const group = (name: string): string =>
	`arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/${name}/6d0ecf831eec9f09`;
const rule =
	'arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener-rule/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee';
const sides = {baseline: 'v1', candidate: 'v2'};

const whole: readonly (readonly [string, RouterFlags])[] = [
	[
		'the built-in proxy',
		{listen: '127.0.0.1:8081', baseline: 'http://127.0.0.1:1', candidate: 'http://127.0.0.1:2,http://127.0.0.1:3'},
	],
	['haproxy', {router: 'haproxy', haproxySocket: '/run/haproxy/admin.sock', haproxyBackend: 'be_a,be_b', ...sides}],
	[
		'nginx',
		{
			router: 'nginx',
			nginxInclude: '/etc/nginx/conf.d/split.conf',
			nginxUpstream: 'app',
			nginxRevisionUrl: 'http://127.0.0.1:8080/revision',
			baseline: '127.0.0.1:3000',
			candidate: '127.0.0.1:3001',
		},
	],
	[
		'a command',
		{
			router: 'command',
			commandRead: '["tool", "show split"]',
			commandParse: 'main:(\\d+)',
			commandWrite: 'tool set {candidate} {baseline}',
		},
	],
	['aws-alb', {router: 'aws-alb', albRule: rule, baseline: group('a'), candidate: group('b')}],
	['gateway-api', {router: 'gateway-api', namespace: 'shop', route: 'shop', ...sides}],
	['argo-rollouts', {router: 'argo-rollouts', namespace: 'shop', rollout: 'shop', kubeContext: 'prod'}],
];

const proposal = {
	id: 'up',
	title: 'Scraped',
	why: 'w',
	query: 'min(up)',
	unit: 'none',
	severity: 'critical',
	bound: () => '= 1',
	value: 1,
} as const;

test.each(whole)('%s: the profile that is written loads', async (_, flags) => {
	const access = accessOf({bearerToken: 'env:TOKEN', caFile: 'test/sources/tls/ca.pem', serverName: 'm "x"'});
	const setup = {
		name: 'n',
		metrics: {prometheus: 'https://p:9090'},
		access: access.keys,
		router: routerKeys(flags),
		isGuessed: false,
	};
	const path = join(folder.path, 'profile.yaml');
	writeFileSync(path, initText(setup, [proposal], true));
	const loaded = await loadProfile(path, {TOKEN: 't'});
	expect(loaded, JSON.stringify(loaded)).toMatchObject({ok: true});
	if (loaded.ok) expect(Object.keys(loaded.value.profile.router)).toEqual([flags.router ?? 'builtin']);
});

test.each<readonly [RouterFlags, RegExp]>([
	[
		{router: 'haproxy', haproxySocket: '/s'},
		/needs --haproxy-backend, --baseline and --candidate\. The sides are names of servers/,
	],
	[{router: 'aws-alb', ...sides}, /needs one of --alb-rule and --alb-listener/],
	[{router: 'aws-alb', ...sides, albRule: 'a', albListener: 'b'}, /needs one of/],
	[{router: 'argo-rollouts', namespace: 'shop'}, /needs --rollout\.$/],
	[
		{router: 'argo-rollouts', namespace: 'shop', rollout: 'r', ...sides},
		/--baseline and --candidate mean nothing to --router argo-rollouts/,
	],
	[{haproxySocket: '/s'}, /--haproxy-socket means nothing to --router builtin\. Name the router with --router: haproxy, nginx/],
	[{router: 'command', commandRead: '["a', commandParse: 'x', commandWrite: 'y'}, /--command-read is no list of texts/],
])('%j is refused, with what is missing or too much', (flags, says) => {
	expect(() => routerKeys(flags)).toThrow(says);
});

test.each([
	[{bearerToken: 'abcdef'}, /never the secret itself/],
	[{bearerToken: 'env:9 X'}, /never the secret itself/],
	[{user: 'ana'}, /belong together/],
	[{user: 'ana', password: 'env:P', bearerToken: 'env:T'}, /either --bearer-token/],
	[{certFile: 'a.pem'}, /--cert-file and --key-file/],
])('%j is refused', (flags, says) => {
	expect(() => accessOf(flags)).toThrow(says);
});

test('a folder is made with those above it, and what takes no folders says so instead of hanging', () => {
	const deep = join(folder.path, 'a', 'b', 'c');
	makeFolder(deep, 0o700);
	makeFolder(deep);
	expect(statSync(deep).mode & 0o777).toBe(0o700);
	writeFileSync(join(deep, 'file'), '');
	expect(() => makeFolder(join(deep, 'file', 'x'))).toThrow(/ENOTDIR|EEXIST/);
	// Node's own never comes back from there.
	expect(() => makeFolder('/proc/none/such')).toThrow(/ENOENT|EACCES|EPERM|EROFS/);
});
