import {execFile} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:https';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {ok} from '../../src/base/result.ts';
import type {PrometheusOptions} from '../../src/core/source-options.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {startHaproxy, twoSides} from '../helpers/haproxy.ts';
import {startLoad} from '../helpers/load.ts';
import {createTempFolder, freePort, isPortTaken, type RunningProcess, startProcess, waitUntil} from '../helpers/process.ts';
import {requireServer, serverEnvironment} from '../helpers/servers.ts';
import {type Service, startService} from '../helpers/service.ts';
import {program} from '../helpers/world.ts';
import {guardrail, open, readingOf} from '../sources/prometheus-kit.ts';

const file = (name: string): string => join(import.meta.dirname, '../sources/tls', name);

const pem = (name: string): string => readFileSync(file(name), 'utf8');

/** bcrypt of `correct horse`. */
const passwordHash = '$2b$10$abcdefghijklmnopqrstuu23JPZtHcGhwXSF41f93o/7vBdDut3Xu';

const webConfig = {
	tls_server_config: {
		cert_file: file('server.pem'),
		key_file: file('server.key.pem'),
		client_auth_type: 'RequireAndVerifyClientCert',
		client_ca_file: file('ca.pem'),
	},
	basic_auth_users: {ana: passwordHash},
};

/** JSON is YAML. The first is in service, the second is tried. */
const scraping = ([stable = '', canary = '']: readonly string[]) => ({
	global: {scrape_interval: '1s'},
	scrape_configs: [
		{
			job_name: 'app',
			static_configs: [
				{targets: [stable], labels: {track: 'stable'}},
				{targets: [canary], labels: {track: 'canary'}},
			],
		},
	],
});

async function startSecured(port: number, targets: readonly string[]): Promise<RunningProcess> {
	const program = requireServer('prometheus');
	const folder = createTempFolder('prometheus');
	writeFileSync(join(folder.path, 'web.yml'), JSON.stringify(webConfig));
	writeFileSync(join(folder.path, 'prometheus.yml'), JSON.stringify(scraping(targets)));
	return startProcess({
		name: 'prometheus',
		command: program,
		args: [
			`--config.file=${folder.path}/prometheus.yml`,
			`--storage.tsdb.path=${folder.path}/data`,
			`--web.config.file=${folder.path}/web.yml`,
			`--web.listen-address=127.0.0.1:${port}`,
			'--log.level=warn',
		],
		cwd: folder.path,
		env: serverEnvironment(program),
		ready: () => isPortTaken(port),
		afterStop: folder.remove,
	});
}

