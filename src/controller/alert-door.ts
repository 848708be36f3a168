import {timingSafeEqual} from 'node:crypto';
import {createServer, type IncomingMessage} from 'node:http';
import {redact} from '../base/redact.ts';
import {fail, ok, type Result} from '../base/result.ts';
import type {AlertmanagerOptions} from '../core/alertmanager-options.ts';
import type {ResolveSecret} from '../core/secret.ts';
import {askAlerts, readWebhook, type SeenAlert} from '../sources/alertmanager.ts';
import type {Wired} from './wiring.ts';

export type Listening = {readonly options: AlertmanagerOptions; readonly resolve: ResolveSecret};

const bodyBytesMax = 1024 * 1024;
/** Beyond this a storm of alerts is no news any more. */
const standingMax = 200;

/** Opens what alerts come in by. What was opened is added to `closers`; the error is a sentence. */
export async function openAlertDoor(
	wired: Wired,
	{options, resolve}: Listening,
	closers: (() => unknown)[],
): Promise<Result<void, string>> {
	const {webhook, poll} = options;
	if (poll) void keepAsking(wired, poll, resolve).catch(wired.complain);
	if (!webhook) return ok(undefined);
	const {host, port} = webhook;
	const server = createServer((request, response) => {
		answer(request)
			.then(([status, text]) => response.writeHead(status, {connection: 'close'}).end(`${text}\n`))
			.catch(fault => {
				wired.complain(fault);
				response.writeHead(500).end();
			});
	});
	async function answer(request: IncomingMessage): Promise<readonly [number, string]> {
		if (request.url !== '/alertmanager') return [404, 'Alerts are taken at /alertmanager.'];
		if (request.method !== 'POST') return [405, 'Alerts are posted.'];
		// Read again for each, so that a rotated token is taken up.
		const token = await resolve(webhook!.token);
		if (!token.ok || !isSame(request.headers.authorization ?? '', `Bearer ${token.value}`)) return [401, 'The token is wrong.'];
		const body = await bodyOf(request);
		if (body === undefined) return [413, 'Too large.'];
		const alerts = readWebhook(body, redact);
		if (!alerts.ok) return [400, alerts.error];
		for (const alert of alerts.value) takeAlert(wired, alert, 'webhook');
		return [200, 'Taken.'];
	}
	server.requestTimeout = 10_000;
	server.maxConnections = 32;
	const {promise, resolve: opened} = Promise.withResolvers<Result<void, string>>();
	server.once('error', error => opened(fail(`Alertmanager's webhook can't be answered on ${host}:${port}: ${error.message}.`)));
	server.listen(port, host, () => opened(ok(undefined)));
	closers.push(() => void server.close().closeAllConnections());
	return await promise;
}

const isSame = (given: string, wanted: string): boolean => {
	const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
	return a.length === b.length && timingSafeEqual(a, b);
};

/** Undefined when it is too large; what is no JSON is null. */
async function bodyOf(request: IncomingMessage): Promise<unknown> {
	const chunks: Buffer[] = [];
	let bytes = 0;
	for await (const chunk of request) {
		bytes += (chunk as Buffer).length;
		if (bytes > bodyBytesMax) return undefined;
		chunks.push(chunk as Buffer);
	}
	try {
		return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
	} catch {
		return null;
	}
}

/** Only what is news becomes a fact: Alertmanager repeats itself. Alerts of another canary are none of ours. */
function takeAlert({runtime}: Wired, alert: SeenAlert, via: 'webhook' | 'poll'): void {
	const {fingerprint, name, summary, action, isFiring, canary} = alert;
	const {alerts = {}, plan} = runtime.state;
	if (canary !== undefined && canary !== plan?.profile) return;
	const isStanding = Object.hasOwn(alerts, fingerprint);
	if (isFiring && !isStanding && Object.keys(alerts).length < standingMax)
		runtime.take({type: 'alert-received', fingerprint, name, summary, via, ...(action && {action})});
	if (!isFiring && isStanding) runtime.take({type: 'alert-resolved', fingerprint, name, via});
}

/** What fires is taken; what came by this way and fires no more is resolved. A failure is told once, until it is over. */
async function keepAsking(wired: Wired, poll: NonNullable<AlertmanagerOptions['poll']>, resolve: ResolveSecret): Promise<void> {
	const {runtime, clock, stopping} = wired;
	const {signal} = stopping;
	let hasFailed = false;
	while (!signal.aborted) {
		const asked = await askAlerts(poll, resolve, redact, signal);
		if (signal.aborted) return;
		if (asked.ok) {
			for (const alert of asked.value) takeAlert(wired, alert, 'poll');
			const firing = new Set(asked.value.map(({fingerprint}) => fingerprint));
			for (const [fingerprint, {name, via}] of Object.entries(runtime.state.alerts ?? {})) {
				if (via === 'poll' && !firing.has(fingerprint)) runtime.take({type: 'alert-resolved', fingerprint, name, via});
			}
		}
		if (asked.ok === hasFailed) {
			const text = asked.ok ? 'Alertmanager answers again' : asked.error;
			runtime.take({type: 'noticed', level: asked.ok ? 'info' : 'warning', text});
			hasFailed = !asked.ok;
		}
		await clock.sleep(poll.everyMs, signal);
	}
}
