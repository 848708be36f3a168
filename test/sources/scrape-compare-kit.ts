import {answerOf} from '../../src/core/answer.ts';
import type {GuardrailPlan} from '../../src/core/plan.ts';
import type {Reading} from '../../src/core/reading.ts';

/** One guardrail at one tick, as two sources see it. */
export type Pair = {readonly tick: number; readonly phase: string; readonly left: string; readonly right: string};

/** What a guardrail is judged by: `healthy`, `breaching`, `no-data`, `error`. Values behind it may differ by the moment of the scrape. */
export function verdictOf(guardrail: GuardrailPlan, reading: Reading | undefined): string {
	if (!reading) return 'not asked';
	const answer = answerOf(guardrail, reading);
	return answer.kind === 'missing' ? answer.status : answer.kind;
}

export type Difference = Pair & {readonly guardrail: string; readonly why: 'lag' | 'unexplained'};

/**
 * Where two sources differ, and why. Both look at the same pages, but not at the same moment: a change is seen by one of them first,
 * and for at most `lagTicks` ticks. So a difference is explained when, within that time before or after, the other side says what
 * this side says now.
 */
export function differencesOf(pairs: ReadonlyMap<string, readonly Pair[]>, lagTicks: number): readonly Difference[] {
	const found: Difference[] = [];
	for (const [guardrail, all] of pairs) {
		for (const [i, pair] of all.entries()) {
			if (pair.left === pair.right) continue;
			const near = all.slice(Math.max(0, i - lagTicks), i + lagTicks + 1);
			const isLag = near.some(({right}) => right === pair.left) && near.some(({left}) => left === pair.right);
			found.push({...pair, guardrail, why: isLag ? 'lag' : 'unexplained'});
		}
	}
	return found;
}

export const describeDifference = ({tick, phase, guardrail, left, right, why}: Difference): string =>
	`tick ${tick} (${phase}): ${guardrail}: server ${left}, scraped ${right}: ${why}`;
