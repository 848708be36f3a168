import {request} from 'undici';
import type {SecretRef} from '../core/secret.ts';
import {secretResolver} from '../profile/secrets.ts';
import {exitCodes} from './exit-codes.ts';
import {CommandError, safe} from './output.ts';

export type PushOptions = {readonly push: string; readonly tokenEnv?: string; readonly tokenFile?: string};

const timeoutMs = 15_000;
const answerBytesMax = 256 * 1024;

/** Sends a dashboard to Grafana's API, over one of the same uid. @throws CommandError with what Grafana said. */
export async function pushDashboard(
	dashboard: unknown,
	{push, tokenEnv = 'GRAFANA_TOKEN', tokenFile}: PushOptions,
): Promise<{uid: string; url: string}> {
	const base = URL.parse(push);
	if (!base || !/^https?:$/.test(base.protocol) || base.username !== '' || base.password !== '') {
		throw new CommandError(
			`--push takes the URL of a Grafana without user and password, such as https://grafana.example.org; the token comes from --token-env or --token-file.`,
			exitCodes.usage,
		);
	}
	const ref: SecretRef = tokenFile === undefined ? {env: tokenEnv} : {file: tokenFile};
	const token = await secretResolver(process.env)(ref);
	if (!token.ok) throw new CommandError(`no token for Grafana: ${token.error}.`, exitCodes.usage);
	const target = `${base.origin}${base.pathname.replace(/\/$/, '')}/api/dashboards/db`;
	const {statusCode, text} = await post(target, {dashboard, overwrite: true, message: 'canary export grafana'}, token.value);
	const answer = parsed(text);
	if (statusCode !== 200 || typeof answer['uid'] !== 'string') {
		const said = typeof answer['message'] === 'string' ? safe(answer['message']) : safe(text, 200);
		const remedy = statusCode === 401 || statusCode === 403 ? ' Its token needs the right to write dashboards.' : '';
		throw new CommandError(`${target} answered ${statusCode}: ${said || 'nothing'}.${remedy}`, exitCodes.unreachable);
	}
	const {url} = answer;
	// Anything but a path would make the address another host's.
	const path = typeof url === 'string' && /^\/[^\s]*$/.test(url) ? url : `${base.pathname.replace(/\/$/, '')}/d/${answer['uid']}`;
	return {uid: answer['uid'], url: `${base.origin}${path}`};
}

async function post(url: string, body: unknown, token: string): Promise<{statusCode: number; text: string}> {
	try {
		const answer = await request(url, {
			method: 'POST',
			headers: {'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${token}`},
			body: JSON.stringify(body),
			signal: AbortSignal.timeout(timeoutMs),
		});
		let text = '';
		for await (const chunk of answer.body) {
			text += String(chunk);
			if (text.length > answerBytesMax) break;
		}
		return {statusCode: answer.statusCode, text};
	} catch (error) {
		throw new CommandError(`${url} can't be reached: ${(error as Error).message || String(error)}.`, exitCodes.unreachable);
	}
}

function parsed(text: string): Readonly<Record<string, unknown>> {
	try {
		const value: unknown = JSON.parse(text);
		return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
	} catch {
		return {};
	}
}
