import {readFileSync, writeFileSync} from 'node:fs';
import {createServer, type Socket} from 'node:net';
import {join} from 'node:path';
import type {CommandOptions, HaproxyOptions, NginxOptions} from '../../src/core/router-options.ts';
import {openRouter} from '../../src/routers/registry.ts';
import type {Router} from '../../src/routers/router.ts';
import {type Haproxy, startHaproxy, twoSides} from '../helpers/haproxy.ts';
import {type Nginx, startNginx} from '../helpers/nginx.ts';
import {createTempFolder, freePort} from '../helpers/process.ts';
import {type Service, startService} from '../helpers/service.ts';
import type {Rig} from './contract.ts';

/** No test here has a secret; one that is asked for is a mistake. */
export const noSecrets = {resolveSecret: async () => ({ok: false as const, error: 'there are no secrets here'})};

/** Opens a router whose options are right. */
export function open(options: HaproxyOptions | NginxOptions | CommandOptions): Router {
	const opened = openRouter(options, noSecrets);
	if (!opened.ok) throw new Error(opened.error.message);
	return opened.value;
}

export type Services = AsyncDisposable & {readonly stable: Service; readonly canary: Service};

export async function startServices(): Promise<Services> {
	const [stable, canary] = await Promise.all([startService({version: 'stable'}), startService({version: 'canary'})]);
	return {
		stable,
		canary,
		[Symbol.asyncDispose]: async () => void (await Promise.all([stable.stop(), canary.stop()])),
	};
}

/** The share by the weights that HAProxy itself tells. */
export async function haproxyPercent(haproxy: Haproxy): Promise<number> {
	const {stable = 0, canary = 0} = await haproxy.weights();
	return (canary / (stable + canary)) * 100;
}

export const haproxyOptions = (socket: HaproxyOptions['socket'], more: Partial<HaproxyOptions> = {}): HaproxyOptions => ({
	kind: 'haproxy',
	socket,
	backends: [{name: 'app', baseline: ['stable'], candidate: ['canary']}],
	totalWeight: 100,
	timeoutMs: 2_000,
	...more,
});

export async function startHaproxyRig(transport: 'unix' | 'tcp'): Promise<Rig> {
	const services = await startServices();
	const haproxy = await startHaproxy({backends: [{servers: twoSides([services.stable.port], [services.canary.port], 0)}]});
	const socket = transport === 'unix' ? {path: haproxy.socketPath} : {host: '127.0.0.1', port: haproxy.runtimePort};
	const router = open(haproxyOptions(socket));
	return {
		router,
		actualPercent: () => haproxyPercent(haproxy),
		async [Symbol.asyncDispose]() {
			await router.close();
			await haproxy.stop();
			await services[Symbol.asyncDispose]();
		},
	};
}

export function nginxOptions(nginx: Nginx, services: Services, more: Partial<NginxOptions> = {}): NginxOptions {
	// Libraries of an unpacked nginx; the router hands on the environment it has.
	Object.assign(process.env, nginx.env);
	return {
		kind: 'nginx',
		include: nginx.includePath,
		upstream: 'app',
		baseline: [`127.0.0.1:${services.stable.port}`],
		candidate: [`127.0.0.1:${services.canary.port}`],
		revisionUrl: nginx.revisionUrl,
		test: [...nginx.command, '-t', '-q'],
		reload: [...nginx.command, '-s', 'reload'],
		binary: nginx.command[0] ?? 'nginx',
		prefix: nginx.prefix,
		config: nginx.configPath,
		timeoutMs: 5_000,
		...more,
	};
}

export const startNginxFor = (services: Services): Promise<Nginx> =>
	startNginx({
		servers: [
			{port: services.stable.port, weight: 1},
			{port: services.canary.port, weight: 0},
		],
	});

/** The share that nginx' words tell; before the first change nothing of the candidate is up. */
export async function nginxPercent(nginx: Nginx): Promise<number> {
	const words = await (await fetch(nginx.revisionUrl, {headers: {connection: 'close'}})).text();
	const [, baselines, baseline, candidates, candidate] = /baseline=(\d+)x(\d+) candidate=(\d+)x(\d+)/.exec(words) ?? [];
	const ours = Number(candidates) * Number(candidate);
	return (ours / (ours + Number(baselines) * Number(baseline))) * 100;
}

