import {exitCodes} from '../exit-codes.ts';
import {CommandError, safe} from '../output.ts';
import type {Access} from './access.ts';

/** A metric that is there, and the label, if any, that holds the HTTP status. */
export type Metric = {readonly name: string; readonly statusLabel?: string};

const statusLabels = ['code', 'status', 'status_code'] as const;

/** What a metrics page holds, by the names of its samples. */
export async function metricsOfPage(url: string, {fetchText}: Access): Promise<readonly Metric[]> {
	const found = new Map<string, string | undefined>();
	for (const line of (await fetchText(url)).split('\n')) {
		const [, name, labels = ''] = /^([A-Za-z_:][\w:]*)(?:\{([^\n]*)\})?\s/.exec(line) ?? [];
		if (name === undefined) continue;
		const statusLabel = statusLabels.find(label => new RegExp(`(?:^|,)\\s*${label}="`).test(labels));
		found.set(name, found.get(name) ?? statusLabel);
	}
	if (found.size === 0) throw new CommandError(`${url} is no metrics page: no line of it is a sample.`, exitCodes.unreachable);
	return [...found].map(([name, statusLabel]) => ({name, ...(statusLabel !== undefined && {statusLabel})}));
}

/** What a Prometheus has of histograms and counters, of the series that `select` picks. */
export async function metricsOfPrometheus(url: string, select: string, {fetchText}: Access): Promise<readonly Metric[]> {
	const names = async (more: string): Promise<readonly string[]> => {
		const selector = ['__name__=~".+_bucket|.+_total|up"', select, more].filter(part => part !== '').join(',');
		const query = encodeURIComponent(`group by (__name__) ({${selector}})`);
		const text = await fetchText(`${url.replace(/\/$/, '')}/api/v1/query?query=${query}`);
		const {data} = jsonOf(text, url) as {data?: {result?: {metric?: {__name__?: string}}[]}};
		return (data?.result ?? []).flatMap(({metric}) => metric?.__name__ ?? []);
	};
	const [all, ...withLabel] = await Promise.all([names(''), ...statusLabels.map(label => names(`${label}!=""`))]);
	return (all ?? []).map(name => {
		const statusLabel = statusLabels.find((_, index) => withLabel[index]?.includes(name));
		return {name, ...(statusLabel !== undefined && {statusLabel})};
	});
}

function jsonOf(text: string, url: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		throw new CommandError(
			`${url} answers, but not as a Prometheus does: ${safe(text.trim(), 80)}. Is it a metrics page (--metrics), or is a path prefix missing?`,
			exitCodes.unreachable,
		);
	}
}
