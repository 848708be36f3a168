import {RE2JS} from 're2js';
import {createMask} from '../base/redact.ts';
import type {CompiledProfile} from '../profile/compile.ts';

/** What this process must never write down: one process serves one profile. */
export const ownMask = createMask();

const userinfo = /:\/\/([^\s/@:"\\]{0,256}):([^\s/"\\]{1,256})@/g;

const usernames = new Set<string>();

/**
 * Learns a secret that was fetched, with what it turns up as: its password where it is an address (a database's), and the pair of user
 * and password as basic authentication sends it.
 */
export function learnSecret(secret: string): void {
	ownMask.learn(secret);
	for (const username of usernames) ownMask.learn(basic(username, secret));
	learnAddresses(secret);
}

/** The profile's own patterns, its users, and the passwords that stand in its addresses. */
export function learnFrom(compiled: CompiledProfile): void {
	ownMask.addPatterns(compiled.redactPatterns.map(pattern => RE2JS.compile(pattern)));
	const text = JSON.stringify(compiled);
	for (const [, username = ''] of text.matchAll(/"username":"([^"\\]{1,256})"/g)) usernames.add(username);
	learnAddresses(text);
}

/** An error may quote a password without the address around it. */
function learnAddresses(text: string): void {
	for (const [, user = '', password = ''] of text.matchAll(userinfo)) {
		const plain = decoded(password);
		for (const secret of [password, plain, basic(decoded(user), plain)]) ownMask.learn(secret);
	}
}

/** As it goes over the wire, and as a server's complaint may quote it. */
const basic = (user: string, password: string): string => Buffer.from(`${user}:${password}`).toString('base64');

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}
