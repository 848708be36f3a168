import type {Labels} from './labels.ts';

const prime1 = 0x9e3779b185ebca87n;
const prime2 = 0xc2b2ae3d27d4eb4fn;
const prime3 = 0x165667b19e3779f9n;
const prime4 = 0x85ebca77c2b2ae63n;
const prime5 = 0x27d4eb2f165667c5n;
const mask = 0xffff_ffff_ffff_ffffn;

const rotate = (value: bigint, bits: bigint): bigint => ((value << bits) | (value >> (64n - bits))) & mask;
const round = (sum: bigint, input: bigint): bigint => (rotate((sum + input * prime2) & mask, 31n) * prime1) & mask;
const mergeRound = (hash: bigint, sum: bigint): bigint => ((hash ^ round(0n, sum)) * prime1 + prime4) & mask;

/** xxHash64 with seed 0 (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md). */
export function xxhash64(bytes: Uint8Array): bigint {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	let at = 0;
	let hash = prime5;
	if (bytes.length >= 32) {
		const sums = [(prime1 + prime2) & mask, prime2, 0n, (mask + 1n - prime1) & mask];
		for (; at + 32 <= bytes.length; at += 32) {
			for (let lane = 0; lane < 4; lane++) sums[lane] = round(sums[lane] as bigint, view.getBigUint64(at + lane * 8, true));
		}
		const [a, b, c, d] = sums as [bigint, bigint, bigint, bigint];
		hash = (rotate(a, 1n) + rotate(b, 7n) + rotate(c, 12n) + rotate(d, 18n)) & mask;
		for (const sum of sums) hash = mergeRound(hash, sum);
	}
	hash = (hash + BigInt(bytes.length)) & mask;
	return avalanche(tail(hash, view, at));
}

function tail(start: bigint, view: DataView, from: number): bigint {
	let hash = start;
	let at = from;
	for (; at + 8 <= view.byteLength; at += 8) {
		hash = (rotate(hash ^ round(0n, view.getBigUint64(at, true)), 27n) * prime1 + prime4) & mask;
	}
	if (at + 4 <= view.byteLength) {
		hash = (rotate(hash ^ ((BigInt(view.getUint32(at, true)) * prime1) & mask), 23n) * prime2 + prime3) & mask;
		at += 4;
	}
	for (; at < view.byteLength; at++) {
		hash = (rotate(hash ^ ((BigInt(view.getUint8(at)) * prime5) & mask), 11n) * prime1) & mask;
	}
	return hash;
}

function avalanche(start: bigint): bigint {
	let hash = start ^ (start >> 33n);
	hash = (hash * prime2) & mask;
	hash ^= hash >> 29n;
	hash = (hash * prime3) & mask;
	return hash ^ (hash >> 32n);
}

const known = new WeakMap<Labels, number>();
const encoder = new TextEncoder();

/** Where a set of labels stands between 0 and 1: its hash as Prometheus computes it, so that `limit_ratio` picks the same series. */
export function ratioOf(labels: Labels): number {
	let ratio = known.get(labels);
	if (ratio === undefined) {
		const bytes = labels.entries().flatMap(pair => pair.flatMap(encodeSized));
		ratio = Number(xxhash64(Uint8Array.from(bytes))) / Number(mask);
		known.set(labels, ratio);
	}
	return ratio;
}

/** Its length in one byte, or 255 and three bytes, then the text. */
function encodeSized(text: string): number[] {
	const bytes = [...encoder.encode(text)];
	const size = bytes.length;
	return size < 255 ? [size, ...bytes] : [255, size & 255, (size >> 8) & 255, (size >> 16) & 255, ...bytes];
}
