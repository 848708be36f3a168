import {constants, zstdCompressSync, zstdDecompressSync} from 'node:zlib';
import type {SessionState} from '../../core/state.ts';

/** Quick rather than small: a long session has a thousand of them, each made between two frames. */
const params = {[constants.ZSTD_c_compressionLevel]: 1};

/** So many build on each other: to have the last of them, all before it in its run are unpacked, a third of a millisecond each. */
const runLength = 8;

/** States in few bytes, outside of the heap. A state is plain JSON, and equals itself after the way there and back. */
export type StatePile = {
	push(state: SessionState): void;
	get(index: number): SessionState | undefined;
	readonly bytes: number;
};

/** Each state is packed with the one before it as dictionary: of two that are a minute apart most is the same. */
export function createStatePile(): StatePile {
	const packed: Buffer[] = [];
	let last: Buffer | undefined;
	let bytes = 0;

	function unpack(index: number, base: Buffer | undefined): Buffer {
		return zstdDecompressSync(packed[index]!, base ? {dictionary: base} : {});
	}

	return {
		push(state) {
			const text = Buffer.from(JSON.stringify(state));
			const base = packed.length % runLength === 0 ? undefined : last;
			const one = zstdCompressSync(text, base ? {params, dictionary: base} : {params});
			packed.push(one);
			bytes += one.length;
			last = text;
		},
		get(index) {
			if (index < 0 || index >= packed.length) return undefined;
			let text: Buffer | undefined;
			for (let at = index - (index % runLength); at <= index; at++) text = unpack(at, text);
			return text && (JSON.parse(text.toString('utf8')) as SessionState);
		},
		get bytes() {
			return bytes;
		},
	};
}
