import {resolve as resolvePath} from 'node:path';
import type {HealthOptions, InstanceOptions, InstancePlan} from '../core/instance-options.ts';
import type {CommandCheck} from '../core/preflight-options.ts';
import {compileTls} from './compile-metrics.ts';
import {resolveSecrets} from './resolve-metrics.ts';
import type {Profile} from './schema.ts';
import {soundMs} from './sound.ts';

type InstanceProfile = NonNullable<Profile['instance']>;
type Health = InstanceProfile['health'];
type Program = InstanceProfile['start'];

/** With absolute paths. */
export function resolveInstance(instance: InstanceProfile, folder: string): InstanceProfile {
	const at = (path: string | undefined): string | undefined => (path === undefined ? undefined : resolvePath(folder, path));
	const program = <One extends Program>(one: One): One => ({
		...one,
		cwd: at(one.cwd) ?? folder,
		env: resolveSecrets(one.env, folder),
	});
	const health = (one: Health): Health => ({
		...one,
		headers: resolveSecrets(one.headers, folder),
		...(one.tls && {tls: {...one.tls, caFile: at(one.tls.caFile), certFile: at(one.tls.certFile), keyFile: at(one.tls.keyFile)}}),
	});
	const {start, restartBaseline} = instance;
	return {
		...instance,
		start: program(start),
		health: health(instance.health),
		...(restartBaseline && {restartBaseline: {...program(restartBaseline), health: health(restartBaseline.health)}}),
	};
}

export function compileInstance({start, health, stop, stopAfter, onExit, restartBaseline}: InstanceProfile): InstanceOptions {
	return {
		start: compileProgram(start),
		health: compileHealth(health),
		stop: {signal: stop.signal, graceMs: soundMs(stop.grace)},
		...(stopAfter !== undefined && {stopAfterMs: soundMs(stopAfter)}),
		onExit,
		...(restartBaseline && {
			restartBaseline: {
				command: compileProgram(restartBaseline),
				timeoutMs: soundMs(restartBaseline.timeout),
				health: compileHealth(restartBaseline.health),
			},
		}),
	};
}

/** What the journal says of it. */
export const instancePlan = ({start, health, stopAfterMs, onExit, restartBaseline}: InstanceOptions): InstancePlan => ({
	command: start.argv.join(' '),
	withinMs: health.withinMs,
	onExit,
	...(stopAfterMs !== undefined && {stopAfterMs}),
	...(restartBaseline && {restartBaseline: {command: restartBaseline.command.argv.join(' ')}}),
});

const compileProgram = ({argv, cwd = '.', env}: Program): CommandCheck => ({argv, cwd, env});

function compileHealth({url, status, match, headers, tls, within, every}: Health): HealthOptions {
	return {
		check: {url, status, headers, ...(match !== undefined && {match}), ...(tls && {tls: compileTls(tls)})},
		withinMs: soundMs(within),
		everyMs: soundMs(every),
	};
}
