/** More pairs than any sane line has; bounds the work on a hostile one. */
const pairsMax = 64;

const isSpace = (char: string | undefined): boolean => char === ' ' || char === '\t';

/**
 * `level=error msg="it \"broke\"" code=X7 flag` → a map; a bare key is `true`, the first of two equal keys wins. Never fails: what
 * is no pair is left out. The map is empty for a line that is not logfmt at all.
 */
export function parseLogfmt(line: string): Map<string, string> {
	const pairs = new Map<string, string>();
	let at = 0;
	let assigned = 0;
	while (at < line.length && pairs.size < pairsMax) {
		while (isSpace(line[at])) at++;
		const keyStart = at;
		while (at < line.length && !isSpace(line[at]) && line[at] !== '=' && line[at] !== '"') at++;
		const key = line.slice(keyStart, at);
		let value = 'true';
		if (line[at] === '=') {
			[value, at] = readValue(line, at + 1);
			assigned++;
		} else if (line[at] === '"') {
			// A quote where a key should be: step over the string, it belongs to nothing.
			[, at] = readValue(line, at);
			continue;
		}
		if (key !== '' && !pairs.has(key)) pairs.set(key, value);
	}
	return assigned === 0 ? new Map() : pairs;
}

/** The value that starts at `start` and the position behind it. An unterminated quote ends with the line. */
function readValue(line: string, start: number): [value: string, next: number] {
	if (line[start] !== '"') {
		let end = start;
		while (end < line.length && !isSpace(line[end])) end++;
		return [line.slice(start, end), end];
	}
	let end = start + 1;
	let escaped = false;
	while (end < line.length && line[end] !== '"') {
		if (line[end] === '\\') {
			escaped = true;
			end++;
		}
		end++;
	}
	const inside = line.slice(start + 1, end);
	return [escaped ? inside.replace(/\\(.)/g, unescaped) : inside, end + 1];
}

const unescaped = (_whole: string, char: string): string => (char === 'n' ? '\n' : char === 't' ? '\t' : char);
