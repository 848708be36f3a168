import {resolve as resolvePath} from 'node:path';
import {formatDuration} from '../base/duration.ts';
import {builtinSocket} from './builtin-socket.ts';
import {resolveBurst} from './compile-burst.ts';
import {resolveCommand} from './compile-commands.ts';
import {resolveCompare} from './compile-compare.ts';
import {resolveEvidence} from './compile-evidence.ts';
import {resolveInstance} from './compile-instance.ts';
import {resolveCheck} from './compile-preflight.ts';
import {baseName, slug} from './names.ts';
import {largestRangeMs} from './ranges.ts';
import {resolveMetrics, resolveSecrets} from './resolve-metrics.ts';
import {resolveAlertmanager, resolveNotify} from './resolve-notify.ts';
import type {GuardrailProfile, LogProfile, Profile, RouterProfile, StageProfile} from './schema.ts';
import {parseSocket} from './socket.ts';
import type {Env} from './substitute.ts';

/**
 * A sound profile with every default filled in that depends on something else: ids, titles, windows, the guardrails of rule
 * files, absolute paths, one name for each side. It is still a profile: written out and loaded again it means the same.
 */
export function resolveProfile(profile: Profile, imported: readonly GuardrailProfile[], folder: string, env: Env): Profile {
	const {stable, canary, baseline = stable, candidate = canary, ...rest} = profile;
	const metrics = resolveMetrics(profile, folder);
	return {
		...rest,
		baseline,
		candidate,
		title: profile.title ?? profile.name,
		metrics,
		guardrails: [...profile.guardrails, ...imported].map(guardrail => resolveGuardrail(guardrail, {...profile, metrics})),
		compare: resolveCompare(profile),
		rules: [],
		stages: resolveStages(profile),
		router: resolveRouter(profile.router, folder),
		logs: profile.logs.map(log => resolveLog(log, folder)),
		...(profile.burst && {burst: resolveBurst(profile.burst, folder)}),
		...(profile.instance && {instance: resolveInstance(profile.instance, folder)}),
		evidence: profile.evidence.map(one => resolveEvidence(one, folder)),
		commands: profile.commands.map(one => resolveCommand(one, folder)),
		preflight: profile.preflight.map(check => resolveCheck(check, folder)),
		notify: resolveNotify(profile, folder, env),
		alertmanager: resolveAlertmanager(profile, folder),
	};
}

function resolveGuardrail(guardrail: GuardrailProfile, {metrics, stages}: Profile): GuardrailProfile {
	const {id = slug(guardrail.title ?? ''), log, severity} = guardrail;
	const isJudged = guardrail.healthy !== undefined || stages.some(({overrides}) => overrides?.[id]?.healthy !== undefined);
	return {
		...guardrail,
		id,
		title: guardrail.title ?? id,
		unit: guardrail.unit ?? (log ? (log.measure === 'rate' ? 'per-second' : 'count') : 'none'),
		onBreach: guardrail.onBreach ?? (severity === 'critical' && isJudged ? 'rollback' : 'warn'),
		window: guardrail.window ?? log?.window ?? formatDuration(largestRangeMs(guardrail.query)),
		staleAfter: guardrail.staleAfter ?? metrics.prometheus?.staleAfter ?? metrics.scrape?.staleAfter,
	};
}

const defaultName = ({weight}: StageProfile): string => `${weight} %`;

/** Fills in names and who promotes, and adds the step to 100 % where the profile stops short of it. */
function resolveStages({stages, policies}: Profile): StageProfile[] {
	const isWhole = stages.at(-1)?.weight === 100;
	const full: StageProfile = {name: 'full', weight: 100, duration: '0s'};
	return [...stages, ...(isWhole ? [] : [full])].map((stage, index, all) => {
		// The step to 100 % is what a person usually wants to take: it is promoted *from* the stage before the last.
		const leadsToFull = index >= all.length - 2;
		return {
			...stage,
			name: stage.name ?? defaultName(stage),
			promote: stage.promote ?? (leadsToFull ? policies.finalPromote : 'auto'),
		};
	});
}

type Kinds = NonNullable<RouterProfile['fallback']>;

const resolveRouter = ({fallback, ...kinds}: RouterProfile, folder: string): RouterProfile => ({
	...resolveKinds(kinds, folder),
	...(fallback && {fallback: resolveKinds(fallback, folder)}),
});

function resolveKinds(
	{haproxy, nginx, command, builtin, 'aws-alb': alb, 'gateway-api': gateway, 'argo-rollouts': argo}: Kinds,
	folder: string,
): Kinds {
	const at = (file: string | undefined): string | undefined => (file === undefined ? undefined : resolvePath(folder, file));
	return {
		...(haproxy && {
			haproxy: {
				...haproxy,
				socket: resolveSocket(haproxy.socket, folder),
				stateFile: at(haproxy.stateFile),
				backends: haproxy.backends.map(oneName),
			},
		}),
		...(nginx && {
			nginx: {
				...oneName(nginx),
				include: resolvePath(folder, nginx.include),
				binary: nginx.binary.includes('/') ? resolvePath(folder, nginx.binary) : nginx.binary,
				prefix: at(nginx.prefix),
				config: at(nginx.config),
				pidFile: at(nginx.pidFile),
			},
		}),
		...(builtin && {
			builtin: {...oneName(builtin), controlSocket: at(builtin.controlSocket) ?? builtinSocket(builtin.listen)},
		}),
		...(gateway && {'gateway-api': {...oneName(gateway), kubeconfig: at(gateway.kubeconfig)}}),
		...(argo && {'argo-rollouts': {...argo, kubeconfig: at(argo.kubeconfig)}}),
		...(alb && {'aws-alb': oneName(alb)}),
		...(command && {
			command: {
				...command,
				cwd: at(command.cwd) ?? folder,
				read: {...command.read, side: sideName(command.read.side), env: resolveSecrets(command.read.env ?? {}, folder)},
				write: {
					...command.write,
					argv: command.write.argv.map(word => word.replaceAll('{canary}', '{candidate}').replaceAll('{stable}', '{baseline}')),
					env: resolveSecrets(command.write.env ?? {}, folder),
				},
			},
		}),
	};
}

const sideName = <Side extends string>(side: Side): Exclude<Side, 'canary' | 'stable'> =>
	(side === 'canary' ? 'candidate' : side === 'stable' ? 'baseline' : side) as Exclude<Side, 'canary' | 'stable'>;

/** A relative socket is looked for beside the profile. */
function resolveSocket(text: string, folder: string): string {
	const socket = parseSocket(text);
	return socket && 'path' in socket ? `unix:${resolvePath(folder, socket.path)}` : text;
}

type TwoSided<Side> = {
	baseline?: Side | undefined;
	candidate?: Side | undefined;
	stable?: Side | undefined;
	canary?: Side | undefined;
};

/** `stable` and `canary` are other names for `baseline` and `candidate`. */
function oneName<Side, Map extends TwoSided<Side>>(map: Map): Map {
	const {stable, canary, ...rest} = map;
	return {...rest, baseline: map.baseline ?? stable, candidate: map.candidate ?? canary} as Map;
}

function resolveLog(log: LogProfile, folder: string): LogProfile {
	const {path, paths = path === undefined ? [] : [path], ...rest} = log;
	return {
		...rest,
		name: log.name ?? baseName(paths[0]) ?? 'log',
		paths: paths.map(file => resolvePath(folder, file)),
		side: sideName(log.side),
		levels: log.levels.map(level => level.toLowerCase()),
	};
}
