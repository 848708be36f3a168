/**
 * Judging after every value would find a difference by chance sooner or later (about ten times too often from 5 to 60 values), so a
 * stage is judged at few moments, planned ahead, and the error allowed in all is shared among them: a quarter by the looks before
 * its end, half by the look at its end, and a quarter by all later ones together, however long it is waited for (an eighth, a
 * sixteenth, …). The sum is never more than the whole, whatever the data do (Bonferroni).
 */
export type Look = {
	/** From 1. */
	readonly number: number;
	/** The error, two-sided, that this look may spend. */
	readonly alpha: number;
};

/** Counts of values at which is looked before the stage's end, of which `planned` values are expected: 8, 12, 18, 27, 41 … */
export function interimLooks(planned: number): readonly number[] {
	const counts: number[] = [];
	// One shortly before the end would take from it and tell nothing that the end does not.
	for (let count = firstLook; count <= planned * 0.75; count = Math.ceil(count * growth)) counts.push(count);
	return counts;
}

const firstLook = 8;
const growth = 1.5;

/** What a look before the end may spend. */
export const interimAlpha = (alpha: number, planned: number): number => alpha / 4 / Math.max(1, interimLooks(planned).length);

/** What the look at the end may spend. */
export const finalAlpha = (alpha: number): number => alpha / 2;

/** What the `late`-th look (from 1) after the end may spend. */
export const lateAlpha = (alpha: number, late: number): number => alpha / 4 / 2 ** late;

/** After a look at `count` values beyond the stage's end the next one waits for so many. */
export const nextLate = (count: number): number => Math.ceil(count * growth);
