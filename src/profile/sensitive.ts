import type {Path} from './tree.ts';

const secretWord =
	/pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|authorization|cookie/i;
const reference = /(?:File|Env)$/;

/** Does a key's name say that its value is a secret? `passwordFile` and `bearerTokenEnv` only say where it stands. */
export const namesSecret = (key: string): boolean => secretWord.test(key) && !reference.test(key);

/** Values below these keys are not shown in messages, for somebody may have written a secret there. */
export const isSensitive = (path: Path): boolean =>
	// A connection URL holds a password.
	(path.at(-2) === 'postgres' && path.at(-1) === 'url') ||
	path.some(step => typeof step === 'string' && (/^(?:auth|headers|env)$/.test(step) || namesSecret(step)));
