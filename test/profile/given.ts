import {mkdirSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {type CompiledProfile, compilePlan} from '../../src/profile/compile.ts';
import {formatFaults} from '../../src/profile/fault.ts';
import {type LoadedProfile, loadProfile} from '../../src/profile/load.ts';
import type {Env} from '../../src/profile/substitute.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

const parts = {
	top: 'name: shop\nbaseline: {name: v1}\ncandidate: {name: v2}',
	metrics: 'metrics: {prometheus: {url: "http://127.0.0.1:9090"}}',
	guardrails: 'guardrails:\n  - {id: errors, query: "sum(rate(errors_total[5m]))", healthy: "< 5"}',
	stages: 'stages:\n  - {weight: 5, duration: 15m}',
	router: 'router: {haproxy: {socket: /run/haproxy.sock, backends: [{name: be, baseline: [v1], candidate: [v2]}]}}',
	more: '',
};

export type Parts = Partial<typeof parts>;

/** A small sound profile, with some parts replaced. */
export const profileText = (changed: Parts = {}): string => Object.values({...parts, ...changed}).join('\n');

const folder = createTempFolder('profile');
let files = 0;

/** Writes a file of its own for the test, beside other files where it names some. */
export function writeProfile(text: string | Uint8Array, beside: Readonly<Record<string, string>> = {}): string {
	const path = join(folder.path, String(++files), 'profile.yaml');
	mkdirSync(dirname(path));
	writeFileSync(path, text);
	for (const [name, content] of Object.entries(beside)) writeFileSync(join(dirname(path), name), content);
	return path;
}

type Given = {readonly env?: Env; readonly beside?: Readonly<Record<string, string>>};

export async function load(text: string, {env = {}, beside = {}}: Given = {}): Promise<LoadedProfile> {
	const loaded = await loadProfile(writeProfile(text, beside), env);
	if (!loaded.ok) throw new Error(formatFaults(loaded.error));
	return loaded.value;
}

export const compiled = async (changed: Parts = {}, given: Given = {}): Promise<CompiledProfile> =>
	compilePlan(await load(profileText(changed), given));

/** `path: message` of each fault, in the order of the file. */
export async function faultsOf(text: string, {env = {}, beside = {}}: Given = {}): Promise<readonly string[]> {
	const loaded = await loadProfile(writeProfile(text, beside), env);
	return loaded.ok ? [] : loaded.error.map(({path, message}) => `${path}: ${message}`);
}
