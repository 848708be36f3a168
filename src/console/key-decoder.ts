/**
 * One key press as the console reads it: a printable character, or a name (`enter`, `shift-tab`, `ctrl-d`).
 * `isolated`: it arrived alone, not in a burst and not on the heels of an escape sequence. On a laggy line the end of a split F3
 * arrives as `R`, and what a terminal answers leaks as letters: only an isolated press may do harm.
 */
export type Press =
	| {readonly type: 'key'; readonly key: string; readonly isolated: boolean}
	| {readonly type: 'paste'; readonly text: string};

export type KeyDecoder = {
	/** Takes what arrived at `atMs` (any monotonic clock). */
	feed(chunk: string, atMs: number): readonly Press[];
	/** Something begun waits for its end: call {@link settle} after {@link settleMs}. */
	readonly isWaiting: boolean;
	/** Nothing followed: a lone Escape is the key; the beginning of a longer sequence is nothing. */
	settle(atMs: number): readonly Press[];
};

/** Nobody presses a key so soon after another one has begun; a torn sequence is complete by then. */
export const settleMs = 50;
/** Nor one so soon after another key: what comes this close is a paste without its marks, or a line that hands on what it gathered. */
const burstMs = 10;
/** The rest of a sequence torn for longer than {@link settleMs} comes as letters: for this long no key is taken for a person's. */
const tornMs = 500;
/** A paste whose end got lost must not swallow keys for ever. */
const pasteStallMs = 1_000;

/** A paste longer than this is cut: no field of ours takes more. */
const pasteMax = 4_096;
const sequenceMax = 256;

const named: Readonly<Record<string, string>> = {
	'[A': 'up',
	'[B': 'down',
	'[C': 'right',
	'[D': 'left',
	'[H': 'home',
	'[F': 'end',
	'[Z': 'shift-tab',
	OA: 'up',
	OB: 'down',
	OC: 'right',
	OD: 'left',
	OH: 'home',
	OF: 'end',
	'[1~': 'home',
	'[4~': 'end',
	'[5~': 'page-up',
	'[6~': 'page-down',
	'[7~': 'home',
	'[8~': 'end',
	'[3~': 'delete',
	'[1;2C': 'shift-right',
	'[1;2D': 'shift-left',
};

const pasteStart = '[200~';
const pasteEnd = '\x1B[201~';

export function createKeyDecoder(): KeyDecoder {
	let waiting = '';
	let paste: string | undefined;
	/** Until then nothing is isolated. */
	let quietUntilMs = Number.NEGATIVE_INFINITY;
	let fedAtMs = Number.NEGATIVE_INFINITY;
	let escapeAtMs = Number.NEGATIVE_INFINITY;

	function feed(chunk: string, atMs: number): readonly Press[] {
		const isWhole = waiting === '' && paste === undefined;
		const isAlone = isWhole && [...chunk].length === 1 && atMs > quietUntilMs && atMs - fedAtMs > burstMs;
		const presses: Press[] = atMs - fedAtMs > pasteStallMs ? abandonPaste() : [];
		fedAtMs = atMs;
		let rest = waiting + chunk;
		waiting = '';
		while (rest !== '') {
			if (paste !== undefined) rest = takePaste(rest, presses);
			else if (rest.startsWith('\x1B')) rest = takeSequence(rest, atMs, presses);
			else {
				const [first = ''] = rest;
				presses.push({type: 'key', key: plainName(first), isolated: isAlone});
				// What followed an Escape so late that it was taken for the key: the next letter is its end.
				if ((first === '[' || first === 'O') && atMs - escapeAtMs < tornMs) quietUntilMs = atMs + tornMs;
				rest = rest.slice(first.length);
			}
		}
		return presses;
	}

	function abandonPaste(): Press[] {
		if (paste === undefined) return [];
		const text = paste + waiting;
		paste = undefined;
		waiting = '';
		return [{type: 'paste', text}];
	}

	/** What lies between the marks of a bracketed paste, over as many chunks as it takes. */
	function takePaste(text: string, presses: Press[]): string {
		const end = text.indexOf(pasteEnd);
		if (end === -1) {
			// The end mark itself may be torn.
			const keep = Math.max(0, text.length - pasteEnd.length + 1);
			const torn = text.slice(keep).indexOf('\x1B');
			const cut = torn === -1 ? text.length : keep + torn;
			paste = ((paste ?? '') + text.slice(0, cut)).slice(0, pasteMax);
			waiting = text.slice(cut);
			return '';
		}
		presses.push({type: 'paste', text: ((paste ?? '') + text.slice(0, end)).slice(0, pasteMax)});
		paste = undefined;
		return text.slice(end + pasteEnd.length);
	}

	function takeSequence(text: string, atMs: number, presses: Press[]): string {
		quietUntilMs = Math.max(quietUntilMs, atMs + settleMs);
		const length = sequenceLength(text);
		if (length === undefined) {
			// Longer than any answer of a terminal: dropped, and what follows of it comes as letters.
			if (text.length > sequenceMax) quietUntilMs = atMs + tornMs;
			else waiting = text;
			return '';
		}
		const body = text.slice(1, length);
		const key = named[body];
		if (body === pasteStart) paste = '';
		// A sequence is whole, but never harmless: no name in the table above does harm.
		else if (key !== undefined) presses.push({type: 'key', key, isolated: false});
		return text.slice(length);
	}

	return {
		feed,
		get isWaiting() {
			return waiting !== '' && paste === undefined;
		},
		settle(atMs) {
			// The end mark of a paste may be torn for as long as the paste itself.
			if (waiting === '' || paste !== undefined) return [];
			const wasEscape = waiting === '\x1B';
			waiting = '';
			quietUntilMs = atMs + (wasEscape ? settleMs : tornMs);
			if (wasEscape) escapeAtMs = atMs;
			return wasEscape ? [{type: 'key', key: 'escape', isolated: true}] : [];
		},
	};
}

/** Characters of the escape sequence that `text` begins with; undefined while its end is missing. */
function sequenceLength(text: string): number | undefined {
	const introducer = text[1];
	switch (introducer) {
		case undefined:
			return undefined;
		case '[':
			return csiLength(text);
		case 'O':
			return text.length >= 3 ? 3 : undefined;
		case ']':
		case 'P':
		case '_':
		case '^':
		case 'X': {
			// What a terminal answers: up to BEL or ST, and none of it is a key.
			const end = /\x07|\x1B\\/.exec(text.slice(2));
			return end ? 2 + end.index + end[0].length : undefined;
		}
		case '\x1B':
			return 1;
		default:
			return 1 + (text.codePointAt(1)! > 0xffff ? 2 : 1);
	}
}

function csiLength(text: string): number | undefined {
	// The oldest mouse report: three bytes of any value behind it.
	if (text[2] === 'M') return text.length >= 6 ? 6 : undefined;
	// The Linux console's F1 to F5: \x1B[[A to \x1B[[E.
	if (text[2] === '[') return text.length >= 4 ? 4 : undefined;
	const end = /[\x40-\x7E]/.exec(text.slice(2));
	return end ? 3 + end.index : undefined;
}

function plainName(character: string): string {
	const code = character.codePointAt(0) ?? 0;
	if (character === '\r' || character === '\n') return 'enter';
	if (character === '\t') return 'tab';
	if (code === 0x7f || code === 8) return 'backspace';
	if (code < 27 && code > 0) return `ctrl-${String.fromCharCode(code + 96)}`;
	return code < 32 ? 'unknown' : character;
}
