import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {documents} from '../../scripts/documents.ts';
import {profileAsRun} from '../../src/profile/as-run.ts';
import {compilePlan} from '../../src/profile/compile.ts';
import {formatFaults} from '../../src/profile/fault.ts';
import {type LoadedProfile, loadProfile} from '../../src/profile/load.ts';
import {shippedEnv} from '../helpers/shipped-env.ts';

const root = join(import.meta.dirname, '../..');
const shipped = readdirSync(join(root, 'profiles')).filter(file => file.endsWith('.yaml'));
let folder = '';

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'canary-profiles-'));
});
afterAll(() => rmSync(folder, {recursive: true}));

const env = (): Record<string, string> => shippedEnv(folder);

async function load(path: string): Promise<LoadedProfile> {
	const loaded = await loadProfile(path, env());
	if (!loaded.ok) throw new Error(formatFaults(loaded.error));
	return loaded.value;
}

test('the four systems of the runbooks have a profile', () => {
	expect(shipped).toEqual(expect.arrayContaining(['hal9.yaml', 'hyper-bun.yaml', 'r2-knowledge.yaml', 'relay-r1.yaml']));
});

describe.each(shipped)('profiles/%s', file => {
	const path = join(root, 'profiles', file);

	test('names its schema for editors', () => {
		expect(readFileSync(path, 'utf8')).toMatch(/^# yaml-language-server: \$schema=\.\.\/docs\/profile\.schema\.json\n/);
	});

	test('loads without a fault and compiles to a plan that ends at 100 %', async () => {
		const {plan} = compilePlan(await load(path));
		expect(plan.stages.at(-1)?.weightPercent).toBe(100);
		expect(plan.guardrails.some(({bound, onBreach}) => bound && onBreach === 'rollback')).toBe(true);
	});

	test('written out as run and loaded again it is the same plan', async () => {
		const before = await load(path);
		const again = join(folder, `as-run-${file}`);
		writeFileSync(again, profileAsRun(before));
		expect(compilePlan(await load(again))).toEqual(compilePlan(before));
	});
});

test('relay-r1 says what its runbook says', async () => {
	const {plan} = compilePlan(await load(join(root, 'profiles/relay-r1.yaml')));
	const guardrail = (id: string) => plan.guardrails.find(one => one.id === id);
	expect(guardrail('ttfv-p95')).toMatchObject({
		bound: {op: '<', value: 1500},
		forMs: 300_000,
		onBreach: 'rollback',
		windowMs: 300_000,
	});
	expect(guardrail('sse-success')).toMatchObject({bound: {op: '>=', value: 99.6}, forMs: 300_000, onBreach: 'rollback'});
	expect(guardrail('rls-policy-errors')).toMatchObject({bound: {op: '=', value: 0}, forMs: 60_000, onBreach: 'rollback'});
	expect(guardrail('cross-tenant-attempts')).toMatchObject({
		bound: {op: '=', value: 0},
		forMs: 0,
		security: true,
		onBreach: 'rollback',
	});
	expect(guardrail('db-pool')).toMatchObject({warn: {op: '<', value: 80}, onBreach: 'warn'});
	expect(plan.stages).toMatchObject([
		{weightPercent: 5, durationMs: 3_600_000, checkpointsMs: [900_000, 1_800_000, 3_600_000], promote: 'manual'},
		{name: 'full', weightPercent: 100, durationMs: 24 * 3_600_000, bake: true},
	]);
	expect(plan.stages[0]?.gates['ann-query-p95']).toEqual({op: '<', value: 200});
	expect(plan.policies.metricsCheckEveryMs).toBe(300_000);
});

test('the smallest profile in the reference loads', async () => {
	const yaml = /```yaml\n([\s\S]*?)```/.exec(readFileSync(join(root, 'docs/profile.md'), 'utf8'))?.[1] ?? '';
	const path = join(folder, 'least.yaml');
	writeFileSync(path, yaml);
	expect((await load(path)).profile.name).toBe('shop');
});

test.each(Object.keys(documents))('%s is what "npm run docs" writes', path => {
	expect(readFileSync(join(root, path), 'utf8')).toBe(documents[path]?.());
});
