import {readFileSync} from 'node:fs';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import type {NginxOptions} from '../core/router-options.ts';
import type {RouterError} from '../core/split.ts';
import {abortedError, quoted, routerError} from './router-error.ts';
import {type RunEnd, runProcess} from './run-process.ts';

const instance = ({binary, prefix, config}: NginxOptions): string[] => [
	binary,
	...(prefix === undefined ? [] : ['-p', prefix]),
	...(config === undefined ? [] : ['-c', config]),
];

/** Checks the whole configuration as it is on disk; undefined when nginx would take it. */
export async function testConfiguration(
	options: NginxOptions,
	timeoutMs: number,
	signal: AbortSignal,
): Promise<RouterError | undefined> {
	const argv = options.test ?? [...instance(options), '-t', '-q'];
	return trouble('check of the configuration', argv, timeoutMs, await runProcess({argv, timeoutMs}, signal));
}

/**
 * Has the master take the configuration. `-s reload` parses it first and fails when it is bad; a bare SIGHUP is only sent after the
 * check, because nginx answers a bad file with silence and goes on with the old one.
 */
export async function reload(options: NginxOptions, timeoutMs: number, signal: AbortSignal): Promise<RouterError | undefined> {
	if (options.reload === undefined && options.pidFile !== undefined) return hangUp(options.pidFile);
	const argv = options.reload ?? [...instance(options), '-s', 'reload'];
	return trouble('reload', argv, timeoutMs, await runProcess({argv, timeoutMs}, signal));
}

function hangUp(pidFile: string): RouterError | undefined {
	try {
		const pid = Number(readFileSync(pidFile, 'utf8').trim());
		if (!(pid > 1)) return routerError('unreachable', `${pidFile} holds no process id.`, 'Is nginx running?');
		process.kill(pid, 'SIGHUP');
		return undefined;
	} catch (error) {
		const {code, message} = error as NodeJS.ErrnoException;
		const why = code === 'ESRCH' || code === 'ENOENT' ? 'nginx is not running' : message;
		return routerError(
			'unreachable',
			`nginx can't be told to reload by ${pidFile}: ${why}.`,
			'Is nginx running, and may this user signal it?',
		);
	}
}

/**
 * Has nginx read the new file alone, by a configuration that holds nothing else, before it takes its place on disk. Only faults
 * that nginx finds in that file count: whatever else hinders the trial is for the real check to judge.
 */
export async function trial(
	options: NginxOptions,
	file: string,
	timeoutMs: number,
	signal: AbortSignal,
): Promise<RouterError | undefined> {
	const binary = options.test?.[0] ?? options.binary;
	if (basename(binary) !== 'nginx') return undefined;
	const folder = await mkdtemp(join(tmpdir(), 'canary-nginx-'));
	try {
		await writeFile(join(folder, 'nginx.conf'), trialConfiguration(file));
		const argv = [binary, '-p', `${folder}/`, '-c', 'nginx.conf', '-e', 'stderr', '-t', '-q'];
		const run = await runProcess({argv, timeoutMs}, signal);
		if (run.end === 'aborted') return abortedError('The trial of the new include file');
		if (!run.stderr.includes(file)) return undefined;
		// The file is about to be gone: people know it by the name it was to get.
		const words = {...run, stderr: run.stderr.replaceAll(file, options.include)};
		return trouble('trial of the new include file', argv, timeoutMs, words);
	} finally {
		await rm(folder, {recursive: true, force: true}).catch(() => {});
	}
}

const trialConfiguration = (file: string): string =>
	[
		'pid nginx.pid;',
		'events {}',
		'http {',
		'	access_log off;',
		...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(kind => `	${kind}_temp_path ${kind};`),
		`	include ${JSON.stringify(file)};`,
		'}',
		'',
	].join('\n');

function trouble(what: string, argv: readonly string[], timeoutMs: number, run: RunEnd): RouterError | undefined {
	const name = `nginx's ${what}`;
	switch (run.end) {
		case 'exited':
			return run.code === 0 ? undefined : failed(name, run.code, run.stderr.trim() || run.stdout);
		case 'aborted':
			return abortedError(name);
		case 'timeout':
			return routerError(
				'timeout',
				`${name} was not done after ${timeoutMs} ms and was ended.`,
				`Run ${quoted(argv.join(' '))} by hand.`,
			);
		case 'too-long':
		case 'killed':
			return routerError('refused', `${name} was ended before it was done.`, `Run ${quoted(argv.join(' '))} by hand.`);
		case 'not-started': {
			const why = run.error.code === 'ENOENT' ? `there is no program ${quoted(argv[0] ?? '')}` : run.error.message;
			return routerError('unreachable', `${name} could not be started: ${why}.`, 'Name the program by its full path.');
		}
	}
}

function failed(name: string, code: number, words: string): RouterError {
	const grave = words.split('\n').filter(line => /\[(?:emerg|alert|crit|error)\]/.test(line));
	const said = (grave.length > 0 ? grave : [words]).join(' ');
	const isGone = /invalid PID number|kill\(\d+, \d+\) failed|\.pid" failed \(2:/.test(said);
	return isGone
		? routerError(
				'unreachable',
				`${name} failed, because nginx is not running: ${quoted(said)}.`,
				'Start nginx, or name its "prefix" and "config".',
			)
		: routerError(
				'refused',
				`${name} failed with exit code ${code}: ${quoted(said)}.`,
				'Mend what nginx names; the split changes at the next try.',
			);
}
