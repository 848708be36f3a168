import {assert} from '../base/assert.ts';
import type {SecretRef} from '../core/secret.ts';
import type {HttpAuth, MetricsOptions, ScrapeOptions, TlsOptions} from '../core/source-options.ts';
import type {Profile} from './schema.ts';
import {soundMs} from './sound.ts';

type ScrapeProfile = NonNullable<Profile['metrics']['scrape']>;

/** The metrics source of a loaded profile. */
export function compileMetrics({prometheus, scrape}: Profile['metrics']): MetricsOptions {
	if (scrape) return compileScrape(scrape);
	assert(prometheus !== undefined, 'a loaded profile has a metrics source');
	return {
		kind: 'prometheus',
		url: prometheus.url.replace(/\/+$/, ''),
		timeoutMs: soundMs(prometheus.timeout ?? '1s'),
		method: prometheus.method,
		...compileRecord(prometheus),
		...compileHttp(prometheus),
	};
}

const compileScrape = (scrape: ScrapeProfile): ScrapeOptions => ({
	kind: 'scrape',
	targets: scrape.targets.map(({url, urls = url === undefined ? [] : [url], job, instance, labels = {}}) => ({
		urls,
		job,
		labels,
		...(instance !== undefined && {instance}),
	})),
	intervalMs: soundMs(scrape.interval),
	timeoutMs: soundMs(scrape.timeout ?? scrape.interval),
	pageBytesMax: Math.round(scrape.pageMegabytes * 1024 * 1024),
	dialect: scrape.promql,
	ruleFiles: scrape.ruleFiles ?? [],
	...compileRecord(scrape),
	...compileHttp(scrape),
});

const compileRecord = ({record, recordMegabytes}: Pick<ScrapeProfile, 'record' | 'recordMegabytes'>) =>
	record === 'series' ? {record: {bytesMax: Math.round(recordMegabytes * 1024 * 1024)}} : {};

const compileHttp = ({auth, tls, headers = {}}: Pick<ScrapeProfile, 'auth' | 'tls' | 'headers'>) => ({
	headers,
	...(auth && {auth: compileAuth(auth)}),
	...(tls && {tls: compileTls(tls)}),
});

function compileAuth({basic, bearerTokenFile, bearerTokenEnv}: NonNullable<ScrapeProfile['auth']>): HttpAuth {
	if (basic) return {kind: 'basic', username: basic.username, password: reference(basic.passwordFile, basic.passwordEnv)};
	return {kind: 'bearer', token: reference(bearerTokenFile, bearerTokenEnv)};
}

function reference(file: string | undefined, env: string | undefined): SecretRef {
	if (file !== undefined) return {file};
	assert(env !== undefined, 'a loaded profile says where each secret stands');
	return {env};
}

export const compileTls = ({
	caFile,
	certFile,
	keyFile,
	serverName,
	insecureSkipVerify,
}: NonNullable<ScrapeProfile['tls']>): TlsOptions => ({
	...(caFile !== undefined && {caFile}),
	...(certFile !== undefined && {certFile}),
	...(keyFile !== undefined && {keyFile}),
	...(serverName !== undefined && {serverName}),
	insecureSkipVerify,
});
