import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {ok} from '../../src/base/result.ts';
import type {PrometheusOptions} from '../../src/core/source-options.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {createTempFolder, freePort, isPortTaken, type RunningProcess, startProcess} from '../helpers/process.ts';
import {requireServer, serverEnvironment} from '../helpers/servers.ts';
import {guardrail, open, readingOf} from '../sources/prometheus-kit.ts';

const file = (name: string): string => join(import.meta.dirname, '../sources/tls', name);

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

async function startSecured(port: number): Promise<RunningProcess> {
	const program = requireServer('prometheus');
	const folder = createTempFolder('prometheus');
	writeFileSync(join(folder.path, 'web.yml'), JSON.stringify(webConfig));
	writeFileSync(join(folder.path, 'prometheus.yml'), '{}');
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

describeWithServers(['prometheus'], 'a real Prometheus behind TLS, client certificates and a password', () => {
	let server: RunningProcess;
	let url: string;
	beforeAll(async () => {
		const port = await freePort();
		url = `https://127.0.0.1:${port}`;
		server = await startSecured(port);
	});
	afterAll(async () => void (await server.stop()));

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
});
