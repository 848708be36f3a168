import type {VectorSelector} from './ast.ts';
import type {Labels} from './labels.ts';

/**
 * The samples of one series, oldest first, times strictly rising. Only `[from, to)` of the arrays is alive: the store slides
 * that window along and moves it back to the front when the arrays are full.
 */
export type Series = {
	readonly labels: Labels;
	/** Milliseconds since the epoch. */
	readonly times: Float64Array;
	readonly values: Float64Array;
	readonly from: number;
	readonly to: number;
	/** Whether a stale marker may be among the values. */
	readonly mayBeStale: boolean;
};

/** Where the evaluator gets its series from. */
export type SampleSource = {
	/** The series that every matcher of a selector accepts, in any order. */
	readonly select: (selector: VectorSelector) => readonly Series[];
};

const staleLow = 0x00000002;
const staleHigh = 0x7ff00000;
const scratch = new Float64Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** Puts Prometheus' stale marker at an index. As a number it is a NaN whose bits JavaScript would not keep in a variable. */
export function writeStale(values: Float64Array, index: number): void {
	const bits = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
	bits[index * 2] = staleLow;
	bits[index * 2 + 1] = staleHigh;
}

/** Whether the value at an index is the stale marker and not some other NaN. */
export function isStaleAt(values: Float64Array, index: number): boolean {
	if (!Number.isNaN(values[index])) return false;
	scratch.set(values.subarray(index, index + 1));
	return scratchBits[0] === staleLow && scratchBits[1] === staleHigh;
}

/** The index of the first time above `timeMs`, or `to` if there is none. */
export function firstAfter(times: Float64Array, from: number, to: number, timeMs: number): number {
	let low = from;
	let high = to;
	if (high > low && (times[high - 1] as number) <= timeMs) return high;
	while (low < high) {
		const middle = (low + high) >>> 1;
		if ((times[middle] as number) <= timeMs) low = middle + 1;
		else high = middle;
	}
	return low;
}
