import {z} from 'zod';
import {duration, type Meta, text} from './leaf.ts';
import {url} from './metrics.ts';
import {exactlyOne, section, sides, sidesRequired} from './section.ts';

const account = String.raw`^arn:aws[\w-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:`;

/** An ARN of one kind of thing; another kind gets a sentence that says which one belongs here. */
const arn = (kind: string, rest: string, example: string, meta: Meta) =>
	z
		.string()
		.regex(new RegExp(`${account}${rest}$`), {
			error: issue => `${JSON.stringify(issue.input)} is no ARN of ${kind}: write it like ${example}.`,
		})
		.meta({...meta, typeName: 'ARN', examples: [example]} as z.GlobalMeta);

const of = (rest: string): string => `arn:aws:elasticloadbalancing:eu-central-1:123456789012:${rest}`;

const group = (description: string) =>
	arn('a target group', String.raw`targetgroup\/[\w-]+\/[0-9a-f]+`, of('targetgroup/shop-v1/6d0ecf831eec9f09'), {description});

export const awsAlb = section(
	'router.aws-alb',
	{
		rule: arn(
			'a listener rule',
			String.raw`listener-rule\/app\/[\w-]+\/[0-9a-f]+\/[0-9a-f]+\/[0-9a-f]+`,
			of('listener-rule/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee'),
			{description: 'The listener rule whose forward action is moved; its other actions stay.'},
		).optional(),
		listener: arn(
			'a listener',
			String.raw`listener\/app\/[\w-]+\/[0-9a-f]+\/[0-9a-f]+`,
			of('listener/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2'),
			{description: 'Instead of `rule`: the listener whose default action is moved.'},
		).optional(),
		...sides(group('The target group that runs what is in service.'), group('The target group that runs what is tried.')),
		region: z
			.string()
			.regex(/^[a-z]{2}(?:-[a-z]+)+-\d$/, {
				error: issue => `${JSON.stringify(issue.input)} is no AWS region: write it like eu-central-1.`,
			})
			.meta({description: 'Default: the region in the ARN.', typeName: 'text', examples: ['eu-central-1']} as z.GlobalMeta)
			.optional(),
		profile: text({
			description:
				"A profile of AWS' shared configuration (`~/.aws/config`). Default: the SDK's chain: environment, shared files, SSO, the container's or instance's role.",
		}).optional(),
		endpoint: url({
			description: 'Another address of the API: a VPC endpoint or a proxy.',
			examples: ['https://vpce-0a1b.elasticloadbalancing.eu-central-1.vpce.amazonaws.com'],
		}).optional(),
		totalWeight: z
			.int()
			.min(2)
			.max(999)
			.default(100)
			.meta({
				description: 'What the two weights add up to, 2–999. 100 spells whole percents; a weight can be 999 at most.',
				typeName: 'number',
			} as z.GlobalMeta),
		timeout: duration(
			{description: 'The longest one change may take, reading before and after it included.'},
			{min: 500, max: 120_000},
		).default('10s'),
	},
	{
		description:
			"AWS application load balancer, by the weights of two target groups in one rule or in a listener's default action.",
	},
	{allOf: [exactlyOne('rule', 'listener'), ...sidesRequired.allOf]},
);
