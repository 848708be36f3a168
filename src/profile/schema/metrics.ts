import {z} from 'zod';
import {auth, tls} from './http.ts';
import {choice, duration, type Meta} from './leaf.ts';
import {recordKeys} from './record.ts';
import {scrape} from './scrape.ts';
import {textsOrSecrets} from './secret.ts';
import {section} from './section.ts';

const url = (meta: Meta) =>
	z
		.string()
		.max(2_000)
		.check(context => {
			const message = urlFault(context.value);
			if (message) context.issues.push({code: 'custom', input: context.value, message});
		})
		.meta({...meta, typeName: 'URL'} as z.GlobalMeta);

function urlFault(value: string): string | undefined {
	const parsed = URL.parse(value);
	if (!parsed || !/^https?:$/.test(parsed.protocol)) {
		const meant = /^[\w.-]+:\d+/.test(value) ? ` Did you mean "http://${value}"?` : '';
		return `this is no http or https URL. Write it like http://127.0.0.1:9090.${meant}`;
	}
	// A password in it is told by checks/secrets.ts, which doesn't show it.
	if (/\/api\/v1(?:\/query)?\/?$/.test(parsed.pathname)) {
		return 'the URL ends in /api/v1, which is added for each question. Leave it out.';
	}
	return parsed.search || parsed.hash
		? 'the URL holds "?" or "#". Write the bare address; extra headers stand under "headers".'
		: undefined;
}

const prometheus = section(
	'metrics.prometheus',
	{
		url: url({
			description:
				'The server: Prometheus or anything that answers its HTTP API (VictoriaMetrics, Thanos, Mimir). May end in a path prefix.',
			examples: ['http://127.0.0.1:9090', 'https://metrics.example.com/prometheus'],
		}),
		auth: auth.optional(),
		tls: tls.optional(),
		headers: textsOrSecrets({
			description:
				'Headers sent with each request, such as a tenant. A secret value is a reference: `{env: NAME}` or `{file: path}`.',
			examples: [{'X-Scope-OrgID': 'payments'}],
		}).optional(),
		timeout: duration(
			{
				description:
					'The longest one query may take. Never longer than `poll`: an answer must be in before the next question goes out. Default: the value of `poll`.',
			},
			{min: 10, max: 300_000},
		).optional(),
		staleAfter: duration(
			{
				description:
					'An answer whose newest sample is older than this is not believed when it looks healthy. Two to four scrape intervals are right. Each guardrail may have its own.',
			},
			{min: 1_000},
		).default('1m'),
		method: choice(['POST', 'GET'], {
			description: 'How questions are sent. POST lets long queries through; GET is for proxies that only allow reading.',
		}).default('POST'),
		...recordKeys('nothing'),
	},
	{description: "A server with Prometheus' HTTP API."},
);

/** Exactly one of them stands in a profile. */
export const metricsKinds = ['prometheus', 'scrape'] as const;

export const metrics = section(
	'metrics',
	{prometheus: prometheus.optional(), scrape: scrape.optional()},
	{
		description: 'Where the metrics come from.',
		examples: [{prometheus: {url: 'http://127.0.0.1:9090'}}],
	},
	{minProperties: 1, maxProperties: 1},
);

export {url};
