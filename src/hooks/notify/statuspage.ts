import {fail, ok} from '../../base/result.ts';
import {post} from './post.ts';
import type {Message} from './render.ts';
import type {Send} from './sender.ts';

type Status = 'investigating' | 'identified' | 'monitoring' | 'resolved';

/** What a page's readers are told: being looked into, known, over but watched, over. */
export function statusOf({notice: {event, phase}}: Message): Status {
	if (event === 'decision') return 'resolved';
	if (event === 'rollback' || event === 'security-rollback') return phase === 'trigger' ? 'identified' : 'monitoring';
	return phase === 'resolve' ? 'monitoring' : 'investigating';
}

/** Only these are news for a page that knows of nothing: that a canary begins, goes on or is over is none. */
const opens: readonly string[] = ['breach', 'no-data', 'rollback', 'security-rollback', 'hold', 'due', 'alarm', 'start', 'stage'];

/** One incident a session (https://developer.statuspage.io/#tag/incidents): created, then updated, resolved by the decision. */
export const sendStatuspage: Send<'statuspage'> = async (to, message, {resolve, signal, ref}) => {
	const {url, page, token, components} = to;
	const {notice, subject, text} = message;
	if (ref === undefined && (!opens.includes(notice.event) || notice.phase === 'resolve'))
		return ok({message: 'no incident is open, so there is nothing to update'});
	const key = await resolve(token);
	if (!key.ok) return fail({message: key.error, retry: false});
	const status = statusOf(message);
	const update = {status, body: text, ...(components.length > 0 && {component_ids: components})};
	const base = `${url.replace(/\/$/, '')}/pages/${encodeURIComponent(page)}/incidents`;
	const answer = await post(
		{
			url: ref === undefined ? base : `${base}/${encodeURIComponent(ref)}`,
			method: ref === undefined ? 'POST' : 'PATCH',
			headers: {authorization: `OAuth ${key.value}`},
			body: JSON.stringify({incident: ref === undefined ? {name: subject.slice(0, 255), ...update} : update}),
			secrets: [key.value],
			name: 'Statuspage',
		},
		signal,
	);
	if (!answer.ok) return answer;
	const id = ref ?? idOf(answer.value.body);
	if (id === undefined) return fail({message: 'Statuspage answered without the id of the incident', retry: false});
	return ok({message: `Statuspage: incident ${id} is ${status}`, ref: id});
};

function idOf(body: string): string | undefined {
	try {
		const {id} = JSON.parse(body) as {id?: unknown};
		return typeof id === 'string' && /^[\w-]{1,100}$/.test(id) ? id : undefined;
	} catch {
		return undefined;
	}
}
