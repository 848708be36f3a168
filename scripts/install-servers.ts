/**
 * Makes the servers available that the tests talk to. Silent when all are here; never fails: what can't be had is told, and the
 * tests that need it say so again. As root it installs Debian packages without starting their services; else it unpacks them
 * into `.cache/servers`, with the libraries they need.
 */
import {spawnSync} from 'node:child_process';
import {chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {missingSentence, missingServers, type ServerName, servers, unpackedRoot} from '../test/helpers/servers.ts';

const minutesMax = 10;
const policyPath = '/usr/sbin/policy-rc.d';
const cache = new URL('../.cache', import.meta.url).pathname;

/** A third of what is unpacked, and nothing a test asks for. */
const spareFolders = ['doc', 'i18n', 'javascript', 'locale', 'man'];

type Answer = {readonly ok: boolean; readonly output: string};

function run(command: string, args: readonly string[], cwd?: string): Answer {
	const {status, stdout, stderr, error} = spawnSync(command, args, {
		encoding: 'utf8',
		timeout: minutesMax * 60_000,
		maxBuffer: 64 * 1024 * 1024,
		env: {...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C'},
		...(cwd === undefined ? {} : {cwd}),
	});
	return {ok: status === 0, output: `${stdout ?? ''}${stderr ?? ''}${error === undefined ? '' : error.message}`};
}

const lastLines = (output: string): string => output.trim().split('\n').slice(-5).join('\n');

/** Debian asks this file before it starts a service; 101 means "don't". What stood there before comes back. */
function withoutServiceStarts<Value>(act: () => Value): Value {
	const kept = `${policyPath}.before-canary-tests`;
	const stood = existsSync(policyPath);
	// Without a listener Ctrl-C would end us before the file is back in its place.
	const wait = (): void => {};
	process.on('SIGINT', wait).on('SIGTERM', wait);
	try {
		if (stood) renameSync(policyPath, kept);
		writeFileSync(policyPath, '#!/bin/sh\nexit 101\n');
		chmodSync(policyPath, 0o755);
		return act();
	} finally {
		rmSync(policyPath, {force: true});
		if (stood) renameSync(kept, policyPath);
		process.off('SIGINT', wait).off('SIGTERM', wait);
	}
}

/** A package that this release lacks must not keep the others away, so after a failure each goes by itself. */
function install(packages: readonly string[]): string {
	const apt = (...names: readonly string[]): Answer =>
		run('apt-get', ['-o', 'DPkg::Lock::Timeout=120', 'install', '-y', '-q', '--no-install-recommends', ...names]);
	if (apt(...packages).ok) return '';
	run('apt-get', ['-o', 'DPkg::Lock::Timeout=120', 'update', '-q']);
	if (apt(...packages).ok) return '';
	return packages
		.map(name => apt(name))
		.filter(answer => !answer.ok)
		.map(answer => lastLines(answer.output))
		.join('\n');
}

/** Without root: ask apt what an installation would bring, fetch exactly that, and unpack it. */
function unpack(packages: readonly string[]): string {
	const debs = join(cache, 'debs');
	const own = join(cache, 'apt');
	for (const folder of [debs, unpackedRoot, join(own, 'lists/partial'), join(own, 'archives/partial')])
		mkdirSync(folder, {recursive: true});
	const ownLists = ['-o', `Dir::State::Lists=${own}/lists`, '-o', `Dir::Cache=${own}`];
	let options: readonly string[] = [];
	let plan = run('apt-get', ['-s', '-q', 'install', '--no-install-recommends', ...packages]);
	let fetched = plan.ok && run('apt-get', ['download', '-q', ...planned(plan.output, packages)], debs).ok;
	if (!fetched) {
		// The machine's own lists may be missing or out of date, and only root may renew them.
		options = ownLists;
		run('apt-get', [...options, 'update', '-q']);
		plan = run('apt-get', [...options, '-s', '-q', 'install', '--no-install-recommends', ...packages]);
		const answer = run('apt-get', [...options, 'download', '-q', ...planned(plan.output, packages)], debs);
		fetched = answer.ok;
		if (!fetched) return lastLines(plan.ok ? answer.output : plan.output);
	}
	const failed = readdirSync(debs)
		.filter(name => name.endsWith('.deb'))
		.map(name => run('dpkg-deb', ['-x', join(debs, name), unpackedRoot]))
		.filter(answer => !answer.ok);
	for (const spare of [debs, own, ...spareFolders.map(name => join(unpackedRoot, 'usr/share', name))]) {
		rmSync(spare, {recursive: true, force: true});
	}
	return failed.map(answer => lastLines(answer.output)).join('\n');
}

/**
 * `Inst name (version …)` lines of the simulation, and what was asked for even where apt believes it to be installed. Lines with
 * `[old version]` are upgrades: the C library among them would not fit the loader of this machine.
 */
const planned = (simulation: string, packages: readonly string[]): string[] => [
	...new Set([...packages, ...Array.from(simulation.matchAll(/^Inst (\S+) \(/gm), found => found[1] ?? '')]),
];

function main(): void {
	const missing = missingServers();
	if (missing.length === 0) return;
	const packages = missing.map((name: ServerName) => servers[name].debianPackage);
	let trouble = 'This is not Debian: there is no apt-get.';
	if (run('apt-get', ['--version']).ok) {
		const isRoot = process.getuid?.() === 0;
		console.log(`${isRoot ? 'Installing' : 'Unpacking into .cache/servers'}, for the tests: ${packages.join(' ')}`);
		trouble = isRoot ? withoutServiceStarts(() => install(packages)) : unpack(packages);
	}
	const stillMissing = missingServers();
	if (stillMissing.length === 0) return;
	console.log(`${missingSentence(stillMissing)}\nThe tests that need them are skipped (with CI set, they fail).\n${trouble}`);
}

main();
