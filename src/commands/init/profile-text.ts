import type {Proposal} from './propose.ts';

export type Setup = {
	readonly name: string;
	readonly metrics: {readonly prometheus: string} | {readonly pages: readonly {readonly url: string; readonly version: string}[]};
	readonly router: {
		readonly listen: string;
		readonly controlSocket?: string;
		readonly baseline: string;
		readonly candidate: string;
		/** Nobody named them: they are to be filled in. */
		readonly isGuessed: boolean;
	};
};

export type Valued = Proposal & {/** Absent: there is none now. */ readonly value?: number | undefined};

/** JSON is YAML, and stays it whatever a URL or a name holds. */
const quote = (text: string): string => JSON.stringify(text);

/** A commented profile. `bounded: false` leaves the bounds out, to ask for present values first. */
export function initText({name, metrics, router}: Setup, proposals: readonly Valued[], bounded: boolean): string {
	return `# Written by canary init from what is there. Read it, change it, then: canary check, canary run.
# Every key: docs/profile.md
name: ${quote(name)}
environment: staging
baseline: {name: baseline}     # what is in service: a version, a branch
candidate: {name: candidate}   # what is tried

metrics:
${metricsText(metrics)}
poll: 1s

# Bounds have head-room over the value of the moment. They are a beginning: put in what you promise to your users.
guardrails:
${proposals.map(one => guardrailText(one, bounded)).join('\n')}

stages:
  - {weight: 5, duration: 15m}
  - {weight: 25, duration: 30m}
  - {weight: 50, duration: 1h}

# What moves the traffic.${router.isGuessed ? ' TO FILL IN: the addresses below are guesses.' : ''} The built-in proxy is for single hosts; others: docs/routers.md
#   haproxy: {socket: /run/haproxy/admin.sock, backends: [{name: be_app, baseline: [v1], candidate: [v2]}]}
#   nginx: {include: /etc/nginx/conf.d/split.conf, upstream: app, baseline: ["127.0.0.1:3000"], candidate: ["127.0.0.1:3001"], revisionUrl: "http://127.0.0.1/revision"}
router:
  builtin:
    listen: ${quote(router.listen)}
${router.controlSocket === undefined ? '' : `    controlSocket: ${quote(router.controlSocket)}\n`}    baseline: [${quote(router.baseline)}]
    candidate: [${quote(router.candidate)}]

policies:
  start: manual        # you set the first weight (key p); auto: as soon as split and metrics answer
  autoRollback: armed  # advisory: only say what it would do

# notify:              # who is told: docs/notify.md
#   - webhook: {url: {env: SLACK_WEBHOOK}}
`;
}

function metricsText(metrics: Setup['metrics']): string {
	if ('prometheus' in metrics) return `  prometheus: {url: ${quote(metrics.prometheus)}}`;
	const targets = metrics.pages.map(
		({url, version}) => `      - {url: ${quote(url)}, job: service, labels: {version: ${version}}}`,
	);
	return `  scrape:\n    interval: 1s\n    targets:\n${targets.join('\n')}`;
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
