import {z} from 'zod';
import {breachActions, noDataPolicies, severities, type Unit} from '../../core/plan.ts';
import {bound, choice, duration, flag, number, promql, regex, text} from './leaf.ts';
import {exactlyOne, section} from './section.ts';

export const idPattern = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

/** Units by the words of a profile. `%` and `/s` are known too, but YAML wants quotes around the first. */
export const unitOfWord = {
	ms: 'ms',
	s: 's',
	percent: '%',
	ratio: 'ratio',
	bytes: 'bytes',
	count: 'count',
	'per-second': '/s',
	none: 'none',
	'%': '%',
	'/s': '/s',
} as const satisfies Readonly<Record<string, Unit>>;

type UnitWord = keyof typeof unitOfWord;

const unitWords = Object.keys(unitOfWord) as [UnitWord, ...UnitWord[]];

/** The key of a guardrail: short, typed on command lines, part of file names. */
const id = z
	.string()
	.max(80)
	.regex(idPattern, {
		error: issue =>
			`${JSON.stringify(issue.input)} can't be an id: use letters, digits, "-", "_" and ".", beginning with a letter or digit.`,
	})
	.meta({
		description: 'The key of the guardrail: overrides, gates and the record name it. Unique. Default: made from the title.',
		typeName: 'id',
		examples: ['ttfv-p95'],
	} as z.GlobalMeta);

export const severe = section(
	'severe',
	{
		healthy: bound({description: 'The far worse bound.', examples: ['< 5000']}),
		for: duration({description: "How long it must be broken; shorter than the guardrail's own `for`."}).default('0s'),
	},
	{
		description:
			'A second, far worse bound that needs less waiting to be believed (the idea of multi-burn-rate alerts: the worse it is, the less time proves it).',
	},
);

const log = section(
	'log',
	{
		match: regex({description: 'RE2: only lines that match, looked for anywhere in the raw line.'}).optional(),
		code: text({description: 'Only lines of this code, compared exactly.', examples: ['QUERY_TIMEOUT']}).optional(),
		level: text({
			description: "Only lines of this level. Default: every line that the log's own `levels` let through.",
		}).optional(),
		logs: z
			.array(text({description: 'The name of a log.'}))
			.min(1)
			.meta({description: 'Only these of the `logs`, by name. Default: all of them.', typeName: 'list of names'} as z.GlobalMeta)
			.optional(),
		measure: choice(['count', 'rate'], {
			description: '`count`: lines in the window. `rate`: lines per second over the window.',
		}).default('count'),
		window: duration({description: 'How far back lines are counted.'}, {min: 1_000, max: 86_400_000}).default('1m'),
	},
	{
		description:
			'A guardrail on the error logs instead of a query: judged when the line arrives, not at the next poll. An empty map counts every error line.',
	},
);

export const guardrail = section(
	'a guardrail',
	{
		title: text({description: 'What people read. Default: the id.', examples: ['TTFV p95']}, {max: 120}).optional(),
		id: id.optional(),
		query: promql({
			description:
				'What is asked, in PromQL: the value itself, without the comparison. A vector judges every series and shows the worst. One of `query` and `log`.',
			examples: ['histogram_quantile(0.95, sum by (le) (rate(ttfv_ms_bucket[5m])))'],
		}).optional(),
		log: log.optional(),
		healthy: bound({
			description: 'The values that are healthy. Without it the value is only shown.',
			examples: ['< 1500', '>= 99.6', '= 0'],
		}).optional(),
		warn: bound({
			description: 'A stricter bound for people only: outside it the row says "warn". It never holds or rolls back.',
		}).optional(),
		severe: severe.optional(),
		for: duration({description: 'How long the bound must be broken before it counts. 0s is at once.'}).default('0s'),
		keepFiringFor: duration({description: 'How long a breach that has cleared still counts.'}).default('0s'),
		severity: choice(severities, {description: 'How bad a breach is; it also chooses the default of `onBreach`.'}).default(
			'critical',
		),
		onBreach: choice(breachActions, {
			description:
				'`rollback` rolls back; `hold` stops the stage clock and promotes nothing; `warn` only says so. Default by severity: critical → rollback, warning and info → warn.',
		}).optional(),
		security: flag({description: 'A breach of this one is a security matter: the rollback and its record say so.'}).default(
			false,
		),
		unit: choice(unitWords, {
			description:
				'How the value is written. `ratio` is 0–1, shown as a percentage; `percent` is 0–100. The bound is in the same unit. Default: `none`, for a log `count` or `per-second`.',
		}).optional(),
		window: duration({
			description: 'The range the query looks over, for people ("20 s of 5m"). Default: the largest range in the query.',
		}).optional(),
		noData: choice(noDataPolicies, {
			description:
				'When there is no data for longer than `noDataAfter`: `hold` promotes nothing, `fail` counts as a breach, `ok` counts as healthy, `zero` judges the value 0, at once, if a target behind it is up and `minRequests` holds. Silence counts as `fail` from the candidate’s first weight on. No data is never healthy by itself.',
		}).default('hold'),
		noDataAfter: duration({description: 'How long no data is only waited for.'}).default('30s'),
		staleAfter: duration(
			{
				description:
					'An answer whose newest sample is older than this is not believed when it looks healthy. Default: that of the metrics source.',
			},
			{min: 1_000},
		).optional(),
		minRequests: section(
			'minRequests',
			{
				query: promql({
					description: 'The rate of requests the value is made from.',
					examples: ['sum(rate(http_requests_total{version="candidate"}[1m]))'],
				}),
				min: number({description: 'Below this the value proves nothing, either way.'}, {min: 0}),
			},
			{
				description:
					'A floor on the traffic: an error share of three requests is noise, and a hung metrics page keeps a ratio at 0.',
			},
		).optional(),
		group: text({description: 'The heading it is drawn under.'}, {max: 60})
			.default('')
			.meta({description: 'The heading it is drawn under. Default: none.', typeName: 'text'} as z.GlobalMeta),
	},
	{description: 'One thing that must stay healthy.'},
	exactlyOne('query', 'log'),
);

export const ruleFile = section(
	'a rule file',
	{
		file: text(
			{description: 'The rule file, relative to the profile.', examples: ['alerts.yml']},
			{max: 1_000, typeName: 'file'},
		),
		include: z
			.array(text({description: 'The name of an alert.'}))
			.min(1)
			.meta({description: 'Only these alerts, by name. Default: all of them.', typeName: 'list of names'} as z.GlobalMeta)
			.optional(),
		exclude: z
			.array(text({description: 'The name of an alert.'}))
			.min(1)
			.meta({description: 'All but these alerts.', typeName: 'list of names'} as z.GlobalMeta)
			.optional(),
	},
	{
		description:
			'Alerting rules of Prometheus as guardrails: `expr` is split at its top-level comparison into the value and the healthy bound; `for`, `keep_firing_for`, the label `severity` and the annotations `title` or `summary` are taken over. Recording rules are passed over.',
	},
);
