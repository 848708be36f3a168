import {z} from 'zod';
import {policyCommands} from '../../core/preflight-options.ts';
import {guardrail} from './guardrail.ts';
import {tls} from './http.ts';
import {bound, choice, duration, file, flag, number, promql, regex, text} from './leaf.ts';
import {argv} from './router.ts';
import {fromEnv, fromFile, textsOrSecrets} from './secret.ts';
import {exactlyOne, section} from './section.ts';

export const url = (description: string) =>
	text({description, examples: ['http://127.0.0.1:3001/health']}, {max: 2_000, typeName: 'URL'}).check(context => {
		if (/^https?:$/.test(URL.parse(context.value)?.protocol ?? '')) return;
		const message = `${JSON.stringify(context.value)} is no URL of a web page: write http://host:port/path or https://….`;
		context.issues.push({code: 'custom', input: context.value, message});
	});

export const headers = textsOrSecrets({
	description: 'Sent along. A secret stands elsewhere: `{env: NAME}` or `{file: /path}`.',
}).default({});

export const command = section(
	'preflight.command',
	{
		argv: argv({
			description: 'The program and its arguments, without a shell. It must end with 0.',
			examples: [['./scripts/harden.sh', '--check']],
		}),
		cwd: file({description: "Where it runs. Default: the profile's folder."}).optional(),
		env: textsOrSecrets({description: 'Added to its environment.'}).default({}),
	},
	{description: 'A program that must end with 0. What it leaves running is ended with it.'},
);

const http = section(
	'preflight.http',
	{
		url: url('What is asked, by GET. A redirect is not followed: it is an answer too.'),
		status: number({description: 'The status that must come.'}, {min: 100, max: 599}).default(200),
		match: regex({description: 'RE2: must be found in the body.', examples: ['"status":\\s*"ok"']}).optional(),
		headers,
		tls: tls.optional(),
	},
	{description: 'A page that must answer.'},
);

const query = section(
	'preflight.promql',
	{
		query: promql({
			description: "Asked of the profile's own metrics source.",
			examples: ['100 * avg_over_time(shadow_match_ratio[24h])'],
		}),
		healthy: bound({description: 'The values that pass.', examples: ['> 99.9']}),
		unit: guardrail.shape.unit,
	},
	{description: 'A query whose value must lie in its bound. No data is no pass.'},
);

const metricsPage = section(
	'preflight.metricsPage',
	{
		url: url('The page.'),
		names: z
			.array(text({description: 'A metric.'}))
			.max(500)
			.default([])
			.meta({
				description: 'Metrics that must be on it; a histogram is meant by its bare name.',
				typeName: 'list of names',
				examples: [['ttfv_ms', 'sse_total']],
			} as z.GlobalMeta),
		headers,
		tls: tls.optional(),
	},
	{description: "A page that must be in Prometheus' text format and have these metrics."},
);

const cell = z
	.union([z.string().max(2_000), z.number(), z.boolean(), z.null()])
	.meta({description: 'A value.', typeName: 'value'} as z.GlobalMeta);

const rls = section(
	'preflight.postgres.rls',
	{
		table: text({description: 'The table, or schema.table.', examples: ['memory_chunks']}),
		policies: z
			.array(choice(policyCommands, {description: 'A command that a policy must cover.'}))
			.min(1)
			.default([...policyCommands])
			.meta({
				description: 'The commands that policies must cover for the role that asks; one `FOR ALL` covers each.',
				typeName: 'list of SELECT · INSERT · UPDATE · DELETE',
			} as z.GlobalMeta),
		allowTrue: flag({description: 'Let a policy pass whose condition is plain `true`.'}).default(false),
	},
	{
		description:
			'Row-level security must be on, must bind the role that asks, and must have these policies. (`pg_policies` lists policies even where it is off.)',
	},
);

const postgres = section(
	'preflight.postgres',
	{
		url: z
			.union([fromEnv, fromFile], {error: () => 'the URL holds a password: write a reference, {env: NAME} or {file: /path}.'})
			.meta({
				description: 'Where the connection URL stands: postgres://user:password@host/database.',
				typeName: '{env} · {file}',
				examples: [{env: 'DATABASE_URL'}],
			} as z.GlobalMeta),
		role: text(
			{
				description: "The role that asks, as `SET ROLE` takes it: the application's own. Default: the user of the connection.",
				examples: ['app_rw'],
			},
			{max: 63},
		).optional(),
		query: text({description: 'What is asked, in a read-only transaction.'}, {max: 20_000, typeName: 'SQL'}).optional(),
		count: number({description: 'How many rows must come.'}, {min: 0, max: 100_000}).optional(),
		rows: z
			.array(z.array(cell))
			.max(1_000)
			.meta({
				description: 'The rows that must come, in this order; values are compared as texts.',
				typeName: 'list of rows',
				examples: [[['SELECT', 4]]],
			} as z.GlobalMeta)
			.optional(),
		rls: rls.optional(),
	},
	{description: 'A question to PostgreSQL: a `query` with the rows it must give, or `rls`.'},
	exactlyOne('query', 'rls'),
);

const capacity = section(
	'preflight.capacity',
	{
		baseline: number(
			{description: 'At least so many servers of the baseline must be up. Default: all.'},
			{min: 1, max: 10_000},
		).optional(),
		candidate: number({description: 'And so many of the candidate.'}, {min: 0, max: 10_000}).optional(),
	},
	{description: 'The baseline must be able to take everything back, by what the router says of its servers.'},
);

const kinds = {
	command: command.optional(),
	http: http.optional(),
	promql: query.optional(),
	metricsPage: metricsPage.optional(),
	postgres: postgres.optional(),
	capacity: capacity.optional(),
	split: section(
		'preflight.split',
		{percent: number({description: "The candidate's share that must be in force."}, {min: 0, max: 100}).default(0)},
		{description: 'The split must be what everybody thinks it is.'},
	).optional(),
	cooldown: section(
		'preflight.cooldown',
		{after: duration({description: 'How long after a rollback of this profile no new run begins.'}, {min: 1_000}).default('24h')},
		{
			description:
				'No retry too soon after a rollback of this profile on this machine. `--override-cooldown "reason"` passes over it, and is recorded.',
		},
	).optional(),
};

export const preflight = z
	.array(
		section(
			'a check',
			{
				title: text(
					{description: 'What people read. Default: its kind.', examples: ['row-level security']},
					{max: 80},
				).optional(),
				timeout: duration({description: 'How long it may take.'}, {min: 100, max: 3_600_000}).default('30s'),
				...kinds,
			},
			{description: 'One check: exactly one of its kinds.'},
			exactlyOne(...Object.keys(kinds)),
		),
	)
	.max(100)
	.default([])
	.meta({
		description: 'Checks before the first weight, in order. While one fails nothing moves. See docs/hooks.md.',
		typeName: 'list',
		examples: [[{title: 'health', http: {url: 'http://127.0.0.1:3001/health'}}, {split: {percent: 0}}]],
	} as z.GlobalMeta);
