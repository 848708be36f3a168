import {z} from 'zod';
import {parseSocket} from '../socket.ts';
import {duration, flag, type Meta, text} from './leaf.ts';
import {secretRef} from './secret.ts';
import {section} from './section.ts';

const hostPort = (meta: Meta) =>
	z
		.string()
		.check(context => {
			const socket = parseSocket(context.value);
			if (socket && 'port' in socket) return;
			const message = `${JSON.stringify(context.value)} is no host:port: write 127.0.0.1:9095.`;
			context.issues.push({code: 'custom', input: context.value, message});
		})
		.meta({...meta, typeName: 'host:port'} as z.GlobalMeta);

const httpUrl = (meta: Meta) =>
	z
		.string()
		.max(2_000)
		.check(context => {
			const url = URL.parse(context.value);
			if (url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') return;
			const message = 'this is no URL of http or https without user and password.';
			context.issues.push({code: 'custom', input: context.value, message});
		})
		.meta({...meta, typeName: 'URL'} as z.GlobalMeta);

export const alertmanager = section(
	'alertmanager',
	{
		webhook: section(
			'alertmanager.webhook',
			{
				listen: hostPort({description: 'Where the controller answers `POST /alertmanager`.'}).default('127.0.0.1:9095'),
				token: secretRef({description: 'The bearer token that Alertmanager must bring.'}),
			},
			{description: "Alertmanager's webhook: `canary export alertmanager` writes its side."},
		).optional(),
		poll: section(
			'alertmanager.poll',
			{
				url: httpUrl({description: 'The Alertmanager, without `/api/v2`.', examples: ['http://127.0.0.1:9093']}),
				every: duration({description: 'How often it is asked.'}, {min: 1_000, max: 300_000}).default('5s'),
				matchers: z
					.array(text({description: 'A matcher, as Alertmanager writes it.'}))
					.max(20)
					.meta({
						description: 'Which alerts concern this canary. Default: `canary="NAME"`, the label of exported rules.',
						typeName: 'list of matchers',
						examples: [['team="shop"', 'service=~"checkout|cart"']],
					} as z.GlobalMeta)
					.optional(),
				token: secretRef({description: 'A bearer token, where it asks for one.'}).optional(),
			},
			{description: 'Its API (v2), asked every so often. Silenced and inhibited alerts are left out.'},
		).optional(),
		mayRollBack: flag({
			description:
				'An alert whose label or annotation `canary_action` is `AUTO_ROLLBACK` or `SECURITY_ROLLBACK` rolls back. Without it alerts are only shown.',
		}).default(false),
	},
	{description: 'Alerts of an Alertmanager, in the timeline, and, where you allow it, as a reason to roll back.'},
);
