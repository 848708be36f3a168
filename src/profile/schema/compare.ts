import {z} from 'zod';
import {directions} from '../../core/judge/judge.ts';
import {idPattern, unitOfWord} from './guardrail.ts';
import {choice, duration, number, promql, text} from './leaf.ts';
import {section} from './section.ts';

type UnitWord = keyof typeof unitOfWord;
const unitWords = Object.keys(unitOfWord) as [UnitWord, ...UnitWord[]];

const comparison = section(
	'a comparison',
	{
		title: text({description: 'What people read. Default: the id.', examples: ['Checkout p99']}, {max: 120}).optional(),
		id: z
			.string()
			.max(80)
			.regex(idPattern, {
				error: issue =>
					`${JSON.stringify(issue.input)} can't be an id: use letters, digits, "-", "_" and ".", beginning with a letter or digit.`,
			})
			.meta({
				description:
					'The key of the comparison: `stages[].compare` and the record name it. Unique. Default: made from the title.',
				typeName: 'id',
				examples: ['p99'],
			} as z.GlobalMeta)
			.optional(),
		candidate: promql({
			description: 'The metric of the candidate, in PromQL: one series.',
			examples: ['histogram_quantile(0.99, sum by (le) (rate(latency_ms_bucket{version="candidate"}[5m])))'],
		}),
		baseline: promql({
			description:
				'The same of the baseline: best of instances of the same size and age that were started beside the candidate; caches and connections of an old process are warmer.',
			examples: ['histogram_quantile(0.99, sum by (le) (rate(latency_ms_bucket{version="baseline"}[5m])))'],
		}),
		direction: choice(directions, {description: 'Which way from the baseline is worse.'}).default('higher-is-worse'),
		allowed: number(
			{
				description:
					'How many times worse than the baseline it may be: a difference up to this ratio is the same, however certain.',
				examples: [1.1],
			},
			{min: 1, max: 1_000},
		).default(1.1),
		confidence: number(
			{
				description:
					'How sure "worse" or "better" must be, over all looks of a stage together, all that is compared in it, and both ways.',
			},
			{min: 0.8, max: 0.9999},
		).default(0.98),
		every: duration(
			{
				description:
					'Values closer together than this are not taken, for they share samples. Default, and least: the largest range in the two queries; without one 15s, or the poll.',
			},
			{min: 100},
		).optional(),
		stages: z
			.array(text({description: 'The name of a stage.', examples: ['half']}, {max: 60}))
			.min(1)
			.max(100)
			.meta({
				description:
					'Only in these stages, by name. Default: in all. A throughput is comparable only where both sides have the same share of the traffic.',
				typeName: 'list of names',
				examples: [['50 %']],
			} as z.GlobalMeta)
			.optional(),
		unit: choice(unitWords, {
			description: 'How values are written; as for guardrails. Default: `none`.',
		}).default('none'),
		group: text({description: 'The heading it is drawn under.', examples: ['business']}, {max: 60})
			.default('')
			.meta({
				description: 'The heading it is drawn under: `business` for business metrics. Default: none.',
				typeName: 'text',
				examples: ['business'],
			} as z.GlobalMeta),
	},
	{description: 'One metric of both sides, compared over each stage.'},
);

export const compare = z
	.array(comparison)
	.max(50)
	.default([])
	.meta({
		description:
			'Metrics that are compared between the sides over each stage: medians, their ratio with its interval, and a verdict (`same`, `worse`, `better`, `too few`, `no data`). Latencies, error shares, throughput, and business metrics alike. It never rolls back by itself; `stages[].compare` makes it a gate. See docs/compare.md.',
		typeName: 'list',
		examples: [
			[
				{
					id: 'p99',
					candidate: 'histogram_quantile(0.99, sum by (le) (rate(latency_ms_bucket{version="candidate"}[5m])))',
					baseline: 'histogram_quantile(0.99, sum by (le) (rate(latency_ms_bucket{version="baseline"}[5m])))',
					unit: 'ms',
				},
			],
		],
	} as z.GlobalMeta);

export const stageCompare = z
	.array(text({description: 'The id of a comparison.', examples: ['p99']}, {max: 80}))
	.max(50)
	.meta({
		description:
			'Comparisons, by id, that must be `same` or `better` when the stage is left. `worse` holds the stage, and so do `too few` and `no data`: a gate never passes on nothing.',
		typeName: 'list of ids',
		examples: [['p99', 'orders']],
	} as z.GlobalMeta);
