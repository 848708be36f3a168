import type {Proposal} from './propose.ts';

export type Setup = {
	readonly name: string;
	readonly metrics: {readonly prometheus: string} | {readonly pages: readonly {readonly url: string; readonly version: string}[]};
	/** `auth` and `tls` of the metrics. */
	readonly access: Readonly<Record<string, unknown>>;
	/** As the profile has it: `{haproxy: {…}}`. */
	readonly router: Readonly<Record<string, unknown>>;
	/** Queries for the share of the candidate as the metrics see it, and for the requests behind it. */
	readonly observed?: {readonly share: string; readonly requests: string} | undefined;
	/** Nobody named its sides: they are to be filled in. */
	readonly isGuessed: boolean;
};

export type Valued = Proposal & {/** Absent: there is none now. */ readonly value?: number | undefined};

/** JSON is YAML, and stays it whatever a URL or a name holds; a query is easier to read without its backslashes. */
const quote = (text: string): string =>
	/^[\x20-\x26\x28-\x7e]*$/.test(text) && text.includes('"') ? `'${text}'` : JSON.stringify(text);

/** A commented profile. `bounded: false` leaves the bounds out, to ask for present values first. */
export function initText(
	{name, metrics, access, router, observed, isGuessed}: Setup,
	proposals: readonly Valued[],
	bounded: boolean,
): string {
	return `# Written by canary init from what is there. Read it, change it, then: canary check, canary run.
# Every key: docs/profile.md
name: ${quote(name)}
environment: staging
baseline: {name: baseline}     # what is in service: a version, a branch
candidate: {name: candidate}   # what is tried

metrics:
${metricsText(metrics, access)}
poll: 1s
${observedText(observed)}
# Bounds have head-room over the value of the moment. They are a beginning: put in what you promise to your users.
guardrails:
${proposals.map(one => guardrailText(one, bounded)).join('\n')}

stages:
  - {weight: 5, duration: 15m}
  - {weight: 25, duration: 30m}
  - {weight: 50, duration: 1h}

# What moves the traffic.${isGuessed ? ' TO FILL IN: the addresses below are guesses. The built-in proxy is for single hosts.' : ''} All there are: docs/routers.md
router:
${yamlOf(router, '  ')}

policies:
  start: manual        # you set the first weight (key p); auto: as soon as split and metrics answer
  autoRollback: armed  # advisory: only say what it would do

# notify:              # who is told: docs/notify.md
#   - webhook: {url: {env: SLACK_WEBHOOK}}
`;
}

const observedText = (observed: Setup['observed']): string =>
	observed === undefined
		? ''
		: `
# The split as the metrics see it, beside the one asked for and the one configured.
observedShare: ${quote(observed.share)}
observedRequests: ${quote(observed.requests)}
`;

function metricsText(metrics: Setup['metrics'], access: Setup['access']): string {
	if ('prometheus' in metrics) return yamlOf({prometheus: {url: metrics.prometheus, ...access}}, '  ');
	const targets = metrics.pages.map(({url, version}) => ({url, job: 'service', labels: {version}}));
	return yamlOf({scrape: {interval: '1s', ...access, targets}}, '  ');
}

/** A map as block YAML; what stands in lists is written in one line each. */
function yamlOf(map: Readonly<Record<string, unknown>>, indent: string): string {
	return Object.entries(map)
		.map(([key, value]) => {
			if (Array.isArray(value)) {
				if (value.every(item => typeof item !== 'object')) return `${indent}${key}: ${flow(value)}`;
				return `${indent}${key}:\n${value.map(item => `${indent}  - ${flow(item)}`).join('\n')}`;
			}
			if (typeof value === 'object' && value !== null)
				return `${indent}${key}:\n${yamlOf(value as Record<string, unknown>, `${indent}  `)}`;
			return `${indent}${key}: ${flow(value)}`;
		})
		.join('\n');
}

function flow(value: unknown): string {
	if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
	if (typeof value !== 'object' || value === null) return JSON.stringify(value);
	return `{${Object.entries(value)
		.map(([key, item]) => `${key}: ${flow(item)}`)
		.join(', ')}}`;
}

function guardrailText({id, title, why, query, unit, severity, minRequests, bound, value}: Valued, bounded: boolean): string {
	const known = value !== undefined && Number.isFinite(value);
	const healthy = bounded && known ? `\n    healthy: ${quote(bound(value))}\n    for: 1m` : '';
	const now = known
		? `now ${Number(value.toPrecision(4))}`
		: 'no value now: it is only shown until you give it a bound (healthy: "< …")';
	return `  - id: ${quote(id)}   # ${why}${bounded ? `; ${now}` : ''}
    title: ${quote(title)}
    query: ${quote(query)}
    unit: ${unit}${healthy}
    severity: ${severity}   # critical rolls back, warning warns${
			minRequests === undefined ? '' : `\n    minRequests: {query: ${quote(minRequests)}, min: 0.1}`
		}
`;
}
