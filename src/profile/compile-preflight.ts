import {resolve as resolvePath} from 'node:path';
import {assert} from '../base/assert.ts';
import {type PreflightCheck, type PreflightWhat, preflightKinds} from '../core/preflight-options.ts';
import {compileTls} from './compile-metrics.ts';
import {resolveSecrets} from './resolve-metrics.ts';
import {unitOfWord} from './schema/guardrail.ts';
import type {Profile} from './schema.ts';
import {soundBound, soundMs} from './sound.ts';

export type CheckProfile = Profile['preflight'][number];

const kindWords: Readonly<Record<PreflightWhat['kind'], string>> = {
	command: 'command',
	http: 'http',
	promql: 'query',
	metricsPage: 'metrics page',
	postgres: 'PostgreSQL',
	capacity: 'capacity',
	split: 'split',
	cooldown: 'cooldown',
};

/** A check with its title, and with absolute paths. */
export function resolveCheck(check: CheckProfile, folder: string): CheckProfile {
	const {command, http, metricsPage, postgres} = check;
	const at = (file: string | undefined): string | undefined => (file === undefined ? undefined : resolvePath(folder, file));
	const page = <Page extends NonNullable<CheckProfile['http']> | NonNullable<CheckProfile['metricsPage']>>(one: Page): Page => ({
		...one,
		headers: resolveSecrets(one.headers, folder),
		...(one.tls && {tls: {...one.tls, caFile: at(one.tls.caFile), certFile: at(one.tls.certFile), keyFile: at(one.tls.keyFile)}}),
	});
	const kind = preflightKinds.find(one => check[one] !== undefined);
	return {
		...check,
		title: check.title ?? (kind ? kindWords[kind] : ''),
		...(command && {command: {...command, cwd: at(command.cwd) ?? folder, env: resolveSecrets(command.env, folder)}}),
		...(http && {http: page(http)}),
		...(metricsPage && {metricsPage: page(metricsPage)}),
		...(postgres && {
			postgres: {...postgres, url: 'file' in postgres.url ? {file: resolvePath(folder, postgres.url.file)} : postgres.url},
		}),
	};
}

export function compileCheck(check: CheckProfile): PreflightCheck {
	return {title: check.title ?? '', timeoutMs: soundMs(check.timeout), ...compileWhat(check)};
}

function compileWhat({command, http, promql, metricsPage, postgres, capacity, split, cooldown}: CheckProfile): PreflightWhat {
	if (command) return {kind: 'command', argv: command.argv, cwd: command.cwd ?? '.', env: command.env};
	if (http) {
		const {url, status, match, headers} = http;
		return {kind: 'http', url, status, headers, ...(match !== undefined && {match}), ...tlsOf(http)};
	}
	if (promql) {
		return {kind: 'promql', query: promql.query, bound: soundBound(promql.healthy), unit: unitOfWord[promql.unit ?? 'none']};
	}
	if (metricsPage) {
		const {url, names, headers} = metricsPage;
		return {kind: 'metricsPage', url, names, headers, ...tlsOf(metricsPage)};
	}
	if (postgres) return compilePostgres(postgres);
	if (capacity) {
		const {baseline, candidate} = capacity;
		return {kind: 'capacity', ...(baseline !== undefined && {baseline}), ...(candidate !== undefined && {candidate})};
	}
	if (split) return {kind: 'split', percent: split.percent};
	assert(cooldown !== undefined, 'a loaded check has a kind');
	return {kind: 'cooldown', afterMs: soundMs(cooldown.after)};
}

const tlsOf = ({tls}: Pick<NonNullable<CheckProfile['http']>, 'tls'>) => (tls ? {tls: compileTls(tls)} : {});

function compilePostgres({url, role, query, count, rows, rls}: NonNullable<CheckProfile['postgres']>): PreflightWhat {
	const about = {kind: 'postgres' as const, url, ...(role !== undefined && {role})};
	if (rls) return {...about, ask: {kind: 'rls', ...rls}};
	assert(query !== undefined, 'a loaded check has its query');
	const texts = rows?.map(row => row.map(value => (value === null ? null : String(value))));
	return {...about, ask: {kind: 'query', query, ...(count !== undefined && {count}), ...(texts && {rows: texts})}};
}
