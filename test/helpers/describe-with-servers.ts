import {describe, expect, test} from 'vitest';
import {missingSentence, missingServers, type ServerName} from './servers.ts';

/**
 * `describe` for tests that need real servers. Where one is missing and could not be installed, the tests are skipped with the
 * reason in their name; with CI set, that is a failure instead.
 */
export function describeWithServers(needed: readonly ServerName[], name: string, body: () => void): void {
	const missing = missingServers(needed);
	if (missing.length > 0 && process.env['CI']) {
		test(`${name}: its servers are here`, () => expect(missing, missingSentence(missing)).toEqual([]));
	} else {
		const reason = missing.length === 0 ? '' : ` (skipped: ${missingSentence(missing)})`;
		describe.runIf(missing.length === 0)(`${name}${reason}`, body);
	}
}
