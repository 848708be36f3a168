import {constants, zstdCompressSync, zstdDecompressSync} from 'node:zlib';
import type {SessionState} from '../../core/state.ts';

/** Quick rather than small: a long session has a thousand of them, each made between two frames. */
const params = {[constants.ZSTD_c_compressionLevel]: 1};

/** A state as few bytes outside of the heap: a state is plain JSON, and equals itself after the way there and back. */
export const packState = (state: SessionState): Buffer => zstdCompressSync(JSON.stringify(state), {params});

export const unpackState = (packed: Buffer): SessionState =>
	JSON.parse(zstdDecompressSync(packed).toString('utf8')) as SessionState;
