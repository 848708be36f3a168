/** Lines that are not in the file yet. Bounded: of what doesn't fit, samples go first, oldest first. */
export type Unwritten = {
	push(line: string, isSample: boolean): void;
	/** All lines so far as one buffer, each with its line break; empties the queue. Undefined when there is none. */
	takeAll(): Buffer | undefined;
	readonly bytes: number;
	/** Samples lost for want of memory, since the beginning. */
	readonly dropped: number;
};

type Line = {readonly text: string; readonly bytes: number; readonly isSample: boolean};

/** `bytesMax` bounds what is kept; what must not be lost (who did what) may exceed it, but is small. */
export function createUnwritten(bytesMax: number): Unwritten {
	let lines: Line[] = [];
	let bytes = 0;
	let dropped = 0;

	/** Rare, so it may walk the queue; frees a tenth at once, so that it stays rare. */
	function dropSamples(): void {
		const target = bytesMax * 0.9;
		lines = lines.filter(line => {
			if (bytes <= target || !line.isSample) return true;
			bytes -= line.bytes;
			dropped++;
			return false;
		});
	}

	return {
		push(text, isSample) {
			const line = {text: `${text}\n`, bytes: Buffer.byteLength(text) + 1, isSample};
			lines.push(line);
			bytes += line.bytes;
			if (bytes > bytesMax) dropSamples();
		},
		takeAll() {
			if (lines.length === 0) return undefined;
			const all = Buffer.from(lines.map(({text}) => text).join(''));
			lines = [];
			bytes = 0;
			return all;
		},
		get bytes() {
			return bytes;
		},
		get dropped() {
			return dropped;
		},
	};
}
