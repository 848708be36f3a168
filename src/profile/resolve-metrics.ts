import {resolve as resolvePath} from 'node:path';
import {formatDuration} from '../base/duration.ts';
import type {Profile} from './schema.ts';
import {soundMs} from './sound.ts';

type Metrics = Profile['metrics'];
type Values = NonNullable<NonNullable<Metrics['prometheus']>['headers']>;
type Http = Pick<NonNullable<Metrics['scrape']>, 'auth' | 'tls' | 'headers'>;

/** Values that refer to files, with absolute paths. */
export const resolveSecrets = (values: Values, folder: string): Values =>
	Object.fromEntries(
		Object.entries(values).map(([key, value]) => [
			key,
			typeof value === 'object' && 'file' in value ? {file: resolvePath(folder, value.file)} : value,
		]),
	);

/** The metrics source with every default filled in and every path absolute. */
export function resolveMetrics({metrics, poll, rules}: Profile, folder: string): Metrics {
	const {prometheus, scrape} = metrics;
	return {
		...(prometheus && {prometheus: {...prometheus, ...resolveHttp(prometheus, folder), timeout: prometheus.timeout ?? poll}}),
		...(scrape && {
			scrape: {
				...scrape,
				...resolveHttp(scrape, folder),
				timeout: scrape.timeout ?? scrape.interval,
				staleAfter: scrape.staleAfter ?? formatDuration(Math.max(staleLeastMs, 4 * soundMs(scrape.interval))),
				// A server would have evaluated what these files record; here nobody else does.
				ruleFiles: (scrape.ruleFiles ?? rules.map(({file}) => file)).map(file => resolvePath(folder, file)),
			},
		}),
	};
}

const staleLeastMs = 5_000;

function resolveHttp({auth, tls, headers = {}}: Http, folder: string): Http {
	const at = (file: string | undefined): string | undefined => (file === undefined ? undefined : resolvePath(folder, file));
	return {
		headers: resolveSecrets(headers, folder),
		...(auth && {
			auth: {
				...auth,
				...(auth.basic && {basic: {...auth.basic, passwordFile: at(auth.basic.passwordFile)}}),
				bearerTokenFile: at(auth.bearerTokenFile),
			},
		}),
		...(tls && {tls: {...tls, caFile: at(tls.caFile), certFile: at(tls.certFile), keyFile: at(tls.keyFile)}}),
	};
}
