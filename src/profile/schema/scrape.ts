import {z} from 'zod';
import {auth, tls} from './http.ts';
import {choice, duration, file, type Meta, number, text} from './leaf.ts';
import {recordKeys} from './record.ts';
import {textsOrSecrets} from './secret.ts';
import {exactlyOne, section} from './section.ts';

/** Unlike the address of a server it may hold a query: `/metrics?format=prometheus`. */
const page = (meta: Meta) =>
	z
		.string()
		.max(2_000)
		.check(context => {
			const parsed = URL.parse(context.value);
			if (parsed && /^https?:$/.test(parsed.protocol)) return;
			const meant = /^[\w.-]+:\d+/.test(context.value) ? ` Did you mean "http://${context.value}"?` : '';
			const message = `this is no http or https URL. Write the whole address of the page: http://127.0.0.1:3001/metrics.${meant}`;
			context.issues.push({code: 'custom', input: context.value, message});
		})
		.meta({...meta, typeName: 'URL'} as z.GlobalMeta);

/** The data model of Prometheus; names with two underscores in front are its own. */
const labelName = /^(?!__)[A-Za-z_][A-Za-z0-9_]*$/;

const labels = z
	.record(z.string(), z.string().max(1_000))
	.check(context => {
		for (const name of Object.keys(context.value)) {
			const message = labelFault(name);
			if (message) context.issues.push({code: 'custom', input: name, path: [name], message});
		}
	})
	.default({})
	.meta({
		description:
			'Labels on every series of these pages: what tells the candidate from the baseline. What a page says under the same name is kept as `exported_…`.',
		typeName: 'map of texts',
		examples: [{version: 'canary'}],
	} as z.GlobalMeta);

function labelFault(name: string): string | undefined {
	if (name === 'job' || name === 'instance') return `"${name}" is a key of its own: write it beside "labels".`;
	if (labelName.test(name)) return undefined;
	return `${JSON.stringify(name)} can't be the name of a label: letters, digits and "_", not beginning with a digit or "__".`;
}

const target = section(
	'a target',
	{
		url: page({description: 'The page.', examples: ['http://127.0.0.1:3001/metrics']}).optional(),
		urls: z
			.array(page({description: 'The address of a page.'}))
			.min(1)
			.max(100)
			.meta({
				description: 'Several pages with the same job and labels, instead of `url`.',
				typeName: 'list of URLs',
			} as z.GlobalMeta)
			.optional(),
		job: text({description: 'The label `job` of their series.'})
			.default('app')
			.meta({
				description: 'The label `job` of their series.',
				typeName: 'text',
			} as z.GlobalMeta),
		instance: text({
			description: 'The label `instance`. Default: host and port of the page, with its path where two would be the same.',
		}).optional(),
		labels,
	},
	{description: 'Pages of one kind of process. One of url, urls.'},
	exactlyOne('url', 'urls'),
);

export const scrape = section(
	'metrics.scrape',
	{
		targets: z
			.array(target)
			.min(1)
			.max(100)
			.meta({description: 'The metrics pages to read.', typeName: 'list'} as z.GlobalMeta),
		interval: duration(
			{
				description:
					'How often each page is read. Where `poll` is as long or longer, each question reads the pages first: a breach is judged in the moment it can be seen.',
			},
			{min: 250, max: 300_000},
		).default('1s'),
		timeout: duration(
			{description: 'The longest one page may take to arrive. Default: the interval.'},
			{min: 50, max: 300_000},
		).optional(),
		staleAfter: duration(
			{
				description:
					'An answer whose newest sample is older than this is not believed when it looks healthy. Default: four intervals, 5s at least. Each guardrail may have its own.',
			},
			{min: 1_000},
		).optional(),
		pageMegabytes: number({description: 'A longer page, unpacked, is a failed scrape.'}, {above: 0, max: 256})
			.default(16)
			.meta({description: 'A longer page, unpacked, is a failed scrape.', typeName: 'number'} as z.GlobalMeta),
		auth: auth.optional(),
		tls: tls.optional(),
		headers: textsOrSecrets({
			description: 'Headers sent with each request. A secret value is a reference: `{env: NAME}` or `{file: path}`.',
			examples: [{'X-Scope': 'canary'}],
		}).optional(),
		promql: choice(['3.x', '2.x'], {
			description:
				"Whose PromQL: Prometheus' major version. They differ at the edges of ranges and in how bucket bounds are written.",
		}).default('3.x'),
		...recordKeys('series'),
		ruleFiles: z
			.array(file({description: 'A rule file of Prometheus.'}))
			.max(50)
			.meta({
				description:
					'Rule files of Prometheus whose recording and alerting rules are evaluated each interval, as a server would. Default: those of `rules`.',
				typeName: 'list of files',
			} as z.GlobalMeta)
			.optional(),
	},
	{
		description:
			'The metrics pages themselves, read by the console, without a server. What the queries need is kept in memory while the session runs.',
	},
);
