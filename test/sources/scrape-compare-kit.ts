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
 * and for at most `lagTicks` ticks. So a difference is explained when one side is changing, and the other says within that time
 * what this one says now.
 */
export function differencesOf(pairs: ReadonlyMap<string, readonly Pair[]>, lagTicks: number): readonly Difference[] {
	const found: Difference[] = [];
	for (const [guardrail, all] of pairs) {
		for (const [i, pair] of all.entries()) {
			if (pair.left === pair.right) continue;
			const near = all.slice(Math.max(0, i - lagTicks), i + lagTicks + 1);
			const [lefts, rights] = [new Set(near.map(({left}) => left)), new Set(near.map(({right}) => right))];
			const isLag = (rights.has(pair.left) && lefts.size > 1) || (lefts.has(pair.right) && rights.size > 1);
			found.push({...pair, guardrail, why: isLag ? 'lag' : 'unexplained'});
		}
	}
	return found;
}

export const describeDifference = ({tick, phase, guardrail, left, right, why}: Difference): string =>
	`tick ${tick} (${phase}): ${guardrail}: server ${left}, scraped ${right}: ${why}`;
