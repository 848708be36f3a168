import {z} from 'zod';
import {choice, duration, file, flag, text} from './leaf.ts';
import {argv} from './router.ts';
import {textsOrSecrets} from './secret.ts';
import {section} from './section.ts';

const runbookCommand = section(
	'a command',
	{
		title: text(
			{description: 'What it is called: in the palette, in the record, in its file’s name.', examples: ['errors by type']},
			{max: 60},
		),
		key: z
			.string()
			.meta({
				description: 'The key that runs it in the console: one printable character that means nothing there yet.',
				typeName: 'one character',
				examples: ['D'],
			} as z.GlobalMeta)
			.optional(),
		argv: argv({
			description:
				'The program and its arguments, without a shell. `{{stage}}`, `{{candidate}}`, `{{guardrail}}` … are filled in (see docs/commands.md), and each argument stays one.',
			examples: [['kubectl', 'logs', 'deploy/{{candidate}}', '--since-time={{startedAt}}']],
		}),
		cwd: file({description: "Where it runs. Default: the profile's folder."}).optional(),
		env: textsOrSecrets({description: 'Added to its environment.'}).default({}),
		timeout: duration(
			{description: 'How long it may take; then it is ended with all it has started.'},
			{min: 100, max: 3_600_000},
		).default('30s'),
		dangerous: flag({description: 'It changes something: the console asks before, `canary command` wants --yes.'})
			.default(false)
			.meta({
				description: 'It changes something: the console asks before, `canary command` wants --yes.',
				typeName: 'true · false',
			} as z.GlobalMeta),
		output: choice(['pane', 'pager'], {description: 'Where the console shows what it prints.'})
			.default('pane')
			.meta({
				description: 'Where the console shows what it prints: in a pane of its own while it runs, or in $PAGER at its end.',
				typeName: 'pane · pager',
			} as z.GlobalMeta),
		maxBytes: z
			.number()
			.int()
			.min(1_024)
			.max(16 * 1_024 * 1_024)
			.default(1_024 * 1_024)
			.meta({
				description: 'How much of its output is kept. The rest is counted and thrown away.',
				typeName: 'number',
			} as z.GlobalMeta),
	},
	{description: 'One command of the runbook.'},
);

export const commands = z
	.array(runbookCommand)
	.max(60)
	.default([])
	.meta({
		description:
			'Commands of the runbook, run by the controller from the palette, by a key or by `canary command`; their output is part of the record. See docs/commands.md.',
		typeName: 'list',
		examples: [[{key: 'D', title: 'disk space', argv: ['df', '-h']}]],
	} as z.GlobalMeta);
