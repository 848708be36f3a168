/** What HAProxy's answers mean when they are not what we asked for. Pure. */
import type {HaproxyOptions} from '../core/router-options.ts';
import type {RouterError, Split} from '../core/split.ts';
import {haproxyWeightMax, type Sides, sidesOf} from './haproxy-split.ts';
import type {RuntimeAnswer} from './haproxy-text.ts';
import {listText, percentText, quoted, routerError} from './router-error.ts';

/** HAProxy's own words instead of, or beside, the tables. `where`: `HAProxy at unix:/run/haproxy.sock`. */
export function refusedBy(where: string, options: HaproxyOptions, answer: RuntimeAnswer, text: string): RouterError {
	const words = answer.messages.join(' ');
	const now = answer.servers.length > 0 ? ` Weights now: ${weightsText(options, answer)}.` : '';
	const refusal = (what: string, remedy: string): RouterError => routerError('refused', `${where} ${what}.${now}`, remedy);
	if (words.includes('Permission denied')) {
		return refusal('says “Permission denied”', 'Its "stats socket" line needs "level admin" for changes.');
	}
	if (words.includes("Can't find backend")) {
		const names = listText(options.backends.map(({name}) => name).filter(name => !answer.algorithms.has(name)));
		return refusal(`has no backend named ${names}`, 'Ask it by "show backend" for the names it knows.');
	}
	if (words.includes('static LB algorithm')) {
		const remedy = 'This "balance" algorithm is static: use "balance roundrobin", or "hash-type consistent" with a hash.';
		return refusal(`can't change the weight: ${quoted(words)}`, remedy);
	}
	if (answer.servers.length === 0 && answer.tables === 0) {
		const remedy = 'Is this the runtime API of a HAProxy worker? (The socket of a master, "-S", is not.)';
		return refusal(`gave an answer that is not the runtime API's: ${quoted(text)}`, remedy);
	}
	return refusal(`says ${quoted(words)}`, 'Compare the names in the profile with "show servers state".');
}

export function missingServers(where: string, {name, missing, baseline, candidate, others}: Sides): RouterError {
	const known = [...baseline, ...candidate, ...others].map(row => row.name);
	return routerError(
		'refused',
		`${where}: backend ${name} has no server named ${listText(missing)}; it has ${known.length > 0 ? listText(known) : 'none'}.`,
		'Name the servers in the profile as in haproxy.cfg.',
	);
}

export const cutOff = (where: string): RouterError =>
	routerError(
		'unreachable',
		`${where} closed the connection in the middle of its answer. Which weights are in force is not known.`,
		'It may have ended or been reloaded just now: read the split again.',
	);

export const tooCoarse = (weightPercent: number, backend: string, share: number): RouterError =>
	routerError(
		'refused',
		`Backend ${backend} can't give the candidate ${percentText(weightPercent)}: the closest that weights of 1 to ${haproxyWeightMax} spell with its servers is ${percentText(share)}. Nothing was changed.`,
		'Choose another weight for the stage, or fewer servers on the candidate side.',
	);

export function sideIsOut(where: string, weightPercent: number, sides: Sides): RouterError {
	const rows = [...sides.baseline, ...sides.candidate].filter(row => row.isDraining || row.inMaintenance);
	const out = listText(rows.map(row => `${row.name} (${row.inMaintenance ? 'maintenance' : 'drain'})`));
	return routerError(
		'refused',
		`${where}: backend ${sides.name} can't be set to ${percentText(weightPercent)}, because a whole side takes no traffic: ${out}. Nothing was changed.`,
		'"set server … state ready" brings a server back; do that first, or set the weight to 0.',
	);
}

export function notApplied(where: string, weightPercent: number, {name}: Sides, split: Split): RouterError {
	const why = split.warnings ? ` ${split.warnings.join('; ')}.` : '';
	return routerError(
		'not-applied',
		`${where} took ${percentText(weightPercent)} for backend ${name}, but reads back ${percentText(split.weightPercent)}.${why} Weights now: ${split.text}.`,
		'Is a server in drain or maintenance ("set server … state ready" ends it), or is something else setting weights?',
	);
}

const weightsText = ({backends}: HaproxyOptions, answer: RuntimeAnswer): string =>
	listText(
		backends.flatMap(backend => {
			const {baseline, candidate} = sidesOf(backend, answer);
			return [...baseline, ...candidate].map(row => `${row.backend}/${row.name} ${row.weight}`);
		}),
		16,
	);
