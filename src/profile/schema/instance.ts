import {exitPolicies, stopSignals} from '../../core/instance-options.ts';
import {tls} from './http.ts';
import {choice, duration, file, number, regex} from './leaf.ts';
import {headers, url} from './preflight.ts';
import {argv} from './router.ts';
import {textsOrSecrets} from './secret.ts';
import {section} from './section.ts';

const program = (description: string, example: readonly string[]) => ({
	argv: argv({description, examples: [[...example]]}),
	cwd: file({description: "Where it runs. Default: the profile's folder."}).optional(),
	env: textsOrSecrets({description: "Added to the controller's own environment."}).default({}),
});

const health = (description: string, within: string) =>
	section(
		'health',
		{
			url: url('What is asked, by GET. A redirect is not followed: it is an answer too.'),
			status: number({description: 'The status that must come.'}, {min: 100, max: 599}).default(200),
			match: regex({description: 'RE2: must be found in the body.', examples: ['"status":\\s*"ok"']}).optional(),
			headers,
			tls: tls.optional(),
			within: duration({description: 'How long it may take until it answers so.'}, {min: 100, max: 3_600_000}).default(within),
			every: duration({description: 'How often it is asked again afterwards.'}, {min: 1_000, max: 3_600_000}).default('10s'),
		},
		{description},
	);

export const instance = section(
	'instance',
	{
		start: section(
			'instance.start',
			program('The program and its arguments, without a shell. It must stay in the foreground.', ['bun', 'run', 'start']),
			{
				description:
					'How it is started: in a session of its own, which outlives the controller. Its output goes to instance.log.',
			},
		),
		health: health('What says that it is in service. Nothing may answer there before it was started.', '60s'),
		stop: section(
			'instance.stop',
			{
				signal: choice(stopSignals, {description: 'What its process group is sent first.'}).default('SIGTERM'),
				grace: duration({description: 'From that to SIGKILL.'}, {min: 0, max: 3_600_000}).default('15s'),
			},
			{description: 'How it is stopped.'},
		).prefault({}),
		stopAfter: duration(
			{
				description:
					'How long after the promotion it is stopped; the controller stays for as long. Never while the split sends to it. Without it, it is left running.',
				examples: ['48h'],
			},
			{min: 1_000},
		).optional(),
		onExit: choice(exitPolicies, {
			description:
				'What happens when it ends by itself with traffic: `rollback` (as `policies.autoRollback` has it) or `warn`, an alarm.',
		}).default('rollback'),
		restartBaseline: section(
			'instance.restartBaseline',
			{
				...program('The program and its arguments, without a shell. It must end with 0; what it leaves running stays.', [
					'systemctl',
					'restart',
					'hyper-bun',
				]),
				timeout: duration({description: 'How long it may take.'}, {min: 100, max: 3_600_000}).default('5m'),
				health: health('What says that the baseline is in service again.', '60s'),
			},
			{
				description:
					'Run after the promotion, while the candidate has all traffic: puts the new version into service where the old one was. When it is healthy it gets the traffic back, verified by the router.',
			},
		).optional(),
	},
	{
		description:
			"The candidate's own instance: started and waited for before the pre-flight, stopped after a rollback or some time after the promotion. See docs/instance.md.",
	},
);
