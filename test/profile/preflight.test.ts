import {chmodSync} from 'node:fs';
import {expect, test} from 'vitest';
import {profileAsRun} from '../../src/profile/as-run.ts';
import {compilePlan} from '../../src/profile/compile.ts';
import {loadProfile} from '../../src/profile/load.ts';
import {load, profileText, writeProfile} from './given.ts';

const more = `preflight:
  - {title: hardening, timeout: 2m, command: {argv: [./harden.sh, --check], env: {KEY: {file: key}}}}
  - {http: {url: "http://127.0.0.1:1/health", match: ok, tls: {caFile: ca.pem}}}
  - {promql: {query: "avg(shadow)", healthy: "> 99.9", unit: percent}}
  - {metricsPage: {url: "http://127.0.0.1:1/metrics", names: [a, b]}}
  - {postgres: {url: {file: key}, role: app_rw, rls: {table: chunks}}}
  - {postgres: {url: {env: URL}, query: select 1, rows: [[1, null, true]]}}
  - {capacity: {}}
  - {split: {}}
  - {cooldown: {}}`;

const given = {env: {URL: 'postgres://x'}, beside: {'harden.sh': '#!/bin/sh', key: 'k', 'ca.pem': 'c'}};

test('a pre-flight is compiled with absolute paths, and the profile as run means the same', async () => {
	const path = writeProfile(profileText({more}), given.beside);
	const folder = path.replace(/\/[^/]*$/, '');
	chmodSync(`${folder}/harden.sh`, 0o755);
	const loaded = await loadProfile(path, given.env);
	if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
	const compiled = compilePlan(loaded.value);
	expect(compiled.plan.preflight?.map(({title}) => title)).toEqual([
		'hardening',
		'http',
		'query',
		'metrics page',
		'PostgreSQL',
		'PostgreSQL',
		'capacity',
		'split',
		'cooldown',
	]);
	expect(compiled.preflight).toMatchObject([
		{kind: 'command', timeoutMs: 120_000, cwd: folder, env: {KEY: {file: `${folder}/key`}}},
		{kind: 'http', status: 200, match: 'ok', tls: {caFile: `${folder}/ca.pem`}},
		{kind: 'promql', bound: {op: '>', value: 99.9}, unit: '%'},
		{kind: 'metricsPage', names: ['a', 'b']},
		{kind: 'postgres', role: 'app_rw', ask: {kind: 'rls', policies: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'], allowTrue: false}},
		{kind: 'postgres', ask: {kind: 'query', rows: [['1', null, 'true']]}},
		{kind: 'capacity'},
		{kind: 'split', percent: 0},
		{kind: 'cooldown', afterMs: 86_400_000},
	]);
	const again = await load(profileAsRun(loaded.value), given);
	expect(compilePlan(again)).toEqual(compiled);
	// Nothing of it is in a profile that has none.
	expect(compilePlan(await load(profileText())).plan).not.toHaveProperty('preflight');
});
