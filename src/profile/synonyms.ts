import {namesSecret} from './sensitive.ts';

/** Keys as other tools call them, and what they are called here; the first that is allowed at the place is meant. */
const elsewhere: Readonly<Record<string, readonly string[]>> = {
	threshold: ['healthy'],
	thresholdrange: ['healthy'],
	successcondition: ['healthy'],
	bound: ['healthy'],
	max: ['healthy'],
	limit: ['healthy'],
	expr: ['query'],
	promql: ['query'],
	expression: ['query'],
	interval: ['poll', 'every'],
	pollinterval: ['poll'],
	steps: ['stages'],
	phases: ['stages'],
	analysis: ['guardrails'],
	gates: ['guardrails', 'gates'],
	checks: ['guardrails'],
	setweight: ['weight'],
	percent: ['weight'],
	percentage: ['weight'],
	traffic: ['weight'],
	pause: ['duration'],
	lasts: ['duration'],
	bake: ['duration'],
	label: ['title', 'name'],
	action: ['onBreach'],
	env: ['environment'],
	files: ['paths', 'path', 'file'],
	file: ['path', 'file'],
	glob: ['path'],
	url: ['url', 'revisionUrl'],
	prometheus: ['metrics'],
	haproxy: ['router'],
	nginx: ['router'],
	command: ['argv', 'router'],
	cmd: ['argv'],
	args: ['argv'],
	ca: ['caFile'],
	cert: ['certFile'],
	key: ['keyFile'],
	backend: ['backends'],
	new: ['candidate'],
	old: ['baseline'],
};

const secretRemedies: Readonly<Record<string, string>> = {
	password:
		'would put a secret into the profile. Write "passwordFile: /path" or "passwordEnv: NAME" and keep the password there.',
	bearertoken:
		'would put a secret into the profile. Write "bearerTokenFile: /path" or "bearerTokenEnv: NAME" and keep the token there.',
	token:
		'would put a secret into the profile. Write "bearerTokenFile: /path" or "bearerTokenEnv: NAME" and keep the token there.',
};

const generalRemedy =
	'looks like a secret, and a secret never stands in a profile. What signs in to the metrics stands under metrics.prometheus.auth as passwordFile, passwordEnv, bearerTokenFile or bearerTokenEnv.';

const fold = (word: string): string => word.toLowerCase().replaceAll(/[\s_-]/g, '');

/** What an unknown key is called here, or, for a secret written out, what to do instead. */
export function knownAs(key: string, allowed: readonly string[]): {readonly key?: string; readonly remedy?: string} | undefined {
	const folded = fold(key);
	const remedy = Object.hasOwn(secretRemedies, folded) ? secretRemedies[folded] : undefined;
	if (remedy && allowed.some(word => /(?:password|bearerToken)(?:File|Env)$/.test(word))) return {remedy};
	if (namesSecret(key) && !allowed.some(word => fold(word) === folded)) return {remedy: generalRemedy};
	const same = allowed.find(word => fold(word) === folded);
	const meant = same ?? (Object.hasOwn(elsewhere, folded) ? elsewhere[folded]?.find(word => allowed.includes(word)) : undefined);
	return meant === undefined ? undefined : {key: meant};
}
