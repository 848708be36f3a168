import {writeFileSync} from 'node:fs';
import {createConnection} from 'node:net';
import {join} from 'node:path';
import {createTempFolder, freePort, isAlive, type RunningProcess, startProcess, waitUntil} from './process.ts';
import {requireServer, serverEnvironment} from './servers.ts';

export type HaproxyServer = {
	readonly name: string;
	readonly port: number;
	/** 0 to 256. */
	readonly weight: number;
};

export type HaproxyBackend = {
	/** Default `app`. */
	readonly name?: string;
	readonly servers: readonly HaproxyServer[];
	/** Default `roundrobin`. */
	readonly balance?: string;
	/** Lines of the backend section, verbatim: `retry-on all-retryable-errors`. */
	readonly extraLines?: readonly string[];
};

export type HaproxyOptions = {
	/** Each gets a frontend of its own on a free port. */
	readonly backends: readonly HaproxyBackend[];
	/** Master and worker, so that `reload` works; default false: one process. */
	readonly reloadable?: boolean;
};

export type Haproxy = AsyncDisposable & {
	/** Frontend of the first backend: `http://127.0.0.1:port`. */
	readonly url: string;
	/** Frontend by name of the backend. */
	readonly urls: Readonly<Record<string, string>>;
	/** Runtime API as a Unix socket, level admin. */
	readonly socketPath: string;
	/** The same on loopback. */
	readonly runtimePort: number;
	readonly configPath: string;
	readonly process: RunningProcess;
	/** One line (`a; b` for two commands) to the runtime API; the answer, trimmed. Errors come as text. */
	runtime(command: string): Promise<string>;
	/** Weights now in force, by server name. */
	weights(backend?: string): Promise<Record<string, number>>;
	/** Rereads the configuration (weights come from there again); resolves when the new worker answers. */
	reload(): Promise<void>;
	stop(): Promise<void>;
};

/** Servers of the two sides: `stable` and `canary`, or `stable-1`, `stable-2`, … where a side has several. */
export function twoSides(stable: readonly number[], canary: readonly number[], canaryPercent: number): HaproxyServer[] {
	const side = (name: string, ports: readonly number[], weight: number): HaproxyServer[] =>
		ports.map((port, index) => ({name: ports.length === 1 ? name : `${name}-${index + 1}`, port, weight}));
	return [...side('stable', stable, 100 - canaryPercent), ...side('canary', canary, canaryPercent)];
}

function renderConfig(
	backends: readonly HaproxyBackend[],
	ports: Readonly<Record<string, number>>,
	socketPath: string,
	runtimePort: number,
): string {
	const sections = backends.flatMap(({name = 'app', servers, balance = 'roundrobin', extraLines = []}) => [
		`frontend ${name}-in`,
		`	bind 127.0.0.1:${ports[name]}`,
		`	default_backend ${name}`,
		`backend ${name}`,
		`	balance ${balance}`,
		'	option httpchk GET /health',
		...extraLines.map(line => `	${line}`),
		...servers.map(
			server => `	server ${server.name} 127.0.0.1:${server.port} weight ${server.weight} check inter 1s fall 2 rise 1`,
		),
	]);
	return [
		'global',
		'	maxconn 4000',
		`	stats socket ${socketPath} mode 600 level admin`,
		`	stats socket ipv4@127.0.0.1:${runtimePort} level admin`,
		'	stats timeout 30s',
		'defaults',
		'	mode http',
		'	timeout connect 2s',
		'	timeout client 60s',
		'	timeout server 60s',
		...sections,
		'',
	].join('\n');
}

/** One question to the runtime API; it closes the connection after the answer. */
export function askRuntime(socketPath: string, command: string, timeoutMs = 3000): Promise<string> {
	return new Promise((resolve, reject) => {
		let answer = '';
		const socket = createConnection(socketPath);
		socket.setEncoding('utf8').setTimeout(timeoutMs, () => socket.destroy(new Error(`No answer to "${command}".`)));
		socket.on('data', text => {
			answer += text;
		});
		socket.once('error', reject).once('close', () => resolve(answer.trim()));
		socket.end(`${command}\n`);
	});
}

/** Starts Debian's HAProxy with a runtime socket on the file system and on loopback. */
export async function startHaproxy({backends, reloadable = false}: HaproxyOptions): Promise<Haproxy> {
	const program = requireServer('haproxy');
	const folder = createTempFolder('haproxy');
	const socketPath = join(folder.path, 'admin.sock');
	const masterPath = join(folder.path, 'master.sock');
	const configPath = join(folder.path, 'haproxy.cfg');
	const names = backends.map(({name = 'app'}) => name);
	const runtimePort = await freePort();
	const ports = Object.fromEntries(await Promise.all(names.map(async name => [name, await freePort()] as const)));
	writeFileSync(configPath, renderConfig(backends, ports, socketPath, runtimePort));
	const runtime = (command: string): Promise<string> => askRuntime(socketPath, command);
	const started = await startProcess({
		name: 'haproxy',
		command: program,
		args: [...(reloadable ? ['-W', '-S', masterPath] : []), '-db', '-f', configPath],
		cwd: folder.path,
		env: serverEnvironment(program),
		// The master loses a signal or a command that comes before its own socket answers, although its worker serves by then.
		ready: async () =>
			(await workerPid(runtime)) > 0 && (!reloadable || (await askRuntime(masterPath, 'show proc')).includes('worker')),
		afterStop: folder.remove,
	});
	const urls = Object.fromEntries(names.map(name => [name, `http://127.0.0.1:${ports[name]}`]));
	const stop = async (): Promise<void> => void (await started.stop());
	return {
		url: urls[names[0] ?? ''] ?? '',
		urls,
		socketPath,
		runtimePort,
		configPath,
		process: started,
		runtime,
		weights: async (backend = names[0]) => parseWeights(await runtime(`show servers state ${backend}`)),
		async reload() {
			if (!reloadable) throw new Error('Start HAProxy with reloadable: true.');
			const before = await workerPid(runtime);
			await askRuntime(masterPath, 'reload');
			await waitUntil('the new worker answers', async () => (await workerPid(runtime)) !== before);
			// The old worker ends when its last connection does; until then it may still serve with its old weights.
			await waitUntil('the old worker has ended', () => !isAlive(before), {timeoutMs: 5000}).catch(() => {});
		},
		stop,
		[Symbol.asyncDispose]: stop,
	};
}

async function workerPid(runtime: (command: string) => Promise<string>): Promise<number> {
	return Number(/^Pid: (\d+)$/m.exec(await runtime('show info'))?.[1]);
}

/** Columns by name from the header line, since HAProxy adds columns between versions. */
function parseWeights(state: string): Record<string, number> {
	const lines = state.split('\n');
	const columns =
		lines
			.find(line => line.startsWith('# '))
			?.slice(2)
			.split(' ') ?? [];
	const rows = lines.filter(line => /^\d+ /.test(line)).map(line => line.split(' '));
	const cell = (row: string[], column: string): string => row[columns.indexOf(column)] ?? '';
	return Object.fromEntries(rows.map(row => [cell(row, 'srv_name'), Number(cell(row, 'srv_uweight'))]));
}
