import Mustache from 'mustache';
import {z} from 'zod';
import {noticeKinds} from '../../core/notify-options.ts';
import {choice, duration, type Meta, number, text} from './leaf.ts';
import {envName, secretRef, textOrSecret, textsOrSecrets} from './secret.ts';
import {exactlyOne, section} from './section.ts';

export const receiverKinds = ['webhook', 'pagerduty', 'statuspage', 'mail', 'command', 'bell'] as const;

/** A Mustache template that parses. */
const template = (meta: Meta) =>
	z
		.string()
		.min(1)
		.max(20_000)
		.check(context => {
			try {
				Mustache.parse(context.value);
			} catch (error) {
				const message = `the template can't be read: ${(error as Error).message}. Write {{text}}, and close what you open.`;
				context.issues.push({code: 'custom', input: context.value, message});
			}
		})
		.meta({...meta, typeName: 'template'} as z.GlobalMeta);

const httpUrl = (meta: Meta) =>
	z
		.string()
		.max(2_000)
		.check(context => {
			const url = URL.parse(context.value);
			if (url && /^https?:$/.test(url.protocol)) return;
			const message = 'this is no URL of http or https.';
			context.issues.push({code: 'custom', input: context.value, message});
		})
		.meta({...meta, typeName: 'URL'} as z.GlobalMeta);

const address = (meta: Meta) =>
	z
		.string()
		.max(320)
		.regex(/^[^\s@<>]+@[^\s@<>]+$|^[^<>\r\n]*<[^\s@<>]+@[^\s@<>]+>$/, {
			error: issue => `${JSON.stringify(issue.input)} is no mail address: write ops@example.org.`,
		})
		.meta({...meta, typeName: 'mail address'} as z.GlobalMeta);

const webhook = section(
	'webhook',
	{
		url: textOrSecret({description: 'Where it is posted. Addresses of Slack and its like are secrets: give a reference.'}),
		headers: textsOrSecrets({description: 'Headers to send.'}).optional(),
		body: template({
			description:
				'The body, JSON with `{{…}}` inside its texts. Default: `{"text": …}`, as Slack, Mattermost and others take it.',
		}).optional(),
	},
	{description: 'A POST of JSON.'},
);

const pagerduty = section(
	'pagerduty',
	{
		routingKey: secretRef({description: 'The integration key of the service.'}),
		url: httpUrl({description: 'The Events API.'}).default('https://events.pagerduty.com/v2/enqueue'),
	},
	{description: 'PagerDuty, Events API v2: what ends is resolved under the key it was triggered with.'},
);

const statuspage = section(
	'statuspage',
	{
		page: text({description: "The page's id."}),
		token: secretRef({description: 'The API key.'}),
		url: httpUrl({description: 'The API.'}).default('https://api.statuspage.io/v1'),
		components: z
			.array(text({description: "A component's id."}))
			.max(50)
			.default([])
			.meta({description: 'Components that the incident concerns, by id.', typeName: 'list of ids'} as z.GlobalMeta),
	},
	{
		description:
			'Statuspage: one incident a session, created by the first notice, updated by the next, resolved by the decision.',
	},
);

const mail = section(
	'mail',
	{
		host: text({description: 'The SMTP server.'}),
		port: number({description: 'Its port.'}, {min: 1, max: 65_535}).default(587),
		security: choice(['starttls', 'tls', 'none'], {
			description: '`starttls`: must be switched to. `tls`: from the first byte. `none`: plain, for a relay on this machine.',
		}).default('starttls'),
		username: text({description: 'The user, where the server asks for one.'}).optional(),
		password: secretRef({description: 'The password. Needs `username`.'}).optional(),
		from: address({description: 'The sender.', examples: ['canary@example.org']}),
		to: z
			.array(address({description: 'A recipient.'}))
			.min(1)
			.max(50)
			.meta({
				description: 'The recipients.',
				typeName: 'list of mail addresses',
				examples: [['ops@example.org']],
			} as z.GlobalMeta),
	},
	{description: 'A mail in plain text.'},
);

const command = section(
	'command',
	{
		argv: z
			.array(template({description: 'One argument; `{{…}}` is replaced inside it, and stays one argument.'}))
			.min(1)
			.max(100)
			.meta({
				description: 'The program and its arguments; no shell. The notice stands on its standard input as JSON.',
				typeName: 'list of templates',
				examples: [['gh', 'pr', 'edit', '12', '--add-label', 'canary-{{outcome}}']],
			} as z.GlobalMeta),
		env: textsOrSecrets({description: 'Variables for it besides PATH, HOME and the locale.'}).optional(),
	},
	{description: 'A program: exit code 0 is told.'},
);

export const receiver = section(
	'a receiver',
	{
		name: text({description: 'What the record calls it. Unique. Default: its kind.'}, {max: 60}).optional(),
		on: z
			.array(choice(noticeKinds, {description: 'What it is told.'}))
			.min(1)
			.meta({
				description:
					'What it is told: `start` (first weight), `stage`, `due` (a stage is over and waits for somebody), `breach` and its end, `no-data` (a guardrail says nothing for longer than its `after`) and its end, `rollback` (asked, then verified), `security-rollback`, `decision` (promoted, rolled back, ended), `hold`, `alarm`. Default: start, stage, due, no-data, rollback, decision, alarm; of pagerduty: rollback, alarm; of statuspage: rollback, decision. Where no receiver lists `security-rollback`, those of `rollback` are told.',
				typeName: 'list of words',
				examples: [['rollback', 'decision']],
			} as z.GlobalMeta)
			.optional(),
		ifSet: z
			.array(envName({description: 'An environment variable.'}))
			.min(1)
			.max(20)
			.meta({
				description:
					'Told only where all these environment variables are set; else the receiver is left out, and a note says so. For profiles that several teams share.',
				typeName: 'list of variable names',
				examples: [['SLACK_WEBHOOK']],
			} as z.GlobalMeta)
			.optional(),
		webhook: webhook.optional(),
		pagerduty: pagerduty.optional(),
		statuspage: statuspage.optional(),
		mail: mail.optional(),
		command: command.optional(),
		bell: z
			.literal(true)
			.meta({
				description:
					'Consoles that are open ring, and show a note of the desktop where the terminal can, for what `on` lists. Without one in the profile they do for due, breach, no-data, rollback, decision and alarm.',
				typeName: 'true',
			} as z.GlobalMeta)
			.optional(),
		subject: template({description: 'The short text.'}).default('[{{profile}}] {{subject}}'),
		text: template({
			description:
				'The long text. Names: profile, title, environment, baseline, candidate, stage, weight, operator, event, phase, subject, text, at, and, where they apply, guardrail, severity, reason, by, outcome, topic.',
		}).default('{{text}}'),
		deadline: duration(
			{description: 'All attempts at one notice together; after it the timeline says that nobody was told.'},
			{min: 1_000, max: 3_600_000},
		).default('2m'),
	},
	{description: 'Somebody who is told. Nothing waits for it.'},
	exactlyOne(...receiverKinds),
);
