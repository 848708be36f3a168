/** What is questionable about a HAProxy configuration that is to carry a canary. Pure. */
import type {HaproxyOptions} from '../core/router-options.ts';
import type {Sides} from './haproxy-split.ts';
import type {RuntimeAnswer} from './haproxy-text.ts';
import {listText, percentText} from './router-error.ts';

/** What an algorithm makes of weights; roundrobin and random follow them. */
const algorithmTroubles: Readonly<Record<string, string>> = {
	leastconn: 'goes by open connections and hardly by weights at low load (at 90/10 the candidate got half): use roundrobin',
	'static-rr': 'takes no weight but 0 and the configured one while it runs: use roundrobin',
	first: 'fills the first server before it looks at the next, whatever the weights: use roundrobin',
};
const hashing = /^(?:source|uri|url_param|hdr|rdp-cookie|hash)/;

/** One sentence each. */
export function lintHaproxy(options: HaproxyOptions, backends: readonly Sides[], answer: RuntimeAnswer): string[] {
	return [
		...backends.flatMap(sides => [
			...algorithmLint(sides.name, answer.algorithms.get(sides.name) ?? ''),
			...stickinessLint(sides),
			...serverLint(sides),
			...reloadLint(sides, options.stateFile !== undefined),
		]),
		...socketLint(options),
	];
}

function algorithmLint(backend: string, algorithm: string): string[] {
	const trouble = algorithmTroubles[algorithm];
	if (trouble !== undefined) return [`${backend}: balance ${algorithm} ${trouble}.`];
	if (!hashing.test(algorithm)) return [];
	return [
		`${backend}: balance ${algorithm} shares out keys, not requests, and without "hash-type consistent" it takes no weight but 0 and the configured one: the candidate's share will be off.`,
	];
}

function stickinessLint({name, candidate, baseline}: Sides): string[] {
	if (![...candidate, ...baseline].some(row => row.cookie !== '')) return [];
	return [
		`${name}: servers have cookies: clients that once met the candidate stay with it, even at weight 0. A rollback does not move them.`,
	];
}

function serverLint({name, baseline, candidate, others}: Sides): string[] {
	const rows = [...baseline, ...candidate];
	const names = (of: Sides['baseline']): string => listText(of.map(row => row.name));
	const unchecked = rows.filter(row => !row.hasCheck);
	const backups = rows.filter(row => row.isBackup);
	const redispatched = candidate.filter(row => row.redispatches > 0);
	// Spare slots of a server-template wait in maintenance.
	const foreign = others.filter(row => !row.inMaintenance);
	const sentences: string[] = [];
	if (unchecked.length > 0)
		sentences.push(`${name}: no health check on ${names(unchecked)}: dead, it would still get its share.`);
	if (backups.length > 0)
		sentences.push(`${name}: ${names(backups)} is a backup server: weights don't count until all others are down.`);
	if (foreign.length > 0)
		sentences.push(`${name}: ${names(foreign)} is on neither side of the split, but takes traffic by its weight.`);
	if (redispatched.length > 0) {
		sentences.push(
			`${name}: requests meant for ${names(redispatched)} were sent elsewhere (redispatch): a dead candidate is hidden from clients, and from metrics of theirs.`,
		);
	}
	return sentences;
}

function reloadLint(sides: Sides, keepsState: boolean): string[] {
	if (keepsState) return [];
	const weight = (rows: Sides['candidate']): number => rows.reduce((sum, row) => sum + row.initialWeight, 0);
	const candidate = weight(sides.candidate);
	if (candidate === 0) return [];
	const share = (candidate / (candidate + weight(sides.baseline) + weight(sides.others))) * 100;
	return [
		`${sides.name}: a reload of HAProxy brings the configured weights back, and the candidate to ${percentText(share)}: give its servers "weight 0" there, or name the state file that HAProxy loads.`,
	];
}

function socketLint({socket}: HaproxyOptions): string[] {
	if ('path' in socket || /^(?:localhost|127\.|::1$)/.test(socket.host)) return [];
	return [
		`The runtime API at ${socket.host}:${socket.port} has no password and no encryption: whoever reaches it moves the traffic.`,
	];
}
