import {fail, ok, type Result} from '../base/result.ts';
import type {ScrapeTargetOptions} from '../core/source-options.ts';
import {nameLabel} from '../promql/ast.ts';
import {Labels, labelsOf} from '../promql/labels.ts';

/** One page: where it is, and the labels its series get. */
export type PageTarget = {
	readonly url: URL;
	readonly job: string;
	readonly instance: string;
	/** Job, instance and what the profile gives, as every series of it carries them. */
	readonly labels: Labels;
	/** For people: `127.0.0.1:3001/metrics`. */
	readonly name: string;
};

export type TargetsError = {readonly message: string; readonly remedy: string};

/** Pages of one session; more is a fleet, and a fleet has a Prometheus. */
const targetsMax = 100;

/**
 * The pages of a profile. Two pages of one process have the same host and port: where that would make them one instance of one
 * job, the path joins the instance, for `up` must tell them apart.
 */
export function pageTargets(options: readonly ScrapeTargetOptions[]): Result<readonly PageTarget[], TargetsError> {
	const pages: {url: URL; from: ScrapeTargetOptions}[] = [];
	for (const from of options) {
		for (const text of from.urls) {
			const url = pageUrl(text);
			if (!url.ok) return url;
			pages.push({url: url.value, from});
		}
	}
	if (pages.length === 0 || pages.length > targetsMax) {
		return fail({
			message:
				pages.length === 0
					? 'There is no page to scrape.'
					: `There are ${pages.length} pages to scrape, more than ${targetsMax}.`,
			remedy: `Give 1 to ${targetsMax} urls under targets; beyond that a Prometheus server is the right tool.`,
		});
	}
	const short = pages.map(({url, from}) => JSON.stringify([from.job, from.instance ?? url.host]));
	const targets = pages.map(({url, from}, i) => {
		const isShared = short.indexOf(short[i] ?? '') !== short.lastIndexOf(short[i] ?? '');
		const instance = from.instance ?? (isShared ? url.host + url.pathname + url.search : url.host);
		return targetOf(url, from, instance);
	});
	return distinct(targets);
}

function targetOf(url: URL, {job, labels}: ScrapeTargetOptions, instance: string): PageTarget {
	const all = labelsOf([...Object.entries(labels), ['job', job], ['instance', instance]]);
	return {url, job, instance, labels: all, name: url.host + url.pathname + url.search};
}

function distinct(targets: readonly PageTarget[]): Result<readonly PageTarget[], TargetsError> {
	const seen = new Map<string, PageTarget>();
	for (const target of targets) {
		const key = JSON.stringify([target.job, target.instance]);
		const other = seen.get(key);
		if (other) {
			return fail({
				message: `The pages ${other.name} and ${target.name} have the same job ${JSON.stringify(target.job)} and instance ${JSON.stringify(target.instance)}.`,
				remedy: 'Give one of them another job or instance, so that up says which of them is down.',
			});
		}
		seen.set(key, target);
	}
	return ok(targets);
}

function pageUrl(text: string): Result<URL, TargetsError> {
	const remedy = 'Write it like http://127.0.0.1:3001/metrics.';
	if (!URL.canParse(text)) return fail({message: `The page ${JSON.stringify(text)} is no URL.`, remedy});
	const url = new URL(text);
	if (url.protocol !== 'http:' && url.protocol !== 'https:')
		return fail({
			message: `The page ${JSON.stringify(text)} has the protocol ${url.protocol.slice(0, -1)}, not http or https.`,
			remedy,
		});
	if (url.username || url.password)
		return fail({
			message: `The page ${url.host}${url.pathname} has a user or a password in its url.`,
			remedy: 'Give them under auth, the password as a reference.',
		});
	return ok(url);
}

/**
 * The labels of a series of this target. Where a page itself sets a label that the target has, the page's is kept as
 * `exported_<name>`, as Prometheus does (`honor_labels: false`).
 */
export function withTarget(series: Labels, target: Labels): Labels {
	return merged(series, target) ?? exported(series, target);
}

/** Two sorted lists become one; undefined if a name stands in both. First pages have tens of thousands of series. */
function merged(left: Labels, right: Labels): Labels | undefined {
	const names: string[] = [];
	const values: string[] = [];
	let [i, j] = [0, 0];
	while (i < left.names.length || j < right.names.length) {
		const [a, b] = [left.names[i], right.names[j]];
		if (a === b) return undefined;
		const isLeft = b === undefined || (a !== undefined && a < b);
		names.push((isLeft ? a : b) as string);
		values.push((isLeft ? left.values[i++] : right.values[j++]) as string);
	}
	return new Labels(names, values);
}

function exported(series: Labels, target: Labels): Labels {
	const own = new Set(target.names);
	const taken = new Set([...series.names, ...target.names]);
	const free = (name: string): string => {
		let candidate = `exported_${name}`;
		while (taken.has(candidate)) candidate = `exported_${candidate}`;
		taken.add(candidate);
		return candidate;
	};
	const kept = series.entries().map(([name, value]) => [own.has(name) ? free(name) : name, value] as const);
	return labelsOf([...kept, ...target.entries()]);
}

/** A series that Prometheus adds to each target by itself. */
export const ownSeries = (name: string, target: Labels): Labels => labelsOf([...target.entries(), [nameLabel, name]]);
