/** Typing errors between two words: letters added, lost, changed, or two neighbours swapped (optimal string alignment). */
function distance(left: string, right: string): number {
	let beforeLast: number[] = [];
	let last = Array.from({length: right.length + 1}, (_, column) => column);
	for (let row = 1; row <= left.length; row++) {
		const current = [row];
		for (let column = 1; column <= right.length; column++) {
			const changed = left[row - 1] === right[column - 1] ? 0 : 1;
			const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
			current[column] = Math.min(
				(last[column] ?? 0) + 1,
				(current[column - 1] ?? 0) + 1,
				(last[column - 1] ?? 0) + changed,
				swapped ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
			);
		}
		[beforeLast, last] = [last, current];
	}
	return last[right.length] ?? 0;
}

const fold = (word: string): string => word.toLowerCase().replaceAll(/[\s_-]/g, '');

/** Nothing that anyone types by mistake is longer, and the work grows with the square. */
const wordLengthMax = 64;

/** `msec` for `ms`, `percentage` for `percent`, `warn` for `warning`. */
const isBeginning = (typed: string, word: string): boolean =>
	Math.min(typed.length, word.length) >= 2 && (typed.startsWith(word) || word.startsWith(typed));

/** The one of the words that was probably meant, or undefined. Case, dashes and underscores don't count as errors. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
	if (word.length > wordLengthMax) return undefined;
	const typed = fold(word);
	const allowed = Math.max(1, Math.floor(typed.length / 3));
	const [best] = candidates
		.filter(candidate => candidate.length <= wordLengthMax)
		.map(candidate => ({candidate, errors: distance(typed, fold(candidate))}))
		.filter(
			({errors, candidate}) => (errors <= allowed && errors < fold(candidate).length) || isBeginning(typed, fold(candidate)),
		)
		.sort((a, b) => a.errors - b.errors);
	return best?.candidate;
}

/** ` Did you mean "query"?`, or nothing. */
export function didYouMean(word: string, candidates: readonly string[]): string {
	const meant = closest(word, candidates);
	return meant === undefined ? '' : ` Did you mean ${JSON.stringify(meant)}?`;
}

/** `a, b or c`. */
export function orList(words: readonly string[]): string {
	return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
