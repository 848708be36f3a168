/**
 * Columns of a text on a terminal, where that can be told at a glance: printable ASCII, letters of Western Europe, dashes, arrows,
 * signs of mathematics, lines and blocks, braille and ticks, one column each, and colours (SGR sequences), which take none. Undefined for everything else:
 * then whole clusters have to be looked at. Says what `string-width` 9 says, without its tables of emoji, which take 60 ms to load.
 */
export function plainWidth(text: string): number | undefined {
	let columns = 0;
	for (let at = 0; at < text.length; at++) {
		const code = text.charCodeAt(at);
		if ((code >= 0x20 && code <= 0x7e) || isPlain(code)) columns++;
		else if (code === 0x1b) {
			const end = sgrEnd(text, at);
			if (end === undefined) return undefined;
			at = end;
		} else return undefined;
	}
	return columns;
}

/** A character of one column that neither joins its neighbours nor is joined to them. */
const isPlain = (code: number): boolean =>
	(code >= 0xa1 && code <= 0x2ff && code !== 0xad) ||
	(code >= 0x2010 && code <= 0x2027) ||
	(code >= 0x2190 && code <= 0x22ff) ||
	(code >= 0x2500 && code <= 0x25fc) ||
	code === 0x2713 ||
	code === 0x2717 ||
	(code >= 0x2800 && code <= 0x28ff);

/** Index of the `m` that ends the sequence which begins at `start`; undefined when it is another one. */
function sgrEnd(text: string, start: number): number | undefined {
	if (text[start + 1] !== '[') return undefined;
	for (let at = start + 2; at < text.length; at++) {
		const code = text.charCodeAt(at);
		const isParameter = (code >= 0x30 && code <= 0x39) || code === 0x3b;
		if (!isParameter) return code === 0x6d ? at : undefined;
	}
	return undefined;
}
