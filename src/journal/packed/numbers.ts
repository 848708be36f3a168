import {constants, zstdCompressSync} from 'node:zlib';
import {ByteReader, type ByteWriter} from './bytes.ts';
import {spellings} from './spellings.ts';

/** One column of numbers. The spelling that compresses best is chosen for each block anew; every one gives back the same doubles. */
export function writeNumbers(out: ByteWriter, values: readonly number[]): void {
	const runs = runsOf(values);
	const isRuns = runs.values.length * 2 < values.length;
	const own = isRuns ? runs.values : values;
	out.byte(isRuns ? 1 : 0);
	if (isRuns) {
		out.varint(runs.values.length);
		for (const length of runs.lengths) out.varint(length);
	}
	const {spelling, bytes} = best(own);
	out.byte(spelling);
	out.varint(bytes.length);
	out.raw(bytes);
}

export function readNumbers(from: ByteReader, count: number): number[] {
	const isRuns = from.byte() === 1;
	const ownCount = isRuns ? from.varint() : count;
	const lengths = isRuns ? Array.from({length: ownCount}, () => from.varint()) : undefined;
	const spelling = spellings[from.byte()];
	if (!spelling) throw new RangeError('an unknown spelling of numbers');
	const own = spelling.read(new ByteReader(from.raw(from.varint())), ownCount);
	if (!lengths) return own;
	const all: number[] = [];
	for (const [index, length] of lengths.entries()) for (let left = length; left > 0; left--) all.push(own[index] ?? 0);
	return all;
}

type Runs = {readonly values: number[]; readonly lengths: number[]};

function runsOf(values: readonly number[]): Runs {
	const runs: Runs = {values: [], lengths: []};
	let begin = 0;
	for (let at = 1; at <= values.length; at++) {
		if (at < values.length && Object.is(values[at], values[begin])) continue;
		runs.values.push(values[begin] as number);
		runs.lengths.push(at - begin);
		begin = at;
	}
	return runs;
}

const quick = {params: {[constants.ZSTD_c_compressionLevel]: 1}};

function best(values: readonly number[]): {readonly spelling: number; readonly bytes: Buffer} {
	let found: {readonly spelling: number; readonly bytes: Buffer; readonly size: number} | undefined;
	for (const [spelling, {write}] of spellings.entries()) {
		const bytes = write(values);
		if (!bytes) continue;
		const size = bytes.length < 16 ? bytes.length : zstdCompressSync(bytes, quick).length;
		if (!found || size < found.size) found = {spelling, bytes, size};
	}
	// Raw bytes spell every double, so one is always found.
	return found as {readonly spelling: number; readonly bytes: Buffer};
}
