/** Which side serves a request. Exact instead of random: a share of 5 % is one request in twenty, also among the first hundred. */
import {createHash} from 'node:crypto';

export type Side = 'baseline' | 'candidate';
export const sides = ['baseline', 'candidate'] as const;

/** Adding 0.1 ten times gives a little less than 1. */
const noise = 1e-9;

/**
 * Spreads the candidate's requests evenly: of any run of requests under one weight, the candidate gets its share to within one
 * request. The debt is carried over a change of weight, so that frequent changes favour nobody.
 */
export function createSideChoice(): (candidatePercent: number) => Side {
	// Half a request ahead: the first one comes in the middle of its interval, not at its end.
	let owed = 50;
	return candidatePercent => {
		if (candidatePercent <= 0) return 'baseline';
		if (candidatePercent >= 100) return 'candidate';
		owed += candidatePercent;
		if (owed < 100 - noise) return 'baseline';
		owed -= 100;
		return 'candidate';
	};
}

/**
 * A client's place on a line from 0 to 100; it is the candidate's as long as the weight lies above it. So a growing weight only
 * ever moves clients to the candidate, and 0 leaves none there.
 */
export const sideOfPoint = (point: number, candidatePercent: number): Side =>
	point < candidatePercent ? 'candidate' : 'baseline';

/** The place of a client known by a text: the same for the same text, on every machine. */
export const pointOf = (text: string): number => (createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32) * 100;

const goldenRatio = (Math.sqrt(5) - 1) / 2;

/** Places for new clients, one after the other, as evenly spread as can be at every count (the additive recurrence of the golden ratio). */
export function createPoints(first = 0.5): () => number {
	let place = first;
	return () => {
		place = (place + goldenRatio) % 1;
		return Math.floor(place * 1e6) / 1e4;
	};
}

/** One after the other; starts anew when the list is another one. */
export function createRotation<Item>(): (items: readonly Item[]) => Item | undefined {
	let turn = 0;
	return items => items[turn++ % items.length];
}
