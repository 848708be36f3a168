import Mustache from 'mustache';
import type {Issue} from '../fault.ts';
import {listOf, mapOf, type PlainMap, textOf} from '../lenient.ts';
import {receiverKinds} from '../schema/notify.ts';

/** What receivers say about each other, and what a template would make of its JSON. */
export function checkNotify(profile: PlainMap): Issue[] {
	const door = mapOf(profile['alertmanager']);
	const isShut = door && !Object.hasOwn(door, 'webhook') && !Object.hasOwn(door, 'poll');
	const shut = 'no alert can come in: one of "webhook" and "poll", or both, must stand here.';
	const receivers = listOf(profile['notify']).map(item => mapOf(item) ?? {});
	const names = receivers.map(one => textOf(one['name']) ?? receiverKinds.find(kind => Object.hasOwn(one, kind)));
	const among = receivers.flatMap((one, index) => {
		const path = ['notify', index];
		const first = names.indexOf(names[index]);
		const mail = mapOf(one['mail']);
		return [
			...(first !== index && names[index] !== undefined
				? [
						{
							path: Object.hasOwn(one, 'name') ? [...path, 'name'] : path,
							message: `the name "${names[index]}" is taken by notify[${first}] already. Give each receiver its own name.`,
						},
					]
				: []),
			...checkBody(textOf(mapOf(one['webhook'])?.['body']), [...path, 'webhook', 'body']),
			...checkUrlSecret(textOf(mapOf(one['webhook'])?.['url']), [...path, 'webhook', 'url']),
			...(mail && Object.hasOwn(mail, 'password') && !Object.hasOwn(mail, 'username')
				? [{path: [...path, 'mail', 'password'], atKey: true, message: 'a password needs a "username".'}]
				: []),
		];
	});
	return [...(isShut ? [{path: ['alertmanager'], message: shut}] : []), ...among];
}

/** Rendered with a text in every place it must be JSON: found now, and not when somebody should be told. */
function checkBody(body: string | undefined, path: Issue['path']): Issue[] {
	if (body === undefined) return [];
	try {
		JSON.parse(Mustache.render(body, {}, {}, {escape: () => ''}));
		return [];
	} catch (error) {
		// A template that can't be read is told by the schema.
		if (!(error instanceof SyntaxError)) return [];
		const message = `with its places filled in this is no JSON: ${error.message}. Put quotes around each {{…}}.`;
		return [{path, message}];
	}
}

/** Whoever has such an address may post. */
const secretUrls =
	/^https:\/\/(?:hooks\.slack\.com\/(?:services|workflows|triggers)\/|discord(?:app)?\.com\/api\/webhooks\/|[\w.-]+\.webhook\.office\.com\/)/;

function checkUrlSecret(url: string | undefined, path: Issue['path']): Issue[] {
	const parsed = url === undefined ? undefined : URL.parse(url);
	if (url === undefined) return [];
	if (!parsed || !/^https?:$/.test(parsed.protocol)) return [{path, message: 'this is no URL of http or https.'}];
	const isSecret = secretUrls.test(url) || parsed.username !== '' || parsed.password !== '';
	const message =
		'whoever has this address may post there: it is a secret. Put a reference in its place: url: {env: NAME} or url: {file: /path}.';
	return isSecret ? [{path, message, secret: true}] : [];
}
