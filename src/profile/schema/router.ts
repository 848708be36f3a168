import {z} from 'zod';
import {awsAlb} from './aws-alb.ts';
import {builtin} from './builtin.ts';
import {argoRollouts, gatewayApi} from './kubernetes.ts';
import {duration, file, type Meta, number, regex, text} from './leaf.ts';
import {url} from './metrics.ts';
import {textsOrSecrets} from './secret.ts';
import {exactlyOne, section, sides, sidesRequired} from './section.ts';

export const argv = (meta: Meta) =>
	z
		.array(z.string().max(4_000))
		.min(1)
		.meta({...meta, typeName: 'list of texts'} as z.GlobalMeta);

const names = (description: string) =>
	z
		.array(text({description: 'The name of a server, as in haproxy.cfg.'}))
		.min(1)
		.meta({description, typeName: 'list of names'} as z.GlobalMeta);

const haproxy = section(
	'router.haproxy',
	{
		socket: text(
			{
				description: "HAProxy's runtime API (`stats socket … level admin`): a path, or host:port.",
				examples: ['/run/haproxy/admin.sock', '127.0.0.1:9999'],
			},
			{typeName: 'path · host:port'},
		),
		backends: z
			.array(
				section(
					'a backend',
					{
						name: text({description: 'The name of the backend.', examples: ['be_app']}),
						...sides(names('The servers that run what is in service.'), names('The servers that run what is tried.')),
					},
					{description: 'A backend whose servers share the traffic.'},
					sidesRequired,
				),
			)
			.min(1)
			.meta({description: 'The backends to move; all get the same split.', typeName: 'list'} as z.GlobalMeta),
		totalWeight: z
			.int()
			.min(1)
			.max(256)
			.default(100)
			.meta({
				description:
					'What the weights of one baseline and one candidate server add up to, 1–256. 100 spells whole percents; 256 is the finest HAProxy knows.',
				typeName: 'number',
			} as z.GlobalMeta),
		stateFile: file({
			description:
				"HAProxy's `server-state-file`, written anew after each change, so that a reload does not bring old weights back. HAProxy must be told to load it (`load-server-state-from-file global`).",
		}).optional(),
		timeout: duration({description: 'The longest one command may take.'}, {min: 50, max: 60_000}).default('2s'),
	},
	{description: 'HAProxy, by its runtime API: weights change without a reload.'},
);

const addresses = (description: string) =>
	z
		.array(text({description: "host:port or unix:/path, with nginx's server parameters behind it, without weight."}))
		.min(1)
		.meta({description, typeName: 'list of addresses', examples: [['127.0.0.1:3000 max_fails=3']]} as z.GlobalMeta);

const nginx = section(
	'router.nginx',
	{
		include: file({
			description:
				'The one file that is ours: nginx.conf includes it, and it holds the upstream. It is written whole and renamed into place.',
			examples: ['/etc/nginx/conf.d/canary-upstream.conf'],
		}),
		upstream: z
			.string()
			.regex(/^[A-Za-z0-9_.-]+$/, {error: () => 'an upstream\'s name is letters, digits, "_", "-" and ".".'})
			.meta({description: 'The name of the upstream in that file.', typeName: 'name', examples: ['app']} as z.GlobalMeta),
		...sides(addresses('The servers that run what is in service.'), addresses('The servers that run what is tried.')),
		directives: z
			.array(
				z
					.string()
					.min(1)
					.max(500)
					.regex(/^[^;{}\n]+$/, {error: () => 'a directive stands here without ";" and without a block: keepalive 32.'}),
			)
			.max(50)
			.meta({
				description:
					'Further directives of the upstream block, without their semicolons; whatever else stands in the block is dropped.',
				typeName: 'list of texts',
				examples: [['keepalive 32']],
			} as z.GlobalMeta)
			.optional(),
		revisionUrl: url({
			description:
				'A URL that nginx answers from the same file with the revision in force: it proves that the new workers serve.',
			examples: ['http://127.0.0.1:8080/canary-revision'],
		}),
		binary: text({description: 'The nginx program: a path, or a name looked up in PATH.'}, {max: 1_000})
			.default('nginx')
			.meta({
				description: 'The nginx program: a path, or a name looked up in PATH.',
				typeName: 'text',
			} as z.GlobalMeta),
		prefix: file({description: "nginx's prefix folder (`-p`)."}).optional(),
		config: file({description: 'The main configuration file (`-c`).'}).optional(),
		pidFile: file({description: "nginx's pid file."}).optional(),
		test: argv({
			description: 'The command that checks the configuration, without a shell. Default: the binary with `-t`.',
			examples: [['sudo', 'nginx', '-t']],
		}).optional(),
		reload: argv({
			description: 'The command that takes it over. Default: the binary with `-s reload`.',
			examples: [['sudo', 'systemctl', 'reload', 'nginx']],
		}).optional(),
		timeout: duration(
			{description: 'The longest one change may take, until the new workers serve.'},
			{min: 500, max: 300_000},
		).default('10s'),
	},
	{description: 'nginx, by one include file and a reload.'},
	sidesRequired,
);

