import {request} from 'undici';
import {fail, ok, type Result} from '../base/result.ts';
import {sanitize} from '../base/text.ts';
import type {AlertmanagerOptions} from '../core/alertmanager-options.ts';
import {type AlertAction, alertActions} from '../core/facts/alerts.ts';
import type {ResolveSecret} from '../core/secret.ts';

/** One alert as it comes from a webhook (format 4) or from the API (v2). */
export type SeenAlert = {
	readonly fingerprint: string;
	readonly name: string;
	readonly summary: string;
	readonly action?: AlertAction;
	readonly isFiring: boolean;
	/** The canary it names, if any. */
	readonly canary?: string;
};

const alertsMax = 500;
const timeoutMs = 5_000;
const answerBytesMax = 4 * 1024 * 1024;

/** Reads one alert field by field: what comes in here was written by anybody. Undefined when it is none. */
export function readAlert(value: unknown, hide: (text: string) => string): SeenAlert | undefined {
	const alert = mapOf(value);
	const [labels, annotations] = [mapOf(alert?.['labels']), mapOf(alert?.['annotations'])];
	const {fingerprint, status} = alert ?? {};
	if (!labels || typeof fingerprint !== 'string' || !/^[0-9a-f]{1,64}$/.test(fingerprint)) return undefined;
	const clean = (text: unknown, columns: number): string =>
		typeof text === 'string' ? sanitize(hide(text), columns).trim() : '';
	const asked = labels['canary_action'] ?? annotations?.['canary_action'];
	const action = alertActions.find(one => one === asked);
	const {canary} = labels;
	return {
		fingerprint,
		name: clean(labels['alertname'], 80) || 'without a name',
		summary: clean(annotations?.['summary'] ?? annotations?.['description'] ?? annotations?.['message'], 300),
		isFiring: status !== 'resolved',
		...(action && {action}),
		...(typeof canary === 'string' && {canary}),
	};
}

/** The alerts of a webhook's body, or why it is none: format 4, which Alertmanager has sent since 0.6. */
export function readWebhook(body: unknown, hide: (text: string) => string): Result<readonly SeenAlert[], string> {
	const {version, alerts} = mapOf(body) ?? {};
	if (version !== '4' || !Array.isArray(alerts)) return fail('this is no webhook of Alertmanager in format 4');
	if (alerts.length > alertsMax) return fail(`more than ${alertsMax} alerts at once`);
	return ok(alerts.flatMap(alert => readAlert(alert, hide) ?? []));
}

/** Asks the API for what fires and is neither silenced nor inhibited. The error is a sentence. */
export async function askAlerts(
	{url, matchers, token}: NonNullable<AlertmanagerOptions['poll']>,
	resolve: ResolveSecret,
	hide: (text: string) => string,
	signal: AbortSignal,
): Promise<Result<readonly SeenAlert[], string>> {
	const secret = token && (await resolve(token));
	if (secret && !secret.ok) return fail(`Alertmanager can't be asked: ${secret.error}.`);
	const query = new URLSearchParams([
		['active', 'true'],
		['silenced', 'false'],
		['inhibited', 'false'],
		...matchers.map((matcher): [string, string] => ['filter', matcher]),
	]);
	try {
		const answer = await request(`${url}/api/v2/alerts?${query}`, {
			headers: {accept: 'application/json', ...(secret && {authorization: `Bearer ${secret.value}`})},
			signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
		});
		let text = '';
		for await (const chunk of answer.body) {
			text += String(chunk);
			if (text.length > answerBytesMax)
				return fail(`${url} answered with more than ${answerBytesMax / 1024 / 1024} MB of alerts.`);
		}
		if (answer.statusCode !== 200) return fail(`${url} answered ${answer.statusCode}: ${sanitize(hide(text), 200)}`);
		const alerts = JSON.parse(text) as unknown;
		if (!Array.isArray(alerts)) return fail(`${url} answered with no list of alerts.`);
		return ok(alerts.slice(0, alertsMax).flatMap(alert => readAlert(alert, hide) ?? []));
	} catch (error) {
		return fail(`${url} can't be asked for alerts: ${sanitize((error as Error).message || String(error), 200)}`);
	}
}

const mapOf = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
	typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
