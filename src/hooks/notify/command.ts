import {spawn} from 'node:child_process';
import {createRedactor} from '../../base/redact.ts';
import {fail, ok, type Result} from '../../base/result.ts';
import {sanitize} from '../../base/text.ts';
import {renderText} from './render.ts';
import type {Send, SendError, Sent} from './sender.ts';
import {textOf} from './webhook.ts';

const passedOn = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'];
const outputCharsMax = 4_096;

/** A program of its own process group, without a shell; the notice is on its standard input. Killed with all its children when time is over. */
export const sendCommand: Send<'command'> = async ({argv, env}, message, {resolve, signal}) => {
	const [program = '', ...args] = argv.map(word => renderText(word, message.view));
	const variables: Record<string, string> = {};
	for (const name of passedOn) if (process.env[name] !== undefined) variables[name] = process.env[name];
	const secrets: string[] = [];
	for (const [name, value] of Object.entries(env)) {
		const text = await textOf(value, resolve);
		if (!text.ok) return fail({message: text.error, retry: false});
		if (typeof value !== 'string') secrets.push(text.value);
		variables[name] = text.value;
	}
	const input = JSON.stringify({...message.notice, session: message.session, subject: message.subject, text: message.text});
	return run(program, args, variables, input, signal, createRedactor({literals: secrets}));
};

function run(
	program: string,
	args: readonly string[],
	env: Record<string, string>,
	input: string,
	signal: AbortSignal,
	hide: (text: string) => string,
): Promise<Result<Sent, SendError>> {
	const {promise, resolve} = Promise.withResolvers<Result<Sent, SendError>>();
	const child = spawn(program, args, {env, stdio: ['pipe', 'pipe', 'pipe'], detached: true});
	let output = '';
	const keep = (chunk: Buffer): void => {
		if (output.length < outputCharsMax) output += chunk.toString('utf8');
	};
	child.stdout.on('data', keep);
	child.stderr.on('data', keep);
	child.stdin.on('error', () => {});
	child.stdin.end(input);
	const kill = (): void => {
		try {
			if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
		} catch {
			// It is gone already.
		}
		resolve(fail({message: `${program} did not end in time`, retry: true}));
	};
	signal.addEventListener('abort', kill, {once: true});
	child.once('error', error => resolve(fail({message: `${program} can't be run: ${error.message}`, retry: false})));
	child.once('close', code => {
		signal.removeEventListener('abort', kill);
		const said = sanitize(hide(output.trim()), 200);
		if (code === 0) resolve(ok({message: said === '' ? 'it ended with 0' : said}));
		else resolve(fail({message: `${program} ended with ${code ?? 'a signal'}${said === '' ? '' : `: ${said}`}`, retry: true}));
	});
	return promise;
}
