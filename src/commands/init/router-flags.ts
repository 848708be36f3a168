import {resolve} from 'node:path';
import {routerKinds} from '../../profile/schema/router.ts';
import {exitCodes} from '../exit-codes.ts';
import {CommandError} from '../output.ts';

export type RouterKind = (typeof routerKinds)[number];

/** What the command line says of the router. Which of it a kind needs stands in `kinds` below. */
export type RouterFlags = {
	readonly router?: string;
	readonly baseline?: string;
	readonly candidate?: string;
	readonly listen?: string;
	readonly controlSocket?: string;
	readonly haproxySocket?: string;
	readonly haproxyBackend?: string;
	readonly nginxInclude?: string;
	readonly nginxUpstream?: string;
	readonly nginxRevisionUrl?: string;
	readonly commandRead?: string;
	readonly commandParse?: string;
	readonly commandWrite?: string;
	readonly albRule?: string;
	readonly albListener?: string;
	readonly namespace?: string;
	readonly kubeContext?: string;
	readonly route?: string;
	readonly rollout?: string;
};

type Flag = Exclude<keyof RouterFlags, 'router'>;

/** What a kind of router takes: all of `needs`, at least one of `oneOf`, perhaps some of `may`. */
type Kind = {
	readonly needs: readonly Flag[];
	readonly oneOf?: readonly Flag[];
	readonly may?: readonly Flag[];
	/** What `--baseline` and `--candidate` are. */
	readonly sides: string;
	readonly keys: (flags: RouterFlags) => unknown;
};

const list = (text = ''): readonly string[] => text.split(',').map(one => one.trim());
const one = ({baseline, candidate}: RouterFlags) => ({baseline, candidate});
const many = ({baseline, candidate}: RouterFlags) => ({baseline: list(baseline), candidate: list(candidate)});
const ifGiven = (key: string, value: string | undefined) => (value === undefined ? {} : {[key]: value});
const inKubernetes = ({namespace, kubeContext}: RouterFlags) => ({...ifGiven('context', kubeContext), namespace});

/** The words of a command: a list in JSON, or divided at blanks. No shell will see them. */
function words(flag: string, text = ''): readonly string[] {
	if (!text.startsWith('[')) return text.trim().split(/\s+/);
	try {
		const list: unknown = JSON.parse(text);
		if (Array.isArray(list) && list.every(word => typeof word === 'string')) return list;
	} catch {
		// Said below.
	}
	throw new CommandError(`${flag} is no list of texts in JSON: ["tool", "--with", "two words"].`, exitCodes.usage);
}

export const kinds: Readonly<Record<RouterKind, Kind>> = {
	builtin: {
		needs: [],
		may: ['baseline', 'candidate', 'listen', 'controlSocket'],
		sides: 'URLs',
		keys: flags => ({listen: flags.listen ?? '127.0.0.1:8080', ...ifGiven('controlSocket', flags.controlSocket), ...many(flags)}),
	},
	haproxy: {
		needs: ['haproxySocket', 'haproxyBackend', 'baseline', 'candidate'],
		sides: 'names of servers, as in haproxy.cfg',
		keys: flags => ({
			socket: flags.haproxySocket,
			backends: list(flags.haproxyBackend).map(name => ({name, ...many(flags)})),
		}),
	},
	nginx: {
		needs: ['nginxInclude', 'nginxUpstream', 'nginxRevisionUrl', 'baseline', 'candidate'],
		sides: 'addresses, host:port',
		keys: flags => ({
			include: resolve(flags.nginxInclude ?? ''),
			upstream: flags.nginxUpstream,
			...many(flags),
			revisionUrl: flags.nginxRevisionUrl,
		}),
	},
	command: {
		needs: ['commandRead', 'commandParse', 'commandWrite'],
		sides: '',
		keys: flags => ({
			read: {argv: words('--command-read', flags.commandRead), parse: {regex: flags.commandParse}},
			write: {argv: words('--command-write', flags.commandWrite)},
		}),
	},
	'aws-alb': {
		needs: ['baseline', 'candidate'],
		oneOf: ['albRule', 'albListener'],
		sides: 'ARNs of target groups',
		keys: flags => ({...ifGiven('rule', flags.albRule), ...ifGiven('listener', flags.albListener), ...one(flags)}),
	},
	'gateway-api': {
		needs: ['namespace', 'route', 'baseline', 'candidate'],
		may: ['kubeContext'],
		sides: 'Services',
		keys: flags => ({...inKubernetes(flags), route: flags.route, ...one(flags)}),
	},
	'argo-rollouts': {
		needs: ['namespace', 'rollout'],
		may: ['kubeContext'],
		sides: '',
		keys: flags => ({...inKubernetes(flags), rollout: flags.rollout}),
	},
};

const spelt = (flag: string): string => `--${flag.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`;
const listed = (flags: readonly string[], word: string): string =>
	flags
		.map(spelt)
		.join(`, `)
		.replace(/, ([^,]*)$/, ` ${word} $1`);

/** Flags that say where a page is, too: their sides may stand beside any router. */
const shared: readonly string[] = ['baseline', 'candidate'];

/** The router's part of the profile. @throws CommandError that names what is missing, or belongs to another router. */
export function routerKeys(flags: RouterFlags): Readonly<Record<string, unknown>> {
	const kind = (flags.router ?? 'builtin') as RouterKind;
	const {needs, oneOf = [], may = [], sides, keys} = kinds[kind];
	const given = Object.keys(flags).filter(flag => flags[flag as Flag] !== undefined);
	const missing = needs.filter(flag => !given.includes(flag));
	const hasOne = oneOf.length === 0 || oneOf.filter(flag => given.includes(flag)).length === 1;
	if (missing.length > 0 || !hasOne) {
		const what = [...(missing.length > 0 ? [listed(missing, 'and')] : []), ...(hasOne ? [] : [`one of ${listed(oneOf, 'and')}`])];
		const about = missing.some(flag => shared.includes(flag)) ? ` The sides are ${sides}, several with commas between.` : '';
		throw new CommandError(`--router ${kind} needs ${what.join(', and ')}.${about}`, exitCodes.usage);
	}
	const own: readonly string[] = [...needs, ...oneOf, ...may];
	const others = Object.values(kinds).flatMap(other => [...other.needs, ...(other.oneOf ?? []), ...(other.may ?? [])]);
	const strange = given.filter(flag => others.includes(flag as Flag) && !own.includes(flag));
	if (strange.length > 0) {
		const remedy = flags.router === undefined ? `Name the router with --router: ${routerKinds.join(', ')}.` : 'Leave them away.';
		throw new CommandError(
			`${listed(strange, 'and')} ${strange.length > 1 ? 'mean' : 'means'} nothing to --router ${kind}. ${remedy}`,
			exitCodes.usage,
		);
	}
	return {[kind]: keys(flags)};
}
