import {fail, ok} from '../../base/result.ts';
import type {NoticeKind} from '../../core/notify-options.ts';
import {post} from './post.ts';
import type {Message} from './render.ts';
import type {Send} from './sender.ts';

const severities: Readonly<Record<NoticeKind, 'critical' | 'error' | 'warning' | 'info'>> = {
	start: 'info',
	stage: 'info',
	due: 'info',
	breach: 'error',
	'no-data': 'error',
	rollback: 'critical',
	'security-rollback': 'critical',
	decision: 'info',
	hold: 'warning',
	alarm: 'critical',
};

/** `breach:sse-success` of one session is one incident, however often it is told. */
export const dedupKey = ({session, notice}: Message): string => `canary/${session}/${notice.key}`.slice(0, 255);

/** The event of PagerDuty's Events API v2 (https://developer.pagerduty.com/docs/events-api-v2/trigger-events/). */
export function pagerDutyEvent(message: Message, routingKey: string) {
	const {notice, subject, text, view} = message;
	const head = {routing_key: routingKey, dedup_key: dedupKey(message)};
	if (notice.phase === 'resolve') return {...head, event_action: 'resolve'};
	const {event: _, phase: __, subject: ___, text: ____, at, ...details} = view;
	return {
		...head,
		event_action: 'trigger',
		client: 'canary-console',
		payload: {
			summary: (subject === text ? text : `${subject}: ${text}`).slice(0, 1_024),
			source: view['profile'] || 'canary',
			severity: severities[notice.event],
			timestamp: at,
			component: view['candidate'],
			group: view['environment'],
			class: notice.event,
			custom_details: {...details, text},
		},
	};
}

export const sendPagerDuty: Send<'pagerduty'> = async ({url, routingKey}, message, {resolve, signal}) => {
	const key = await resolve(routingKey);
	if (!key.ok) return fail({message: key.error, retry: false});
	const body = JSON.stringify(pagerDutyEvent(message, key.value));
	const answer = await post({url, body, secrets: [key.value], name: 'PagerDuty'}, signal);
	return answer.ok ? ok({message: `PagerDuty answered ${answer.value.status}`}) : answer;
};