const parse = section(
	'parse',
	{
		regex: regex({
			description: 'RE2: the group named `weight`, else the first group, else the whole match, is the number.',
			examples: ['main:(\\d+)'],
		}).optional(),
		jsonPath: z
			.string()
			.regex(/^\$?(?:\.?[^.[\]"'\s]+|\[(?:\d{1,9}|"[^"]+"|'[^']+')\])(?:\.[^.[\]"'\s]+|\[(?:\d{1,9}|"[^"]+"|'[^']+')\])*$/, {
				error: issue => `${JSON.stringify(issue.input)} is no path: write keys and indices, like services[0].traffic.candidate.`,
			})
			.meta({
				description: 'Keys and indices into the JSON that is printed.',
				typeName: 'JSON path',
				examples: ['services[0].traffic.candidate'],
			} as z.GlobalMeta)
			.optional(),
	},
	{description: 'How the weight is found in what the command prints: one of regex, jsonPath.'},
	exactlyOne('regex', 'jsonPath'),
);

const env = textsOrSecrets({description: "Added to the controller's own environment. A secret value is a reference."}).optional();

const command = section(
	'router.command',
	{
		read: section(
			'read',
			{
				argv: argv({description: 'The program and its arguments.', examples: [['railway', 'service', 'list', 'relay']]}),
				parse,
				side: z
					.enum(['candidate', 'baseline', 'canary', 'stable'])
					.default('candidate')
					.meta({
						description: 'Whose weight the number is; for `baseline` the candidate has the rest.',
						typeName: 'candidate · baseline',
					} as z.GlobalMeta),
				env,
			},
			{description: 'The command that tells the split in force.'},
		),
		write: section(
			'write',
			{
				argv: argv({
					description: 'The program and its arguments; `{candidate}` and `{baseline}` stand for the two weights.',
					examples: [['railway', 'service', 'update', 'relay', '--traffic-split', 'main:{candidate},r0.5-hotfix:{baseline}']],
				}),
				env,
			},
			{description: 'The command that sets the split.'},
		),
		scale: number(
			{description: "What 100 % is in the tool's own numbers: 100 for percents, 1 for fractions."},
			{above: 0, max: 1_000_000},
		)
			.default(100)
			.meta({
				description: "What 100 % is in the tool's own numbers: 100 for percents, 1 for fractions.",
				typeName: 'number',
			} as z.GlobalMeta),
		decimals: z
			.int()
			.min(0)
			.max(6)
			.default(0)
			.meta({
				description: 'How many digits behind the point the tool understands.',
				typeName: 'number',
			} as z.GlobalMeta),
		timeout: duration({description: 'The longest one run may take; it is ended then.'}, {min: 100, max: 600_000}).default('30s'),
		cwd: file({description: 'The folder the commands run in. Default: the folder of the profile.'}).optional(),
	},
	{description: 'Anything with a command line. No shell: each element of `argv` reaches the program as it is.'},
);

export const routerKinds = ['haproxy', 'nginx', 'command', 'builtin', 'aws-alb', 'gateway-api', 'argo-rollouts'] as const;

const kinds = {
	haproxy: haproxy.optional(),
	nginx: nginx.optional(),
	command: command.optional(),
	builtin: builtin.optional(),
	'aws-alb': awsAlb.optional(),
	'gateway-api': gatewayApi.optional(),
	'argo-rollouts': argoRollouts.optional(),
};

export const router = section(
	'router',
	{
		...kinds,
		fallback: section(
			'router.fallback',
			kinds,
			{description: 'Another router for the same traffic, used for a rollback that the first one could not carry out.'},
			exactlyOne(...routerKinds),
		).optional(),
	},
	{
		description: `What moves the traffic: one of ${routerKinds.join(', ')}.`,
		examples: [{haproxy: {socket: '/run/haproxy/admin.sock', backends: [{name: 'be_app', baseline: ['v1'], candidate: ['v2']}]}}],
	},
	exactlyOne(...routerKinds),
);
