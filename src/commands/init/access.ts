import {resolve} from 'node:path';
import type {PrometheusOptions, TlsOptions} from '../../core/source-options.ts';
import {askHttp} from '../../hooks/http.ts';
import {secretResolver} from '../../profile/secrets.ts';
import {resolveHeaders} from '../../sources/prometheus-credentials.ts';
import {exitCodes} from '../exit-codes.ts';
import {CommandError, safe} from '../output.ts';
import {learnSecret, ownMask} from '../own-mask.ts';

/** How to get at the metrics, as the command line says it. Secrets are references: what stands on a command line is in `ps` and in the shell's history. */
export type AccessFlags = {
	readonly bearerToken?: string;
	readonly user?: string;
	readonly password?: string;
	readonly caFile?: string;
	readonly certFile?: string;
	readonly keyFile?: string;
	readonly serverName?: string;
};

export type Access = {
	/** `auth` and `tls` as a profile has them; empty where there is nothing to say. */
	readonly keys: Readonly<Record<string, unknown>>;
	/** The text behind a URL. @throws CommandError with the place, the cause and the remedy. */
	fetchText(url: string): Promise<string>;
};

const timeoutMs = 10_000;

/** `env:NAME` or `file:PATH`, as the keys `…Env` and `…File` of a profile, and as what a request resolves. */
function reference(flag: string, text: string) {
	const [, kind, value = ''] = /^(env|file):(.+)$/s.exec(text) ?? [];
	if (kind === 'env' && /^[A-Za-z_]\w*$/.test(value)) return {key: 'Env', value, ref: {env: value}};
	if (kind === 'file') return {key: 'File', value: resolve(value), ref: {file: resolve(value)}};
	throw new CommandError(
		`${flag} takes a reference and never the secret itself: env:NAME for a variable, file:PATH for a file.`,
		exitCodes.usage,
	);
}

function authOf({bearerToken, user, password}: AccessFlags): {
	readonly keys?: unknown;
	readonly auth?: NonNullable<PrometheusOptions['auth']>;
} {
	if (bearerToken !== undefined) {
		if (user !== undefined || password !== undefined)
			throw new CommandError('either --bearer-token, or --user with --password.', exitCodes.usage);
		const {key, value, ref} = reference('--bearer-token', bearerToken);
		return {keys: {[`bearerToken${key}`]: value}, auth: {kind: 'bearer', token: ref}};
	}
	if (user === undefined && password === undefined) return {};
	if (user === undefined || password === undefined)
		throw new CommandError(
			'--user and --password belong together: --user ana --password env:PROMETHEUS_PASSWORD.',
			exitCodes.usage,
		);
	const {key, value, ref} = reference('--password', password);
	return {keys: {basic: {username: user, [`password${key}`]: value}}, auth: {kind: 'basic', username: user, password: ref}};
}

function tlsOf({caFile, certFile, keyFile, serverName}: AccessFlags): Omit<TlsOptions, 'insecureSkipVerify'> | undefined {
	if ((certFile === undefined) !== (keyFile === undefined))
		throw new CommandError('--cert-file and --key-file belong together.', exitCodes.usage);
	const tls = {
		...(caFile !== undefined && {caFile: resolve(caFile)}),
		...(certFile !== undefined && {certFile: resolve(certFile)}),
		...(keyFile !== undefined && {keyFile: resolve(keyFile)}),
		...(serverName !== undefined && {serverName}),
	};
	return Object.keys(tls).length === 0 ? undefined : tls;
}

/** @throws CommandError for flags that don't belong together, and for a plain secret. */
export function accessOf(flags: AccessFlags): Access {
	const {keys, auth} = authOf(flags);
	const tls = tlsOf(flags);
	const resolveSecret = secretResolver(process.env, learnSecret);
	return {
		keys: {...(keys !== undefined && {auth: keys}), ...(tls && {tls})},
		async fetchText(url) {
			const headers = await resolveHeaders({headers: {}, ...(auth && {auth})}, resolveSecret);
			if (!headers.ok) throw new CommandError(`${headers.error}.`, exitCodes.usage);
			const asked = {url, headers: headers.value.headers, ...(tls && {tls: {...tls, insecureSkipVerify: false}})};
			const answer = await askHttp(asked, resolveSecret, AbortSignal.timeout(timeoutMs));
			if (!answer.ok) throw cannotAsk(url, answer.error.why, inFlags(answer.error.remedy));
			const {status, body} = answer.value;
			const text = new TextDecoder().decode(body);
			if (status === 200) return text;
			throw cannotAsk(
				url,
				`it answered ${status}: ${ownMask.redact(text).trim()}`,
				status === 401 || status === 403 ? signIn : '',
			);
		},
	};
}

const signIn =
	'It wants to know who asks: --bearer-token env:NAME (or file:PATH), or --user NAME with --password env:NAME (or file:PATH).';

/** The remedies name keys of a profile; here they are flags. */
const inFlags = (remedy: string): string =>
	remedy
		.replace(/"tls\.(ca|cert|key)File"/g, '--$1-file')
		.replace(/"tls\.serverName"/g, '--server-name')
		.replace('"timeout" gives it longer', 'try again')
		.replace('"tls" of the check', '--ca-file, --cert-file and --key-file');

const cannotAsk = (url: string, why: string, remedy: string): CommandError =>
	new CommandError(
		`${safe(url, 200)} can't be asked: ${safe(why, 300).replace(/\.$/, '')}. ${remedy}`.trim(),
		exitCodes.unreachable,
	);
