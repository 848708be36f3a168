import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {request} from 'undici';
import {createTempFolder, freePort, type RunningProcess, startProcess} from './process.ts';
import {requireServer, serverEnvironment} from './servers.ts';

export type NginxServer = {
	readonly port: number;
	/** A whole number from 1; nginx refuses 0, so 0 is written as `down`. */
	readonly weight: number;
};

export type NginxOptions = {
	readonly servers: readonly NginxServer[];
	/** Name of the upstream; default `app`. */
	readonly upstream?: string;
	/** Verbatim text of the first include file instead of the one made from `servers`. */
	readonly include?: string;
};

export type Nginx = AsyncDisposable & {
	/** `http://127.0.0.1:port`. */
	readonly url: string;
	/** Answers with the revision kept in the include file that the running workers have loaded. */
	readonly revisionUrl: string;
	readonly prefix: string;
	readonly configPath: string;
	/** The file that a router owns, included at http level. */
	readonly includePath: string;
	/** The program and the flags that name this instance; add `-t` or `-s reload`. */
	readonly command: readonly string[];
	/** Libraries, where nginx was unpacked and not installed. */
	readonly env: Readonly<Record<string, string>>;
	readonly process: RunningProcess;
	stop(): Promise<void>;
};

/**
 * The include file of the nginx router: one upstream, and a variable with the file's revision. A `geo` block without addresses
 * is nginx's way to a constant at http level, where `set` is not allowed; the one line that the main configuration needs is
 *
 *     location = /canary-revision { allow 127.0.0.1; deny all; return 200 "$canary_revision\n"; }
 *
 * so revision and upstream always come from the same file, read at the same reload.
 */
export function renderInclude(upstream: string, servers: readonly NginxServer[], revision: string): string {
	const lines = servers.map(({port, weight}) => `	server 127.0.0.1:${port} ${weight === 0 ? 'down' : `weight=${weight}`};`);
	// Without a zone every worker process counts for itself and the split wobbles at low load.
	return [
		`upstream ${upstream} {`,
		`	zone ${upstream} 64k;`,
		...lines,
		'}',
		`geo $canary_revision {`,
		`	default "${revision}";`,
		'}',
		'',
	].join('\n');
}

function renderConfig(port: number, upstream: string, includePath: string): string {
	return [
		'daemon off;',
		'worker_processes 2;',
		'pid nginx.pid;',
		'error_log logs/error.log warn;',
		// Workers of a root master change to a user who can't look into our temp folder.
		...(process.getuid?.() === 0 ? ['user root;'] : []),
		'events { worker_connections 2048; }',
		'http {',
		'	access_log off;',
		...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(kind => `	${kind}_temp_path temp/${kind};`),
		'	proxy_connect_timeout 2s;',
		`	include ${includePath};`,
		'	server {',
		`		listen 127.0.0.1:${port};`,
		'		location = /canary-revision { allow 127.0.0.1; deny all; return 200 "$canary_revision\\n"; }',
		'		location / {',
		`			proxy_pass http://${upstream};`,
		'			proxy_buffering off;',
		'		}',
		'	}',
		'}',
		'',
	].join('\n');
}

/** Starts Debian's nginx as a master in the foreground with two workers, all its files below a temp folder. */
export async function startNginx({servers, upstream = 'app', include}: NginxOptions): Promise<Nginx> {
	const program = requireServer('nginx');
	const folder = createTempFolder('nginx');
	const port = await freePort();
	const url = `http://127.0.0.1:${port}`;
	const revisionUrl = `${url}/canary-revision`;
	const configPath = join(folder.path, 'nginx.conf');
	const includePath = join(folder.path, 'split.conf');
	for (const name of ['logs', 'temp']) mkdirSync(join(folder.path, name));
	writeFileSync(includePath, include ?? renderInclude(upstream, servers, 'start'));
	writeFileSync(configPath, renderConfig(port, upstream, includePath));
	// `-e`: else it complains about /var/log before it has read its configuration.
	const command = [program, '-p', folder.path, '-c', configPath, '-e', join(folder.path, 'logs/error.log')];
	const env = serverEnvironment(program);
	const started = await startProcess({
		name: 'nginx',
		command: program,
		args: command.slice(1),
		cwd: folder.path,
		env,
		ready: async () => {
			const {statusCode, body} = await request(revisionUrl, {headersTimeout: 1000});
			await body.dump();
			return statusCode === 200;
		},
		afterStop: folder.remove,
	});
	const stop = async (): Promise<void> => void (await started.stop());
	const {path: prefix} = folder;
	return {
		...{url, revisionUrl, prefix, configPath, includePath, command, env, process: started, stop},
		[Symbol.asyncDispose]: stop,
	};
}
