import {fail, ok} from '../../base/result.ts';
import type {ResolveSecret, TextOrSecret} from '../../core/secret.ts';
import {post} from './post.ts';
import {type Message, renderJson} from './render.ts';
import type {Send} from './sender.ts';

/** Slack reads these three as the beginning of markup. */
const slackSafe = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** What Slack, Mattermost, Rocket.Chat and Google Chat take. */
export const slackBody = ({subject, text}: Message): string =>
	JSON.stringify({text: slackSafe(subject === text ? text : `*${subject}*\n${text}`)});

/** A POST of JSON: Slack's, or the profile's own template. */
export const sendWebhook: Send<'webhook'> = async ({url, headers, body}, message, {resolve, signal}) => {
	const address = await textOf(url, resolve);
	if (!address.ok) return fail({message: address.error, retry: false});
	const secrets = typeof url === 'string' ? [] : [address.value];
	const sent: Record<string, string> = {};
	for (const [name, value] of Object.entries(headers)) {
		const text = await textOf(value, resolve);
		if (!text.ok) return fail({message: text.error, retry: false});
		if (typeof value !== 'string') secrets.push(text.value);
		sent[name] = text.value;
	}
	const parsed = URL.parse(address.value);
	if (!parsed || !/^https?:$/.test(parsed.protocol))
		return fail({message: 'its address is no URL of http or https', retry: false});
	const content = body === undefined ? slackBody(message) : renderJson(body, message.view);
	const answer = await post({url: address.value, headers: sent, body: content, secrets, name: parsed.host}, signal);
	return answer.ok ? ok({message: `${parsed.host} answered ${answer.value.status}`}) : answer;
};

export const textOf = async (value: TextOrSecret, resolve: ResolveSecret) =>
	typeof value === 'string' ? ok(value) : await resolve(value);
