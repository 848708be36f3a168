import {burstRequestsMax} from '../../core/burst-options.ts';
import type {Issue} from '../fault.ts';
import {listOf, mapOf, numberOf, type PlainMap, textOf} from '../lenient.ts';
import {checkUrl, checkValues} from './secrets.ts';

/** What a burst's keys say about each other, and about the stages. */
export function checkBurst(profile: PlainMap): Issue[] {
	const burst = mapOf(profile['burst']);
	const without = listOf(profile['stages']).flatMap((item, index): Issue[] => {
		const wanted = mapOf(item)?.['burst'];
		if (burst || wanted === undefined || wanted === false) return [];
		return [
			{path: ['stages', index, 'burst'], atKey: true, message: 'the profile has no "burst" to send. Add it, or take this out.'},
		];
	});
	if (!burst) return without;
	const users = listOf(burst['users']).length;
	const requests = numberOf(burst['requests']) ?? 0;
	const tooMany = users * requests > burstRequestsMax;
	return [
		...without,
		...checkHost(textOf(burst['url']), listOf(burst['hosts']).map(String)),
		...checkUrl(burst['url'], ['burst', 'url']),
		...checkValues(mapOf(burst['headers']), ['burst', 'headers'], 'header'),
		...(tooMany
			? [
					{
						path: ['burst', 'requests'],
						message: `${users} users × ${requests} requests are ${users * requests}; at most ${burstRequestsMax} may be sent.`,
					},
				]
			: []),
	];
}

/** A host that is a template is looked at with each request. */
function checkHost(url: string | undefined, hosts: readonly string[]): Issue[] {
	const authority = /^https?:\/\/([^/?#]*)/.exec(url ?? '')?.[1];
	if (url === undefined || hosts.length === 0) return [];
	if (authority === undefined)
		return [{path: ['burst', 'url'], message: 'this is no URL: write http://host:port/path or https://….'}];
	if (authority.includes('{{') || authority.includes('@')) return [];
	const parsed = URL.parse(`http://${authority}`);
	const isNamed = hosts.includes(authority) || (parsed && hosts.includes(parsed.hostname));
	return isNamed
		? []
		: [{path: ['burst', 'url'], message: `the host ${authority} is not among "hosts". Requests go to those only.`}];
}
