import {stringify} from 'yaml';
import type {LoadedProfile} from './load.ts';
import type {Profile} from './schema.ts';
import {escapeDollars} from './substitute.ts';

/**
 * The profile as it is run, as YAML: defaults filled in, environment substituted, paths absolute, alerts of rule files written
 * out, secrets left as references. Loaded again it compiles to the same plan.
 */
export function profileAsRun({profile, file, notes}: LoadedProfile): string {
	const head = [
		'# The profile as run: defaults filled in, variables replaced, rule files written out. Secrets are references.',
		`# From: ${oneLine(file)}`,
		...notes.map(note => `# Note: ${oneLine(note)}`),
	];
	const body = stringify(escaped(inOrder(profile)), {lineWidth: 0, indent: 2, aliasDuplicateObjects: false});
	return `${head.join('\n')}\n${body}`;
}

const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ');

/** The keys in the order people read them; empty lists and what is not set are left out. */
function inOrder(profile: Profile): Record<string, unknown> {
	const {name, title, environment, baseline, candidate, metrics, poll, observedShare, guardrails, stages, ...rest} = profile;
	const {checkpoints, router, logs, notify, alertmanager, policies, redact, stable: _, canary: __, rules: ___, ...more} = rest;
	const all = {
		name,
		title,
		environment,
		baseline,
		candidate,
		metrics,
		poll,
		observedShare,
		guardrails,
		stages,
		checkpoints,
		router,
		...more,
		logs,
		notify,
		alertmanager,
		policies,
		redact,
	};
	return Object.fromEntries(
		Object.entries(all).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0)),
	);
}

/** Dollar signs doubled, so that reading it back replaces nothing; keys without a value dropped. */
function escaped(value: unknown): unknown {
	if (typeof value === 'string') return escapeDollars(value);
	if (Array.isArray(value)) return value.map(escaped);
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(
		Object.entries(value)
			.filter(([, inner]) => inner !== undefined && inner !== '')
			.map(([key, inner]) => [key, escaped(inner)]),
	);
}