describeWithServers(['prometheus', 'haproxy'], 'a real Prometheus behind TLS, client certificates and a password', () => {
	const stack = new AsyncDisposableStack();
	let services: readonly Service[];
	let url: string;
	beforeAll(async () => {
		const port = await freePort();
		url = `https://127.0.0.1:${port}`;
		services = await Promise.all(['stable', 'canary'].map(version => startService({version})));
		for (const service of services) stack.use(service);
		const server = await startSecured(
			port,
			services.map(service => `127.0.0.1:${service.port}`),
		);
		stack.defer(async () => void (await server.stop()));
	});
	afterAll(() => stack.disposeAsync());

	const certificates = {
		caFile: file('ca.pem'),
		certFile: file('client.pem'),
		keyFile: file('client.key.pem'),
		insecureSkipVerify: false,
	};
	const auth = {kind: 'basic', username: 'ana', password: {env: 'PROMETHEUS_PASSWORD'}} as const;
	const ask = async (extra: Partial<PrometheusOptions>, password = 'correct horse') => {
		const questions = {guardrails: [guardrail('g', 'vector(42)')]};
		await using source = await open(url, extra, questions, async () => ok(password));
		return await readingOf(source, 3_000);
	};

	test('answers whoever has all of them', async () => {
		expect(await ask({tls: certificates, auth})).toMatchObject({kind: 'values', series: [{labels: {}, value: 42}]});
	});

	test('turns away a wrong password as unauthorized', async () => {
		expect(await ask({tls: certificates, auth}, 'wrong horse')).toMatchObject({kind: 'error', error: 'unauthorized'});
		expect(await ask({tls: certificates})).toMatchObject({kind: 'error', error: 'unauthorized'});
	});

	test('turns away a stranger without a certificate by TLS', async () => {
		const {caFile, insecureSkipVerify} = certificates;
		expect(await ask({tls: {caFile, insecureSkipVerify}, auth})).toMatchObject({kind: 'error', error: 'tls'});
	});

	test('is not trusted without its authority', async () => {
		expect(await ask({auth})).toMatchObject({kind: 'error', error: 'tls'});
	});

	test('says over plain HTTP that it wants TLS', async () => {
		await using source = await open(url.replace('https:', 'http:'));
		expect(await readingOf(source)).toMatchObject({kind: 'error', error: 'http', message: expect.stringMatching(/HTTPS server/)});
	});

	const secret = 'correct horse';
	const canary = (env: Readonly<Record<string, string>>, ...args: readonly string[]) => {
		const home = createTempFolder('init-home');
		stack.defer(async () => home.remove());
		return new Promise<{code: number; stdout: string; stderr: string}>(resolve => {
			const all = {...process.env, CANARY_HOME: home.path, HOME: home.path, ...env};
			execFile(process.execPath, [program, ...args], {env: all, timeout: 60_000}, (error, stdout, stderr) =>
				resolve({code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr}),
			);
		});
	};

	test('canary init asks it by references alone, and its profile with a real HAProxy passes canary check', async () => {
		const folder = stack.adopt(createTempFolder('init'), one => one.remove());
		const [stable, candidate] = services.map(({port}) => port);
		await using haproxy = await startHaproxy({backends: [{name: 'app', servers: twoSides([stable!], [candidate!], 50)}]});
		const load = startLoad({url: haproxy.url, requestsPerSecond: 20, seconds: 60, connections: 'fresh'});
		const metrics = ['--prometheus', url, '--select', 'track="canary"'];
		const certificate = ['--ca-file', file('ca.pem'), '--cert-file', file('client.pem'), '--key-file', file('client.key.pem')];
		const user = ['--user', 'ana', '--password', 'env:PROMETHEUS_PASSWORD'];
		const router = ['--router', 'haproxy', '--haproxy-socket', haproxy.socketPath, '--haproxy-backend', 'app'];
		const all = [...metrics, ...certificate, ...user, ...router, '--baseline', 'stable', '--candidate', 'canary'];
		const env = {PROMETHEUS_PASSWORD: secret};
		const out = join(folder.path, 'profile.yaml');
		// Its first samples, and enough of them for a rate.
		const made = await waitUntil(
			'there is a rate',
			async () => {
				const {code, stdout, stderr} = await canary(env, 'init', ...all);
				expect([0, 3], stderr).toContain(code);
				return stdout.includes('id: "error-share"') && /error-share.*now \d/.test(stdout) ? stdout : undefined;
			},
			{timeoutMs: 40_000},
		);
		writeFileSync(out, made);
		expect(made).not.toContain(secret);
		expect(made).toContain('passwordEnv: "PROMETHEUS_PASSWORD"');
		const checked = await canary(env, 'check', out);
		expect(checked.code, checked.stdout + checked.stderr).toBe(0);
		expect(checked.stdout).toContain('50 %');

		const refused = async (more: Readonly<Record<string, string>>, ...args: readonly string[]) =>
			canary(more, 'init', ...metrics, ...args);
		const answers = await Promise.all([
			refused(env, ...certificate),
			refused({PROMETHEUS_PASSWORD: 'wrong horse'}, ...certificate, ...user),
			refused(env, ...user),
			refused(env, '--ca-file', file('ca.pem'), ...user),
			refused({}, ...certificate, '--user', 'ana', '--password', 'env:NO_SUCH_VARIABLE'),
			refused({}, ...certificate, '--user', 'ana', '--password', secret),
		]);
		expect(answers.map(({code}) => code)).toEqual([4, 4, 4, 4, 2, 2]);
		const says = [
			/401.*--bearer-token env:NAME/,
			/401/,
			/TLS: .*--ca-file/,
			/TLS: .*--cert-file/,
			/NO_SUCH_VARIABLE is not set/,
			/never the secret/,
		];
		for (const [index, {stderr}] of answers.entries()) expect(stderr).toMatch(says[index]!);
		expect(answers.map(({stdout, stderr}) => stdout + stderr).join('')).not.toContain(secret);
		await load.stop();
	});

	test('canary init reads a metrics page behind TLS and a token from a file', async () => {
		const folder = stack.adopt(createTempFolder('init-page'), one => one.remove());
		const token = join(folder.path, 'token');
		writeFileSync(token, 'tok-3141592653\n');
		const page = createServer({cert: pem('server.pem'), key: pem('server.key.pem')}, async (asked, answer) => {
			if (asked.headers.authorization !== 'Bearer tok-3141592653') return answer.writeHead(401).end('who are you?');
			const text = await (await fetch(`${services[1]!.url}/metrics`)).text();
			return answer.setHeader('content-type', 'text/plain; version=0.0.4').end(text);
		});
		await new Promise<void>(resolve => page.listen(0, '127.0.0.1', resolve));
		stack.defer(async () => void page.close());
		const address = `https://127.0.0.1:${(page.address() as AddressInfo).port}/metrics`;
		const {code, stdout, stderr} = await canary(
			{},
			'init',
			'--metrics',
			address,
			'--bearer-token',
			`file:${token}`,
			'--ca-file',
			file('ca.pem'),
		);
		expect(code, stderr).toBe(0);
		expect(stdout).toContain(`bearerTokenFile: "${token}"`);
		expect(stdout).toMatch(/id: "up".*now 1/);
		expect(stdout + stderr).not.toContain('tok-3141592653');
		const stranger = await canary({}, 'init', '--metrics', address, '--ca-file', file('ca.pem'));
		expect(stranger).toMatchObject({
			code: 4,
			stderr: expect.stringMatching(/answered 401: who are you.*--bearer-token env:NAME/),
		});
	});
});
