import type {Plan} from '../core/plan.ts';

export type WebhookChoice = {
	/** Where the controller listens (`alertmanager.listen` of its profile). */
	readonly url: string;
	/** A file on Alertmanager's machine that holds the token. */
	readonly tokenFile: string;
};

/**
 * A whole configuration of Alertmanager that sends what `exportRules` fires, and what resolves, to a controller's webhook at once: a
 * guard that waits for a group to fill is late. `route.routes` and `receivers` are what goes into a configuration that is there already.
 */
export function alertmanagerConfig({profile}: Plan, {url, tokenFile}: WebhookChoice) {
	const receiver = `canary-${profile}`;
	return {
		route: {
			receiver: 'others',
			routes: [
				{
					receiver,
					matchers: [`canary=${JSON.stringify(profile)}`],
					group_by: ['canary', 'canary_guardrail', 'canary_level'],
					group_wait: '0s',
					group_interval: '1s',
					repeat_interval: '1h',
					// The routes beside it go on getting them; the default receiver does only when no route takes them.
					continue: true,
				},
			],
		},
		receivers: [
			{name: 'others'},
			{
				name: receiver,
				webhook_configs: [
					{url, send_resolved: true, http_config: {authorization: {type: 'Bearer', credentials_file: tokenFile}}},
				],
			},
		],
	};
}
