import {request} from 'undici';
import {exitCodes} from '../exit-codes.ts';
import {CommandError, safe} from '../output.ts';

/** A metric that is there, and the label, if any, that holds the HTTP status. */
export type Metric = {readonly name: string; readonly statusLabel?: string};

const timeoutMs = 10_000;
const answerBytesMax = 16 * 1024 * 1024;
const statusLabels = ['code', 'status', 'status_code'] as const;

/** The text behind a URL. @throws CommandError with the place and the cause. */
async function fetchText(url: string): Promise<string> {
	try {
		const answer = await request(url, {signal: AbortSignal.timeout(timeoutMs)});
		let text = '';
		for await (const chunk of answer.body) {
			text += String(chunk);
			if (text.length > answerBytesMax) throw new Error('it answers with more than 16 MB');
		}
		if (answer.statusCode !== 200) throw new Error(`it answered ${answer.statusCode}: ${safe(text, 120)}`);
		return text;
	} catch (error) {
		throw new CommandError(`${url} can't be asked: ${(error as Error).message || String(error)}.`, exitCodes.unreachable);
	}
}

/** What a metrics page holds, by the names of its samples. */
export async function metricsOfPage(url: string): Promise<readonly Metric[]> {
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
export async function metricsOfPrometheus(url: string, select: string): Promise<readonly Metric[]> {
	const names = async (more: string): Promise<readonly string[]> => {
		const selector = ['__name__=~".+_bucket|.+_total|up"', select, more].filter(part => part !== '').join(',');
		const query = encodeURIComponent(`group by (__name__) ({${selector}})`);
		const text = await fetchText(`${url.replace(/\/$/, '')}/api/v1/query?query=${query}`);
		const {data} = JSON.parse(text) as {data?: {result?: {metric?: {__name__?: string}}[]}};
		return (data?.result ?? []).flatMap(({metric}) => metric?.__name__ ?? []);
	};
	const [all, ...withLabel] = await Promise.all([names(''), ...statusLabels.map(label => names(`${label}!=""`))]);
	return (all ?? []).map(name => {
		const statusLabel = statusLabels.find((_, index) => withLabel[index]?.includes(name));
		return {name, ...(statusLabel !== undefined && {statusLabel})};
	});
}
