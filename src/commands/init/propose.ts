import type {Metric} from './discover.ts';

/** A guardrail that could be: its query, and how its bound follows from the present value. */
export type Proposal = {
	readonly id: string;
	readonly title: string;
	readonly why: string;
	readonly query: string;
	readonly unit: 'ms' | 's' | 'bytes' | 'percent' | 'count' | 'none';
	readonly severity: 'critical' | 'warning';
	readonly minRequests?: string;
	/** The healthy bound over the present value. */
	readonly bound: (value: number) => string;
};

const proposalsMax = 20;

/** Of the runtime or of the client library: they say nothing of what was released. */
const ofTheRuntime = /^(?:nodejs|process|go|python|jvm|promhttp|scrape|prometheus|net_conntrack)_/;

/** Guardrails for the metrics that are there: requests that fail, latencies, further errors, whether it is up at all. */
export function propose(all: readonly Metric[], select: string, window: string): readonly Proposal[] {
	const metrics = all.filter(({name}) => !ofTheRuntime.test(name));
	const has = (name: string): boolean => metrics.some(one => one.name === name);
	const series = (name: string, more = ''): string => {
		const matchers = [select, more].filter(part => part !== '').join(',');
		return matchers === '' ? name : `${name}{${matchers}}`;
	};
	const rate = (name: string, more = ''): string => `sum(rate(${series(name, more)}[${window}]))`;
	const requests = requestsOf(metrics);
	const ratio: Proposal[] = requests
		? [
				{
					id: 'error-share',
					title: 'Failed requests',
					why: `5xx answers among all of ${requests.name}`,
					// Without a failure yet there is no such series, and that is 0.
					query: `100 * (${rate(requests.name, `${requests.statusLabel}=~"5.."`)} or 0 * ${rate(requests.name)}) / ${rate(requests.name)}`,
					unit: 'percent',
					severity: 'critical',
					minRequests: rate(requests.name),
					bound: value => `< ${niceAbove(Math.max(0.5, value) * 2)}`,
				},
			]
		: [];
	const latencies = metrics
		.filter(({name}) => name.endsWith('_bucket'))
		.map(({name}): Proposal => {
			const base = name.slice(0, -'_bucket'.length);
			return {
				id: idOf(`${base}-p95`),
				title: `${wordsOf(base)} p95`,
				why: `the histogram ${base}`,
				query: `histogram_quantile(0.95, sum by (le) (rate(${series(name)}[${window}])))`,
				unit: /_ms$|_milliseconds$/.test(base) ? 'ms' : /_seconds$/.test(base) ? 's' : /_bytes$/.test(base) ? 'bytes' : 'none',
				severity: requests && /request|http/.test(base) ? 'critical' : 'warning',
				bound: value => `< ${niceAbove(value * 1.5)}`,
			};
		});
	const errors = metrics
		.filter(({name}) => /(?:error|failure|failed|timeout|violation|rejected|panic)s?(?:_\w+)?_total$/.test(name))
		.filter(({name}) => name !== requests?.name)
		.map(
			({name}): Proposal => ({
				id: idOf(name.replace(/_total$/, '')),
				title: wordsOf(name.replace(/_total$/, '')),
				why: `the counter ${name}`,
				query: `sum(increase(${series(name)}[${window}]))`,
				unit: 'count',
				severity: 'warning',
				bound: value => (value === 0 ? '= 0' : `< ${niceAbove(value * 2)}`),
			}),
		);
	const up: Proposal[] = has('up')
		? [
				{
					id: 'up',
					title: 'Scraped',
					why: 'whether every target answers its scrapes',
					query: `min(${series('up')})`,
					unit: 'none',
					severity: 'critical',
					bound: () => '= 1',
				},
			]
		: [];
	return unique([...ratio, ...up, ...latencies, ...errors]).slice(0, proposalsMax);
}

const requestsOf = (metrics: readonly Metric[]): Metric | undefined =>
	metrics.find(
		({name, statusLabel}) => !ofTheRuntime.test(name) && /requests?(?:_\w+)?_total$/.test(name) && statusLabel !== undefined,
	);

/** The candidate's share of the requests of both sides; undefined where no counter of requests is known. */
export function observe(metrics: readonly Metric[], candidate: string, baseline: string, window: string) {
	const requests = requestsOf(metrics);
	if (requests === undefined) return undefined;
	const sum = (call: 'rate' | 'increase', select: string): string => `sum(${call}(${requests.name}{${select}}[${window}]))`;
	const both = (call: 'rate' | 'increase'): string => `(${sum(call, candidate)} + ${sum(call, baseline)})`;
	return {share: `100 * ${sum('rate', candidate)} / ${both('rate')}`, requests: both('increase')};
}

const unique = (proposals: readonly Proposal[]): Proposal[] =>
	proposals.filter(({id}, index) => proposals.findIndex(other => other.id === id) === index);

const idOf = (text: string): string =>
	text
		.replaceAll(/[^A-Za-z0-9]+/g, '-')
		.replaceAll(/^-+|-+$/g, '')
		.slice(0, 80);

const wordsOf = (name: string): string => {
	const words = name
		.replaceAll(/[_:]+/g, ' ')
		.replace(/ (?:seconds|milliseconds|ms|bytes)$/, '')
		.trim();
	return (words.charAt(0).toUpperCase() + words.slice(1)).slice(0, 100);
};

/** The next number of one or two digits with zeros behind: 0.0473 → 0.048, 1312 → 1400. A bound that a person would have written. */
export function niceAbove(value: number): number {
	if (!(value > 0) || !Number.isFinite(value)) return 1;
	const step = 10 ** (Math.floor(Math.log10(value)) - 1);
	return Number((Math.ceil(value / step - 1e-9) * step).toPrecision(2));
}
