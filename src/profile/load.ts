import {dirname, resolve} from 'node:path';
import {fail, ok, type Result} from '../base/result.ts';
import {checkArtifacts, checkPromised} from './checks/artifacts.ts';
import {checkBurst} from './checks/burst.ts';
import {checkCommands} from './checks/commands.ts';
import {checkCompare} from './checks/compare.ts';
import {checkErrors} from './checks/errors.ts';
import {checkEvidence} from './checks/evidence.ts';
import {checkReferences} from './checks/files.ts';
import {checkGuardrails} from './checks/guardrails.ts';
import {checkInstance} from './checks/instance.ts';
import {checkKinds} from './checks/kinds.ts';
import {checkNotify} from './checks/notify.ts';
import {checkPreflight} from './checks/preflight.ts';
import {checkRest} from './checks/rest.ts';
import {checkRouter} from './checks/router.ts';
import {checkSecrets} from './checks/secrets.ts';
import {checkStages} from './checks/stages.ts';
import {checkTrends} from './checks/trends.ts';
import {compilePlan} from './compile.ts';
import {didYouMean} from './did-you-mean.ts';
import {type Draft, draftOf} from './draft.ts';
import {fileFault, type Issue, type ProfileFault, type SourceText, sortFaults, toFault} from './fault.ts';
import {checkShape} from './issues.ts';
import {listOf, mapOf, type PlainMap, textOf, textsOf} from './lenient.ts';
import {readText} from './read-text.ts';
import {resolveProfile} from './resolve.ts';
import {leftOutNotes} from './resolve-notify.ts';
import {importRules} from './rules.ts';
import type {GuardrailProfile, Profile} from './schema.ts';
import type {Env} from './substitute.ts';
import {locate, pathText, plainOf, type TreeNode} from './tree.ts';
import {parseYaml} from './yaml-tree.ts';

export type LoadedProfile = {
	/** The file as the caller named it. */
	readonly file: string;
	/** Absolute; what relative paths in it start from. */
	readonly folder: string;
	/** Sound, with every default filled in. */
	readonly profile: Profile;
	/** What was passed over or guessed, one sentence each. */
	readonly notes: readonly string[];
};

const profileBytesMax = 1024 * 1024;
const ruleBytesMax = 4 * 1024 * 1024;

/**
 * Reads a profile and everything it names but the logs and the servers. The error holds every fault there is, in the order of
 * the file. `env` is what `${…}` and references to the environment are looked up in.
 */
export async function loadProfile(path: string, env: Env): Promise<Result<LoadedProfile, ProfileFault[]>> {
	const read = await readText(path, profileBytesMax);
	if (!read.ok) return fail([fileFault(path, `the profile can't be read: ${read.error}.`)]);
	const source = {file: path, text: read.value};
	const {root, faults} = parseYaml(source, env);
	if (!root) return fail(faults.length > 0 ? sortFaults(faults) : [fileFault(path, emptyProfile)]);
	return checkTree(source, root, faults, env);
}

const emptyProfile =
	'the profile is empty. Begin with what canary init writes, with a copy of one from the folder "profiles", or with its first lines: name, baseline, candidate.';

async function checkTree(
	source: SourceText,
	root: TreeNode,
	faults: readonly ProfileFault[],
	env: Env,
): Promise<Result<LoadedProfile, ProfileFault[]>> {
	const folder = dirname(resolve(source.file));
	const plain = withoutExtensions(plainOf(root));
	const {profile, issues} = checkShape(plain, path => {
		const {node} = locate(root, path);
		return node?.kind === 'scalar' ? node.written : undefined;
	});
	const map = mapOf(plain) ?? {};
	const imported = await importAll(map, folder);
	const draft = draftOf(plain, imported.guardrails, imported.failed);
	const across = mapOf(plain) ? [...checkAcross(draft), ...imported.issues, ...(await checkReferences(map, folder, env))] : [];
	const placed = withoutEchoes([...issues, ...across], faults).map(issue => toFault(source, root, issue));
	const all = sortFaults([...faults, ...placed, ...imported.faults]);
	if (all.length > 0 || !profile) return fail(all);
	const resolved = resolveProfile(profile, imported.guardrails, folder, env);
	const loaded = {file: source.file, folder, profile: resolved, notes: [...imported.notes, ...leftOutNotes(profile, env)]};
	const broken = checkPromised(compilePlan(loaded).plan).map(issue => toFault(source, root, issue));
	return broken.length > 0 ? fail(sortFaults(broken)) : ok(loaded);
}

