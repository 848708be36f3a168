/**
 * The text of the one include file that is ours, and the words that nginx serves out of it. Pure.
 * Source: nginx 1.22, ngx_http_upstream_module (server, weight, down, zone) and ngx_http_geo_module.
 */
import type {NginxOptions} from '../core/router-options.ts';
import {type SideCounts, type SideWeights, shareOf} from './weights.ts';

/**
 * What nginx serves of the split it runs: `canary-split/1 id=5f0c upstream=app baseline=2x95 candidate=1x10`, servers × weight a
 * side. It stands in the same file as the upstream, so a worker that serves these words balances by these weights.
 */
export type ServedSplit = {
	readonly id: string;
	readonly upstream: string;
	readonly counts: SideCounts;
	readonly weights: SideWeights;
};

export const servedText = ({id, upstream, counts, weights}: ServedSplit): string =>
	`canary-split/1 id=${id} upstream=${upstream} baseline=${counts.baseline}x${weights.baseline} candidate=${counts.candidate}x${weights.candidate}`;

const served = /^canary-split\/1 id=(\w+) upstream=(\S+) baseline=(\d{1,6})x(\d{1,6}) candidate=(\d{1,6})x(\d{1,6})$/;

/** Undefined when the words are not ours. */
export function parseServedText(text: string): ServedSplit | undefined {
	const [, id, upstream, baselines, baseline, candidates, candidate] = served.exec(text.trim()) ?? [];
	if (id === undefined || upstream === undefined) return undefined;
	return {
		id,
		upstream,
		counts: {baseline: Number(baselines), candidate: Number(candidates)},
		weights: {baseline: Number(baseline), candidate: Number(candidate)},
	};
}

export const sharePercent = ({weights, counts}: ServedSplit): number => shareOf(weights, counts);

/** The whole file. `weight=0` is illegal in nginx, so a side without traffic is `down`. */
export function renderInclude({upstream, baseline, candidate, directives = []}: NginxOptions, split: ServedSplit): string {
	const lines = (servers: readonly string[], weight: number): string[] =>
		servers.map(server => `	server ${server} ${weight === 0 ? 'down' : `weight=${weight}`};`);
	return [
		'# Written by canary whenever the split changes; what is changed by hand here is lost then.',
		`upstream ${upstream} {`,
		// Without shared memory each worker process counts for itself, and the split wobbles at low load.
		`	zone ${upstream} 128k;`,
		...directives.map(directive => `	${directive};`),
		...lines(baseline, split.weights.baseline),
		...lines(candidate, split.weights.candidate),
		'}',
		// A geo block without addresses is nginx's way to a constant at http level.
		'geo $canary_revision {',
		`	default "${servedText(split)}";`,
		'}',
		'',
	].join('\n');
}

/** What an include file says, ours or one written by hand. */
export type IncludeFile = {
	/** By address, 0 for `down`. */
	readonly weights: ReadonlyMap<string, number>;
	/** The value of `$canary_revision`. */
	readonly revision: string | undefined;
	/** Directives of the upstream block other than `server` and `zone`. */
	readonly directives: readonly string[];
};

/** Undefined when the upstream is not in it. */
export function parseInclude(text: string, upstream: string): IncludeFile | undefined {
	const bare = text.replaceAll(/(?<=^|[\s;{}])#.*$/gm, '');
	const name = upstream.replaceAll('.', String.raw`\.`);
	const block = new RegExp(String.raw`\bupstream\s+"?${name}"?\s*\{([^}]*)\}`).exec(bare)?.[1];
	if (block === undefined) return undefined;
	const directives = block.split(';').map(directive => directive.trim().split(/\s+/));
	const weights = directives
		.filter(([name]) => name === 'server')
		.map(([, address = '', ...parameters]): [string, number] => [address, weightIn(parameters)]);
	return {
		weights: new Map(weights),
		revision: /\bgeo\s+\$canary_revision\s*\{[^}]*?\bdefault\s+(?:"([^"]*)"|([^;"\s]+))\s*;/.exec(bare)?.slice(1).find(Boolean),
		directives: directives.filter(([name = '']) => !['', 'server', 'zone'].includes(name)).map(words => words.join(' ')),
	};
}

const weightIn = (parameters: readonly string[]): number =>
	parameters.includes('down')
		? 0
		: Number(parameters.find(parameter => parameter.startsWith('weight='))?.slice('weight='.length) ?? 1);

export const addressOf = (server: string): string => server.trim().split(/\s+/)[0] ?? '';

/** The split of an include file that was not written by us; undefined when a server of ours is not in it. */
export function shareInFile({baseline, candidate}: NginxOptions, {weights}: IncludeFile): number | undefined {
	const sum = (servers: readonly string[]): number =>
		servers.reduce((total, server) => total + (weights.get(addressOf(server)) ?? Number.NaN), 0);
	const share = shareOf({baseline: sum(baseline), candidate: sum(candidate)}, {baseline: 1, candidate: 1});
	return Number.isNaN(share) ? undefined : share;
}

/** Nothing that could end a directive or begin another one. */
const isPlain = (text: string): boolean => text.trim() !== '' && !/[;{}#"'\\$\n\r]/.test(text);

/** A sentence about what can't stand in the include file, or undefined. */
export function confTrouble({upstream, baseline, candidate, directives = []}: NginxOptions): string | undefined {
	if (!/^[\w.-]{1,200}$/.test(upstream))
		return `“${upstream}” is no name for an upstream: letters, digits, dot, dash and underscore.`;
	// Both sides down would be a 502 for everybody.
	if (baseline.length === 0 || candidate.length === 0) return `Upstream ${upstream} needs a server on each side.`;
	for (const server of [...baseline, ...candidate]) {
		const [, ...parameters] = server.trim().split(/\s+/);
		if (!isPlain(server)) return `“${server}” is no server for an upstream: host:port or unix:/path, and parameters.`;
		const ours = parameters.find(parameter => /^(?:weight=.*|down|backup)$/.test(parameter));
		if (ours !== undefined) return `Server “${server}” must go without “${ours}”: the router sets what decides the split.`;
	}
	const addresses = [...baseline, ...candidate].map(addressOf);
	const twice = addresses.find((address, index) => addresses.indexOf(address) !== index);
	if (twice !== undefined) return `Server ${twice} is named twice.`;
	// A directive may well name a variable: `hash $cookie_user consistent`.
	const odd = directives.find(
		directive => !isPlain(directive.replaceAll('$', '')) || /^(?:server|zone)\b/.test(directive.trim()),
	);
	return odd === undefined ? undefined : `“${odd}” can't be one of the upstream's further directives.`;
}
