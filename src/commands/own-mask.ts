import {RE2JS} from 're2js';
import {createMask} from '../base/redact.ts';
import type {CompiledProfile} from '../profile/compile.ts';

/** What this process must never write down: one process serves one profile. */
export const ownMask = createMask();

const userinfo = /:\/\/([^\s/@:"\\]{0,256}):([^\s/"\\]{1,256})@/g;

/** The profile's own patterns, and the passwords that stand in its addresses: an error may quote them without the address. */
export function learnFrom(compiled: CompiledProfile): void {
	ownMask.addPatterns(compiled.redactPatterns.map(pattern => RE2JS.compile(pattern)));
	for (const [, user = '', password = ''] of JSON.stringify(compiled).matchAll(userinfo)) {
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