export async function startNginxRig(): Promise<Rig> {
	const services = await startServices();
	const nginx = await startNginxFor(services);
	const router = open(nginxOptions(nginx, services));
	return {
		router,
		actualPercent: () => nginxPercent(nginx),
		async [Symbol.asyncDispose]() {
			await router.close();
			await nginx.stop();
			await services[Symbol.asyncDispose]();
		},
	};
}

export const commandOptions = (cwd: string, more: Partial<CommandOptions>): CommandOptions => ({
	kind: 'command',
	read: {argv: ['/bin/false'], env: {}, parse: {regex: String.raw`\d+`}, side: 'candidate'},
	write: {argv: ['/bin/false', '{candidate}'], env: {}},
	scale: 100,
	decimals: 2,
	timeoutMs: 3_000,
	cwd,
	...more,
});

/** A tool that keeps its split in a JSON file, written by a shell script without a shell template. */
export async function startFileCommandRig(): Promise<Rig> {
	const folder = createTempFolder('command');
	const file = join(folder.path, 'split.json');
	const script = join(folder.path, 'set-split.sh');
	writeFileSync(file, '{"services": [{"traffic": {"candidate": 0}}]}');
	writeFileSync(
		script,
		'printf \'{"services": [{"traffic": {"candidate": %s}}]}\' "$1" > split.new.$$ && sleep 0.02 && mv split.new.$$ split.json\n',
	);
	const router = open(
		commandOptions(folder.path, {
			read: {argv: ['cat', file], env: {}, parse: {jsonPath: '$.services[0].traffic.candidate'}, side: 'candidate'},
			write: {argv: ['/bin/sh', script, '{candidate}'], env: {}},
		}),
	);
	return {
		router,
		actualPercent: async () => JSON.parse(readFileSync(file, 'utf8')).services[0].traffic.candidate,
		async [Symbol.asyncDispose]() {
			await router.close();
			folder.remove();
		},
	};
}

/** The same HAProxy as above, driven by somebody's shell script. */
export async function startHaproxyCommandRig(): Promise<Rig> {
	const services = await startServices();
	const haproxy = await startHaproxy({backends: [{servers: twoSides([services.stable.port], [services.canary.port], 0)}]});
	const folder = createTempFolder('command');
	const write = join(folder.path, 'write.sh');
	const read = join(folder.path, 'read.sh');
	// Raises before it lowers, as a careful operator would.
	writeFileSync(
		write,
		[
			'stable="set server app/stable weight $2" canary="set server app/canary weight $1"',
			'if [ "$1" -ge 50 ]; then line="$canary; $stable"; else line="$stable; $canary"; fi',
			'echo "$line" | socat - "UNIX-CONNECT:$RUNTIME_SOCKET"',
		].join('\n'),
	);
	writeFileSync(
		read,
		'echo "get weight app/canary" | socat - "UNIX-CONNECT:$RUNTIME_SOCKET" | sed -n "s/^\\([0-9]*\\) (initial.*/canary weight: \\1/p"\n',
	);
	const env = {RUNTIME_SOCKET: haproxy.socketPath};
	const router = open(
		commandOptions(folder.path, {
			read: {argv: ['/bin/sh', read], env, parse: {regex: '^canary weight: (?P<weight>[0-9]+)$'}, side: 'candidate'},
			write: {argv: ['/bin/sh', write, '{candidate}', '{baseline}'], env},
			decimals: 0,
		}),
	);
	return {
		router,
		actualPercent: () => haproxyPercent(haproxy),
		async [Symbol.asyncDispose]() {
			await router.close();
			await haproxy.stop();
			await services[Symbol.asyncDispose]();
			folder.remove();
		},
	};
}

/** A server that misbehaves in a way no real one can be told to: what it does with each connection is up to the test. */
export async function startStrangeServer(
	onConnection: (socket: Socket) => void,
): Promise<AsyncDisposable & {readonly port: number}> {
	const sockets = new Set<Socket>();
	const server = createServer(socket => {
		sockets.add(socket);
		socket.on('error', () => {}).once('close', () => sockets.delete(socket));
		onConnection(socket);
	});
	const port = await freePort();
	await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve));
	return {
		port,
		async [Symbol.asyncDispose]() {
			for (const socket of sockets) socket.destroy();
			await new Promise(resolve => server.close(resolve));
		},
	};
}
