import {RE2JS} from 're2js';
import {maskPlain} from '../../base/mask-plain.ts';
import type {CheckResult} from '../../core/facts/preflight.ts';
import type {HttpCheck, MetricsPageCheck} from '../../core/preflight-options.ts';
import {PageParser} from '../../promql/exposition.ts';
import {askHttp} from '../http.ts';
import type {HookPorts} from '../ports.ts';
import type {HttpFault} from '../tls.ts';
import {quote} from '../values.ts';

const silent = (url: string, {why, remedy}: HttpFault): CheckResult => ({
	ok: false,
	unreachable: true,
	message: `${url}: ${why}.`,
	remedy,
});

/** A URL that must answer with a status, and with a text in its body. */
export async function checkHttp(check: HttpCheck, {resolve, redact}: HookPorts, signal: AbortSignal): Promise<CheckResult> {
	const {url, status, match} = check;
	const answer = await askHttp(check, resolve, signal);
	if (!answer.ok) return silent(url, answer.error);
	const body = redact(new TextDecoder().decode(answer.value.body));
	const told = (): string => quote(maskPlain(new TextDecoder().decode(answer.value.body), redact));
	if (answer.value.status !== status) {
		const remedy = 'Look at the service, or name the status that is right with "status".';
		return {ok: false, message: `${url} answered ${answer.value.status}, not ${status}: ${told()}.`, remedy};
	}
	if (match !== undefined && !RE2JS.compile(match).matcher(body).find()) {
		return {ok: false, message: `${url} answered ${status}, but nothing in its body matches /${match}/: ${told()}.`};
	}
	return {ok: true, message: `${url} answered ${status}${match === undefined ? '' : `, with /${match}/`}`};
}

/** A page that must be Prometheus' text format and have certain metrics. */
export async function checkMetricsPage(check: MetricsPageCheck, {resolve}: HookPorts, signal: AbortSignal): Promise<CheckResult> {
	const {url, names} = check;
	const answer = await askHttp(check, resolve, signal);
	if (!answer.ok) return silent(url, answer.error);
	if (answer.value.status !== 200) return {ok: false, message: `${url} answered ${answer.value.status}, not 200.`};
	const parsed = new PageParser<undefined>().parse(answer.value.body);
	if (!parsed.ok) {
		const {message, line, column} = parsed.error;
		return {ok: false, message: `${url} is no metrics page: line ${line}, column ${column}: ${message}.`};
	}
	const there = new Set(parsed.value.series.map(({labels}) => labels.get('__name__') ?? ''));
	const has = (name: string): boolean => ['', '_bucket', '_count', '_sum', '_total'].some(suffix => there.has(name + suffix));
	const missing = names.filter(name => !has(name));
	if (missing.length > 0) {
		const remedy = 'A labelled counter has no series before its first event: let the service set it to 0 at its start.';
		return {ok: false, message: `${url} has no ${missing.join(', no ')}.`, remedy};
	}
	return {
		ok: true,
		message: `${url}: ${parsed.value.series.length} series${names.length > 0 ? `, with ${names.join(', ')}` : ''}`,
	};
}
