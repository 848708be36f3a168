import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {albArns} from './alb-stub.ts';

/** What the environment of a machine must hold that the shipped profiles are loaded on; scripts they name are put into the folder. */
export function shippedEnv(folder: string): Record<string, string> {
	for (const script of ['verify-hardening.sh', 'verify-circuit-breaker.sh'])
		writeFileSync(join(folder, script), '#!/bin/sh\necho verified\n', {mode: 0o755});
	return {
		NGINX_CONF_DIR: folder,
		HYPER_BUN_SCRIPTS: folder,
		RELAY_DATABASE_URL: 'postgres://app@127.0.0.1/relay',
		...relayTokens,
		...r2Tokens,
		ALB_RULE_ARN: albArns.rule,
		BASELINE_TARGET_GROUP_ARN: albArns.stable,
		CANDIDATE_TARGET_GROUP_ARN: albArns.canary,
	};
}

/** One token a user of the load burst. */
const tokens = (name: string): Record<string, string> =>
	Object.fromEntries([1, 2, 3, 4, 5].map(number => [`${name}_TOKEN_${number}`, `token-of-user-${number}`]));
export const relayTokens = tokens('RELAY');
export const r2Tokens = tokens('R2');
