import {fail, ok, type Result} from '../base/result.ts';
import type {ResolveSecret, SecretRef} from '../core/secret.ts';
import {readText} from './read-text.ts';
import type {Env} from './substitute.ts';

/** Tokens are a few hundred bytes; a key in PEM some thousand. */
const secretBytesMax = 64 * 1024;

/**
 * How secrets are fetched in this process: from its environment, or from files, read again each time. `learn` hears of each before
 * anybody else has it, so that it can be masked wherever it turns up.
 */
export const secretResolver =
	(env: Env, learn: (secret: string) => void = () => {}): ResolveSecret =>
	async ref => {
		const found = 'env' in ref ? fromEnv(ref.env, env) : await fromFile(ref);
		if (found.ok) learn(found.value);
		return found;
	};

function fromEnv(name: string, env: Env): Result<string, string> {
	const value = Object.hasOwn(env, name) ? env[name] : undefined;
	if (value === undefined) return fail(`the environment variable ${name} is not set`);
	return value === '' ? fail(`the environment variable ${name} is empty`) : ok(value);
}

async function fromFile({file}: Extract<SecretRef, {file: string}>): Promise<Result<string, string>> {
	const read = await readText(file, secretBytesMax);
	if (!read.ok) return fail(`the secret file ${file} can't be read: ${read.error}`);
	const text = read.value.replace(/\r?\n$/, '');
	return text === '' ? fail(`the secret file ${file} is empty`) : ok(text);
}
