/** Cuts a stream of text into lines, keeping at most `charsMax` of an unfinished one. */
export type LineSplitter = {
	/** The lines that `chunk` completes, without their line breaks. Undefined once a line has grown too long: give the stream up. */
	push(chunk: string): readonly string[] | undefined;
};

/** Both ends of the socket read newline-delimited JSON through this. Parts of a line are joined once, when it ends. */
export function createLineSplitter(charsMax: number): LineSplitter {
	let parts: string[] = [];
	let chars = 0;
	let overflowed = false;
	return {
		push(chunk) {
			if (overflowed) return undefined;
			const pieces = chunk.split('\n');
			const lines: string[] = [];
			for (const [index, piece] of pieces.entries()) {
				chars += piece.length;
				if (chars > charsMax) {
					overflowed = true;
					parts = [];
					return undefined;
				}
				parts.push(piece);
				if (index === pieces.length - 1) break;
				lines.push(parts.length === 1 ? piece : parts.join(''));
				parts = [];
				chars = 0;
			}
			return lines;
		},
	};
}

/** The object in a line, or undefined when it holds none. */
export function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
	try {
		const value: unknown = JSON.parse(line);
		return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
	} catch {
		return undefined;
	}
}
