import {createInterface} from 'node:readline/promises';
import type {SessionSummary} from '../journal/sessions.ts';
import {safe, tell} from './output.ts';

/** Asks which of several sessions is meant; undefined when nobody wants one. */
export async function pickSession(sessions: readonly SessionSummary[]): Promise<SessionSummary | undefined> {
	for (const [index, {name}] of sessions.entries()) tell(`  ${index + 1}  ${safe(name)}`);
	const lines = createInterface({input: process.stdin, output: process.stderr});
	try {
		for (;;) {
			const answer = (await lines.question(`attach to which, 1–${sessions.length}? (Enter: none) `)).trim();
			if (answer === '') return undefined;
			const picked = sessions[Number(answer) - 1];
			if (picked) return picked;
			tell(`There is no ${safe(answer, 20)}.`);
		}
	} finally {
		lines.close();
	}
}
