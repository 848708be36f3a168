// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is how a profile names a variable.
import {execFileSync} from 'node:child_process';
import {mkdirSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {expect, test} from 'vitest';
import {profileAsRun} from '../../src/profile/as-run.ts';
import {formatFaults} from '../../src/profile/fault.ts';
import {loadProfile} from '../../src/profile/load.ts';
import {secretResolver} from '../../src/profile/secrets.ts';
import {faultsOf, load, profileText, writeProfile} from './given.ts';

test('a variable is replaced, has a default, and a doubled dollar sign is one', async () => {
	const {profile} = await load(
		profileText({
			more: 'environment: ${WHERE:-staging}\ntitle: "$$5 at ${PLACE} for $USER"',
		}),
		{env: {PLACE: 'home', WHERE: ''}},
	);
	expect(profile).toMatchObject({environment: 'staging', title: '$5 at home for $USER'});
});

test('an unquoted variable may be a number; a quoted one is a text', async () => {
	const stages = (weight: string): string => profileText({stages: `stages:\n  - weight: ${weight}\n    duration: 15m`});
	const {profile} = await load(stages('${WEIGHT}'), {env: {WEIGHT: '7'}});
	expect(profile.stages[0]?.weight).toBe(7);
	expect(await faultsOf(stages('"${WEIGHT}"'), {env: {WEIGHT: '7'}})).toEqual([
		'stages[0].weight: found the text "7", expected a number. Write the bare number: 7.',
	]);
});

test('what stands in a variable can add no keys', async () => {
	const {profile} = await load(profileText({more: 'title: ${TITLE}'}), {env: {TITLE: 'x\npolicies: {autoRollback: advisory}'}});
	expect(profile.policies.autoRollback).toBe('armed');
});

test('a default may hold a colon and a dollar sign', async () => {
	const {profile} = await load(profileText({more: 'title: "${TITLE:-http://a:1/$x}"'}));
	expect(profile.title).toBe('http://a:1/$x');
});

test('both pairs of names for the sides', async () => {
	const {profile} = await load(profileText({top: 'name: shop\nstable: {name: v1}\ncanary: {name: v2}'}));
	expect(profile).toMatchObject({baseline: {name: 'v1'}, candidate: {name: 'v2'}});
	expect(profile.stable).toBeUndefined();
});

test('anchors and merges: the key of its own wins', async () => {
	const {profile} = await load(
		profileText({
			top: 'x-usual: &usual {for: 1m, severity: warning}\nname: shop\nbaseline: {name: v1}\ncandidate: {name: v2}',
			guardrails:
				'guardrails:\n  - {<<: *usual, id: a, query: up, healthy: "= 1"}\n  - {id: b, query: up, healthy: "= 1", for: 2m, <<: *usual}',
		}),
	);
	expect(profile.guardrails.map(({for: wait, severity}) => [wait, severity])).toEqual([
		['1m', 'warning'],
		['2m', 'warning'],
	]);
});

test('every fault is told at once, in the order of the file', async () => {
	const faults = await faultsOf(
		profileText({
			guardrails:
				'guardrails:\n  - {id: errors, querry: up, healthy: "< 5"}\n  - {id: errors, query: "rate(x)", healthy: 5, for: 3 min}',
			stages: 'stages:\n  - {weight: 50, duration: 15m, gates: {eror: "< 1", errors: "< 1"}}\n  - {weight: 5, duration: 1h}',
			more: 'polices: {}',
		}),
	);
	expect(faults.map(fault => fault.split(':')[0])).toEqual([
		'guardrails[0].querry',
		'guardrails[1].id',
		'guardrails[1].query',
		'guardrails[1].healthy',
		'guardrails[1].for',
		'stages[0].gates.eror',
		'stages[1].weight',
		'polices',
	]);
});

test('the place of a fault inside a query is that of the character', async () => {
	const text = profileText({guardrails: 'guardrails:\n  - id: e\n    query: "sum(rate(a[5m])"\n    healthy: < 1'});
	const loaded = await loadProfile(writeProfile(text), {});
	const [fault] = loaded.ok ? [] : loaded.error;
	const line = text.split('\n').findIndex(one => one.includes('query:'));
	expect(fault).toMatchObject({line: line + 1, path: 'guardrails[0].query'});
	expect(text.split('\n')[line]?.slice((fault?.column ?? 0) - 1)).toMatch(/^[()"]/);
});

test('a comparison that only filters inside the query is left alone', async () => {
	expect(await faultsOf(profileText({guardrails: 'guardrails: [{id: e, query: "a / (b > 0)", healthy: "< 1"}]'}))).toEqual([]);
});

test.each([
	['is missing', undefined, /no-such\.yaml {2}the profile can't be read: there is no such file/],
	['is a folder', 'folder', /it is a folder/],
	['is a pipe', 'pipe', /it is no regular file/],
	['is not UTF-8', Uint8Array.of(0x6e, 0x61, 0xff, 0xfe), /it is not valid UTF-8/],
	['holds zero bytes', 'name: a\0b', /it holds zero bytes/],
	['is huge', `# ${'x'.repeat(1_100_000)}`, /more than 1,048,576/],
])('a profile that %s', async (_, content, message) => {
	let path = writeProfile(content ?? '');
	if (content === undefined) path = join(dirname(path), 'no-such.yaml');
	if (content === 'folder') path = dirname(path);
	if (content === 'pipe') {
		path = join(dirname(path), 'pipe');
		execFileSync('mkfifo', [path]);
	}
	const loaded = await loadProfile(path, {});
	expect(loaded.ok ? '' : formatFaults(loaded.error)).toMatch(message);
});

test('line ends of Windows and a byte order mark are no faults', async () => {
	const loaded = await loadProfile(writeProfile(`\uFEFF${profileText().replaceAll('\n', '\r\n')}\r\n`), {});
	expect(loaded.ok ? 'sound' : formatFaults(loaded.error)).toBe('sound');
});

test('the profile as run holds no secret, only the reference to it', async () => {
	const loaded = await load(
		profileText({metrics: 'metrics: {prometheus: {url: "http://127.0.0.1:9090", auth: {bearerTokenEnv: SHOP_TOKEN}}}'}),
		{env: {SHOP_TOKEN: 'sesame-open-now'}},
	);
	expect(profileAsRun(loaded)).toContain('bearerTokenEnv: SHOP_TOKEN');
	expect(profileAsRun(loaded)).not.toContain('sesame');
});

test('the profile as run keeps dollar signs, hostile text and quotes', async () => {
	const title = `$\{HOME} $$ "it's" # no comment: [1] \u001B[31m`;
	const before = await load(profileText({more: `title: ${JSON.stringify(title).replaceAll('$', '$$$$')}`}));
	expect(before.profile.title).toBe(title);
	const again = await load(profileAsRun(before));
	expect(again.profile).toEqual(before.profile);
});

test('a secret is read when it is asked for, without its line break; a missing one is named', async () => {
	const path = writeProfile('', {token: 'sesame-open-now\n', empty: '\n'});
	const resolve = secretResolver({SHOP_TOKEN: 'abc', EMPTY: ''});
	const folder = dirname(path);
	mkdirSync(join(folder, 'sub'));
	expect(await resolve({env: 'SHOP_TOKEN'})).toEqual({ok: true, value: 'abc'});
	expect(await resolve({file: join(folder, 'token')})).toEqual({ok: true, value: 'sesame-open-now'});
	expect(await resolve({env: 'NOPE'})).toEqual({ok: false, error: 'the environment variable NOPE is not set'});
	expect(await resolve({env: 'EMPTY'})).toEqual({ok: false, error: 'the environment variable EMPTY is empty'});
	expect(await resolve({file: join(folder, 'empty')})).toMatchObject({error: expect.stringContaining('is empty')});
	expect(await resolve({file: join(folder, 'gone')})).toMatchObject({error: expect.stringContaining('there is no such file')});
	expect(await resolve({file: join(folder, 'sub')})).toMatchObject({error: expect.stringContaining('it is a folder')});
	expect(readFileSync(join(folder, 'token'), 'utf8')).toContain('sesame');
});
