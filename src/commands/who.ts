import {hostname, userInfo} from 'node:os';
import {sanitize} from '../base/text.ts';

/** Longer names than this are cut in the record. */
const nameColumnsMax = 60;

/** A user without an entry in /etc/passwd, as containers run with, has only a number. */
function nameOfUser(): string {
	try {
		return userInfo().username;
	} catch {
		return `uid-${process.getuid?.() ?? 0}`;
	}
}

/** Who is asking, for the record: the given name, or `user@host`. */
export function whoAmI(operator: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
	const name = operator ?? env['CANARY_OPERATOR'];
	if (name !== undefined && name.trim() !== '') return sanitize(name.trim(), nameColumnsMax);
	return sanitize(`${env['SUDO_USER'] ?? env['USER'] ?? nameOfUser()}@${hostname()}`, nameColumnsMax);
}