const checkAcross = (draft: Draft): Issue[] => [
	...checkKinds(draft.profile),
	...checkGuardrails(draft),
	...checkStages(draft),
	...checkErrors(draft),
	...checkTrends(draft),
	...checkCompare(draft),
	...checkRouter(draft.profile),
	...checkRest(draft.profile),
	...checkNotify(draft.profile),
	...checkSecrets(draft.profile),
	...checkPreflight(draft.profile),
	...checkBurst(draft.profile),
	...checkEvidence(draft.profile),
	...checkArtifacts(draft.profile),
	...checkInstance(draft.profile),
	...checkCommands(draft.profile),
];

/** Keys that begin with `x-` are a place for anchors. */
function withoutExtensions(plain: ReturnType<typeof plainOf>): ReturnType<typeof plainOf> {
	const map = mapOf(plain);
	return map ? Object.fromEntries(Object.entries(map).filter(([key]) => !key.startsWith('x-'))) : plain;
}

/** A value that could not be read is not told twice; of several issues at one path the first is told. */
function withoutEchoes(issues: readonly Issue[], faults: readonly ProfileFault[]): Issue[] {
	const told = new Set(faults.map(({path}) => path));
	return issues.filter(issue => {
		const path = pathText(issue.path);
		if (told.has(path)) return false;
		told.add(path);
		return true;
	});
}

type Imported = {
	readonly guardrails: readonly GuardrailProfile[];
	/** In the rule files. */
	readonly faults: readonly ProfileFault[];
	/** In the profile. */
	readonly issues: readonly Issue[];
	readonly notes: readonly string[];
	readonly failed: boolean;
};

async function importAll(profile: PlainMap, folder: string): Promise<Imported> {
	const files = await Promise.all(listOf(profile['rules']).map((item, index) => importOne(mapOf(item) ?? {}, index, folder)));
	const guardrails = files.flatMap(file => file.guardrails);
	const ids = guardrails.map(({id}) => id);
	const twice = guardrails.filter(({id}, index) => ids.indexOf(id) !== index);
	const clash = twice[0]
		? [
				{
					path: ['rules'],
					message: `two rule files have an alert with the id "${twice[0].id}". List it under "exclude" of one of them.`,
				},
			]
		: [];
	return {
		guardrails,
		faults: files.flatMap(file => file.faults),
		issues: [...files.flatMap(file => file.issues), ...clash],
		notes: files.flatMap(file => file.notes),
		failed: files.some(file => file.failed),
	};
}

async function importOne(rules: PlainMap, index: number, folder: string): Promise<Imported> {
	const file = textOf(rules['file']);
	const nothing = {guardrails: [], faults: [], issues: [], notes: [], failed: true};
	if (file === undefined || file === '') return nothing;
	const path = ['rules', index];
	const absolute = resolve(folder, file);
	const read = await readText(absolute, ruleBytesMax);
	if (!read.ok) {
		return {
			...nothing,
			issues: [{path: [...path, 'file'], message: `the rule file can't be read: ${read.error} (looked for at ${absolute}).`}],
		};
	}
	const [include, exclude] = [rules['include'], rules['exclude']];
	const imported = importRules(
		{file, text: read.value},
		{include: include === undefined ? undefined : textsOf(include), exclude: textsOf(exclude)},
	);
	const unknown = (['include', 'exclude'] as const).flatMap(key =>
		textsOf(rules[key]).flatMap((name, at) =>
			imported.alerts.includes(name)
				? []
				: [
						{
							path: [...path, key, at],
							message: `there is no alert "${name}" in ${file}.${didYouMean(name, imported.alerts)} Alerts: ${imported.alerts.join(', ') || 'none'}.`,
						},
					],
		),
	);
	return {
		guardrails: imported.guardrails,
		faults: imported.faults,
		issues: imported.faults.length > 0 && imported.alerts.length === 0 ? [] : unknown,
		notes: imported.notes,
		failed: imported.faults.length > 0,
	};
}
