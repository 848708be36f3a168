import {spawnSync} from 'node:child_process';
import {chownSync, readFileSync, realpathSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {freePort} from './ports.ts';
import {createTempFolder, startProcess} from './process.ts';
import {requireServer, serverEnvironment} from './servers.ts';

export type Postgres = AsyncDisposable & {
	readonly port: number;
	/** A connection URL; the superuser is `postgres`. No password is asked for. */
	url(user?: string, database?: string): string;
	/** Runs statements as the superuser, by psql. Throws with what psql said. */
	sql(statements: string): string;
	stop(): Promise<void>;
};

/** The name and number of a user that is not root: PostgreSQL refuses to run as root. */
function ordinaryUser(): {readonly uid: number; readonly gid: number} | undefined {
	if (process.getuid?.() !== 0) return undefined;
	const line = readFileSync('/etc/passwd', 'utf8')
		.split('\n')
		.find(one => /^(postgres|nobody):/.test(one));
	const [, , uid = '65534', gid = '65534'] = (line ?? '').split(':');
	return {uid: Number(uid), gid: Number(gid)};
}

/** A new PostgreSQL with an empty data folder, on loopback, without fsync. About two seconds. */
export async function startPostgres(): Promise<Postgres> {
	// A link to it may stand elsewhere; its tools are beside itself.
	const server = realpathSync(requireServer('postgres'));
	const folder = createTempFolder('postgres');
	const port = await freePort();
	const user = ordinaryUser();
	if (user) chownSync(folder.path, user.uid, user.gid);
	const as = (program: string, args: readonly string[]): readonly [string, readonly string[]] =>
		user ? ['setpriv', [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', program, ...args]] : [program, args];
	const env = {...serverEnvironment(server), LC_ALL: 'C'};
	const data = join(folder.path, 'data');
	const tool = (name: string): string => join(dirname(server), name);
	const [initdb, initArgs] = as(tool('initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync']);
	const made = spawnSync(initdb, [...initArgs], {
		cwd: folder.path,
		env: {...process.env, ...env},
		encoding: 'utf8',
		timeout: 60_000,
	});
	if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}${made.error?.message ?? ''}`);
	const settings = [
		"listen_addresses = '127.0.0.1'",
		`unix_socket_directories = '${folder.path}'`,
		`port = ${port}`,
		'fsync = off',
		'shared_buffers = 16MB',
	];
	writeFileSync(join(data, 'postgresql.conf'), `${settings.join('\n')}\n`);
	const psql = (statements: string) =>
		spawnSync(
			tool('psql'),
			['-X', '-q', '-t', '-A', '-v', 'ON_ERROR_STOP=1', '-h', '127.0.0.1', '-p', String(port), '-U', 'postgres', '-f', '-'],
			{
				env: {...process.env, ...env},
				input: statements,
				encoding: 'utf8',
				timeout: 20_000,
			},
		);
	const [command, args] = as(server, ['-D', data]);
	const running = await startProcess({
		name: 'postgres',
		command,
		args,
		cwd: folder.path,
		env,
		ready: () => {
			const answer = psql('SELECT 1');
			if (answer.status !== 0) throw new Error(answer.stderr || String(answer.error));
			return true;
		},
		readyTimeoutMs: 30_000,
		afterStop: () => folder.remove(),
	});
	return {
		port,
		url: (name = 'postgres', database = 'postgres') => `postgres://${name}@127.0.0.1:${port}/${database}`,
		sql(statements) {
			const answer = psql(statements);
			if (answer.status !== 0) throw new Error(`psql: ${answer.stderr}`);
			return answer.stdout.trim();
		},
		stop: async () => void (await running.stop()),
		[Symbol.asyncDispose]: async () => void (await running.stop()),
	};
}
