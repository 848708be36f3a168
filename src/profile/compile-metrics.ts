import {assert} from '../base/assert.ts';
import type {SecretRef} from '../core/secret.ts';
import type {HttpAuth, MetricsOptions, PrometheusOptions, TlsOptions} from '../core/source-options.ts';
import type {Profile} from './schema.ts';
import {soundMs} from './sound.ts';

type PrometheusProfile = NonNullable<Profile['metrics']['prometheus']>;

/** The metrics source of a loaded profile. */
export function compileMetrics({prometheus}: Profile['metrics']): MetricsOptions {
	assert(prometheus !== undefined, 'a loaded profile has a metrics source');
	const options: PrometheusOptions = {
		kind: 'prometheus',
		url: prometheus.url.replace(/\/+$/, ''),
		headers: prometheus.headers ?? {},
		timeoutMs: soundMs(prometheus.timeout ?? '1s'),
		method: prometheus.method,
	};
	const auth = prometheus.auth && compileAuth(prometheus.auth);
	return {...options, ...(auth && {auth}), ...(prometheus.tls && {tls: compileTls(prometheus.tls)})};
}

function compileAuth({basic, bearerTokenFile, bearerTokenEnv}: NonNullable<PrometheusProfile['auth']>): HttpAuth {
	if (basic) return {kind: 'basic', username: basic.username, password: reference(basic.passwordFile, basic.passwordEnv)};
	return {kind: 'bearer', token: reference(bearerTokenFile, bearerTokenEnv)};
}

function reference(file: string | undefined, env: string | undefined): SecretRef {
	if (file !== undefined) return {file};
	assert(env !== undefined, 'a loaded profile says where each secret stands');
	return {env};
}

const compileTls = ({
	caFile,
	certFile,
	keyFile,
	serverName,
	insecureSkipVerify,
}: NonNullable<PrometheusProfile['tls']>): TlsOptions => ({
	...(caFile !== undefined && {caFile}),
	...(certFile !== undefined && {certFile}),
	...(keyFile !== undefined && {keyFile}),
	...(serverName !== undefined && {serverName}),
	insecureSkipVerify,
});
