import {z} from 'zod';
import {tls} from './http.ts';
import {duration, number, text} from './leaf.ts';
import {fromEnv, fromFile, textsOrSecrets} from './secret.ts';
import {section} from './section.ts';

const secretOnly = z
	.union([fromEnv, fromFile], {error: () => 'a token stands elsewhere: write a reference, {env: NAME} or {file: /path}.'})
	.meta({description: 'Where the token stands.', typeName: '{env} · {file}', examples: [{env: 'ANA_TOKEN'}]} as z.GlobalMeta);

const whole = (description: string, max: number) =>
	z
		.number()
		.int()
		.min(1)
		.max(max)
		.meta({description, typeName: 'number'} as z.GlobalMeta);

export const burst = section(
	'burst',
	{
		url: text(
			{
				description:
					'Where requests go. A mustache template, as are `headers` and `body`: {{user}}, {{n}} (from 1) and {{query}}, escaped for their place.',
				examples: ['http://127.0.0.1:8080/api/v1/memory/query'],
			},
			{max: 2_000, typeName: 'URL template'},
		),
		hosts: z
			.array(text({description: 'A host, or host:port.'}))
			.min(1)
			.max(20)
			.meta({
				description: 'The only hosts that requests may go to, as host or host:port.',
				typeName: 'list of hosts',
				examples: [['127.0.0.1:8080']],
			} as z.GlobalMeta),
		method: text({description: 'The method.', examples: ['POST']}, {max: 20})
			.default('GET')
			.meta({description: 'The method.', typeName: 'text', examples: ['POST']} as z.GlobalMeta),
		headers: textsOrSecrets({
			description: 'Sent along; texts are templates. A secret stands elsewhere: `{env: NAME}` or `{file: /path}`.',
		}).default({}),
		body: text(
			{
				description: 'The body. What is filled in is escaped for a JSON text.',
				examples: ['{"query": "{{query}}", "user_id": "{{user}}", "top_k": 24}'],
			},
			{max: 100_000, typeName: 'template'},
		).optional(),
		users: z
			.array(
				section(
					'a user',
					{name: text({description: 'What {{user}} stands for.', examples: ['ana']}, {max: 80}), token: secretOnly.optional()},
					{description: 'One user.'},
				),
			)
			.min(1)
			.max(200)
			.meta({description: 'Who asks, each with a token of its own.', typeName: 'list'} as z.GlobalMeta),
		tokenHeader: text({description: 'The header for the token.'}, {max: 80})
			.default('authorization')
			.meta({
				description: 'The header for the token: as it is, but as `Bearer …` in `authorization`.',
				typeName: 'text',
			} as z.GlobalMeta),
		requests: whole('How many each user sends. All together at most 10,000.', 10_000),
		queries: z
			.array(text({description: 'What {{query}} stands for.'}, {max: 2_000}))
			.max(1_000)
			.default([])
			.meta({description: 'What {{query}} stands for, in turn.', typeName: 'list of texts'} as z.GlobalMeta),
		pause: duration({description: 'From one request of a user to the next.'}, {max: 60_000}).default('100ms'),
		concurrency: whole('How many requests are under way at once.', 50).default(5),
		timeout: duration({description: 'The longest one request may take.'}, {min: 10, max: 120_000}).default('5s'),
		maxDuration: duration({description: 'The longest the whole burst may take.'}, {min: 1_000, max: 3_600_000}).default('10m'),
		expect: z
			.array(number({description: 'A status.'}, {min: 100, max: 599}))
			.min(1)
			.default([200])
			.meta({description: 'The statuses that count as ok.', typeName: 'list of numbers'} as z.GlobalMeta),
		tls: tls.optional(),
	},
	{description: 'A bounded burst of requests: `canary burst PROFILE`, or part of a stage (`stages[].burst`). See docs/hooks.md.'},
);
