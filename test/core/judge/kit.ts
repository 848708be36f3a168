import type {Comparison} from '../../../src/core/judge/comparison.ts';

/** Numbers with a seed (mulberry32): the same in each run. */
export function uniform(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** Standard normal ones, by Box and Muller. */
export const normal = (next: () => number) => (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());

export const times = <Value>(n: number, make: (index: number) => Value): Value[] =>
	Array.from({length: n}, (_, index) => make(index));

/** Every way to choose `count` of these indices. */
export function* choices(n: number, count: number, from = 0): Generator<readonly number[]> {
	if (count === 0) {
		yield [];
		return;
	}
	for (let first = from; first <= n - count; first++) for (const rest of choices(n, count - 1, first + 1)) yield [first, ...rest];
}

/** A latency of two versions, judged once a second; what a test is about it says itself. */
export const comparisonOf = (id: string, over: Partial<Comparison> = {}): Comparison => ({
	id,
	title: id,
	unit: 'ms',
	candidate: `${id}{v="2"}`,
	baseline: `${id}{v="1"}`,
	direction: 'higher-is-worse',
	allowed: 1.1,
	alpha: 0.02,
	spacingMs: 1_000,
	staleAfterMs: 30_000,
	group: '',
	...over,
});
