import {z} from 'zod';
import {duration, file, flag, type Meta, text} from './leaf.ts';
import {url} from './metrics.ts';
import {exactlyOne, section, sides, sidesRequired} from './section.ts';

const servers = (description: string) =>
	z
		.array(url({description: 'http or https, with a path prefix or without.'}))
		.min(1)
		.max(64)
		.meta({description, typeName: 'list of URLs', examples: [['http://127.0.0.1:3000']]} as z.GlobalMeta);

const address = (meta: Meta) =>
	z
		.string()
		.regex(/^(?:\[[0-9a-fA-F:]+\]|[^:[\]/\s]+):\d{1,5}$/, {
			error: issue => `${JSON.stringify(issue.input)} is no address to listen on: write host:port, like 127.0.0.1:8080.`,
		})
		.meta({...meta, typeName: 'host:port'} as z.GlobalMeta);

export const builtin = section(
	'router.builtin',
	{
		listen: address({
			description: 'Where the proxy takes requests: the service as its clients see it.',
			examples: ['127.0.0.1:8080'],
		}),
		...sides(servers('The servers that run what is in service.'), servers('The servers that run what is tried.')),
		sticky: section(
			'router.builtin.sticky',
			{
				header: text(
					{description: 'The header that names the user; its hash decides.', examples: ['X-User-Id']},
					{max: 100},
				).optional(),
				cookie: text(
					{description: 'The name of a cookie that the proxy hands out; what stands in it decides.', examples: ['side']},
					{max: 100},
				).optional(),
			},
			{
				description:
					'What keeps a client on its side: one of header, cookie. A growing weight only moves clients to the candidate. Default: each request is shared out by itself.',
			},
			exactlyOne('header', 'cookie'),
		).optional(),
		metricsListen: address({
			description:
				'Where the proxy serves its own metrics page, `/metrics`: requests, answers and failures a side. Default: nowhere.',
			examples: ['127.0.0.1:9180'],
		}).optional(),
		controlSocket: file({
			description:
				'The Unix socket by which the proxy is read and set; mode 0600. Default: one in the runtime folder, named after `listen`. Of its folders only the last is made.',
		}).optional(),
		endWithSession: flag({
			description: 'The proxy ends with the session. It goes on otherwise, and the next session takes it over.',
		}).default(false),
		timeout: duration(
			{description: 'The longest one call may take, starting the proxy included.'},
			{min: 100, max: 60_000},
		).default('5s'),
	},
	{
		description:
			"A small proxy of the console's own, a process on this host that the first session starts. For demos, tests and single-host set-ups.",
	},
	sidesRequired,
);
