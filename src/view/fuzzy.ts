/**
 * How well `query`'s letters, in order, are found in `text`: higher is better, undefined when they are not there. Letters that follow
 * each other and letters at the start of a word count more; skipped ones cost a little.
 */
export function fuzzyScore(query: string, text: string): number | undefined {
	const wanted = query.toLowerCase().replaceAll(' ', '');
	const letters = text.toLowerCase();
	let score = 0;
	let at = -1;
	for (const letter of wanted) {
		const found = letters.indexOf(letter, at + 1);
		if (found === -1) return undefined;
		const startsWord = found === 0 || /[^a-z0-9]/.test(letters[found - 1] ?? ' ');
		score += (found === at + 1 ? 3 : 0) + (startsWord ? 2 : 0) - Math.min(5, found - at - 1) * 0.2;
		at = found;
	}
	return score - letters.length * 0.01;
}

/** The items whose text holds the query's letters, best first; equal ones keep their order. */
export function fuzzy<Item>(query: string, items: readonly Item[], textOf: (item: Item) => string): readonly Item[] {
	return items
		.flatMap(item => {
			const score = fuzzyScore(query, textOf(item));
			return score === undefined ? [] : [{item, score}];
		})
		.sort((left, right) => right.score - left.score)
		.map(({item}) => item);
}
