/** Where the programs are that tests talk to: on PATH, in the system's folders, or unpacked beside the project. */
import {accessSync, constants, readdirSync} from 'node:fs';
import {delimiter, join} from 'node:path';

/** Program names in order of preference (Debian renames Alertmanager), and the Debian package that brings them. */
export const servers = {
	prometheus: {programs: ['prometheus'], debianPackage: 'prometheus'},
	alertmanager: {programs: ['prometheus-alertmanager', 'alertmanager'], debianPackage: 'prometheus-alertmanager'},
	promtool: {programs: ['promtool'], debianPackage: 'prometheus'},
	amtool: {programs: ['amtool'], debianPackage: 'prometheus-alertmanager'},
	haproxy: {programs: ['haproxy'], debianPackage: 'haproxy'},
	nginx: {programs: ['nginx'], debianPackage: 'nginx'},
	'victoria-metrics': {programs: ['victoria-metrics'], debianPackage: 'victoria-metrics'},
	postgres: {programs: ['postgres'], debianPackage: 'postgresql'},
	socat: {programs: ['socat'], debianPackage: 'socat'},
	tmux: {programs: ['tmux'], debianPackage: 'tmux'},
	'nats-server': {programs: ['nats-server'], debianPackage: 'nats-server'},
} as const satisfies Record<string, {readonly programs: readonly string[]; readonly debianPackage: string}>;

export type ServerName = keyof typeof servers;

export const serverNames = Object.keys(servers) as ServerName[];

/** Root of the unpacked packages when they could not be installed; git-ignored. */
export const unpackedRoot = new URL('../../.cache/servers', import.meta.url).pathname;

const isProgram = (path: string): boolean => {
	try {
		accessSync(path, constants.X_OK);
		return true;
	} catch {
		return false;
	}
};

/** PostgreSQL keeps its programs in a folder of its version; the newest first. */
function postgresFolders(root: string): string[] {
	try {
		const versions = readdirSync(join(root, 'usr/lib/postgresql')).sort((left, right) => Number(right) - Number(left));
		return versions.map(version => join(root, 'usr/lib/postgresql', version, 'bin'));
	} catch {
		return [];
	}
}

/** The system's folders are named because an ordinary user's PATH often lacks the `sbin` ones. */
const systemFolders = ['usr/local/sbin', 'usr/local/bin', 'usr/sbin', 'usr/bin', 'sbin', 'bin'];

function folders(): string[] {
	const under = (root: string): string[] => [...systemFolders.map(folder => join(root, folder)), ...postgresFolders(root)];
	return [...(process.env['PATH'] ?? '').split(delimiter).filter(Boolean), ...under('/'), ...under(unpackedRoot)];
}

/** Full path of the program, or undefined. */
export function findServer(name: ServerName): string | undefined {
	return servers[name].programs.flatMap(program => folders().map(folder => join(folder, program))).find(isProgram);
}

export const missingServers = (names: readonly ServerName[] = serverNames): ServerName[] =>
	names.filter(name => findServer(name) === undefined);

/** A sentence for people. */
export const missingSentence = (names: readonly ServerName[]): string =>
	`Not on this machine: ${names.join(', ')}. Run "node scripts/install-servers.ts", or install the packages ${names
		.map(name => servers[name].debianPackage)
		.join(', ')}.`;

/** Full path of the program; throws with a remedy when it is missing. */
export function requireServer(name: ServerName): string {
	const path = findServer(name);
	if (path === undefined) throw new Error(missingSentence([name]));
	return path;
}

/** Unpacked programs bring their libraries along, where the system's loader does not look. */
export function serverEnvironment(program: string): Record<string, string> {
	if (!program.startsWith(unpackedRoot)) return {};
	const libraries = ['usr/lib', 'lib'].flatMap(folder => {
		const path = join(unpackedRoot, folder);
		try {
			return readdirSync(path)
				.filter(name => name.endsWith('-linux-gnu'))
				.map(name => join(path, name));
		} catch {
			return [];
		}
	});
	return {LD_LIBRARY_PATH: [...libraries, process.env['LD_LIBRARY_PATH'] ?? ''].filter(Boolean).join(':')};
}
