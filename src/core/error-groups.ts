import type {ErrorGroupDelta} from './event.ts';
import {signatureOf} from './signature.ts';

/** An error line, parsed, as the collector takes it: texts as they came. They are cleaned when, and only if, they are shown. */
export type ErrorLine = {
	readonly signature: string;
	readonly code: string;
	readonly level: string;
	readonly side: ErrorGroupDelta['side'];
	readonly message: string;
	readonly raw: string;
};

/** Makes text from outside fit to be shown: no secrets, nothing a terminal would obey, at most so many columns. */
export type CleanText = (text: string, columnsMax: number) => string;

/** A sample is read by a person in a pane or a detail view. */
export const sampleColumnsMax = 400;
const messageColumnsMax = 1_000;
const nameColumnsMax = 64;

export type CollectorLimits = {
	/** Groups in one batch; lines of further ones are summed up in one. */
	readonly batchGroupsMax: number;
	/** Of these, groups never seen before: what a log without signatures may add to the journal in one batch. */
	readonly batchNewMax: number;
	/** Signatures remembered as seen, the least recently seen forgotten first. */
	readonly knownMax: number;
};

/** A batch leaves up to four times a second and ends up in the journal: under attack this is about 30 kB/s. */
export const collectorLimits: CollectorLimits = {batchGroupsMax: 50, batchNewMax: 12, knownMax: 500};

/** The group of all lines whose own group did not fit. */
export const otherSignature = '(other messages)';

export type ErrorCollector = {
	add(line: ErrorLine): void;
	/** What came since the last call, in order of first sight; empties the collector. */
	take(clean: CleanText): ErrorGroupDelta[];
	/** Signatures remembered, forgotten for newer ones, and lines that went into {@link otherSignature}. */
	counts(): {readonly known: number; readonly forgotten: number; readonly other: number};
};

/** Gathers error lines into groups between two batches. Bounded whatever comes; every line added is in exactly one group's count. */
export function createErrorCollector({batchGroupsMax, batchNewMax, knownMax}: CollectorLimits = collectorLimits): ErrorCollector {
	/** In order of last sight. */
	const known = new Set<string>();
	let pending = new Map<string, {line: ErrorLine; count: number}>();
	let newInBatch = 0;
	let forgotten = 0;
	let other = 0;

	function remember(key: string): void {
		if (!known.delete(key) && known.size >= knownMax) {
			known.delete(known.values().next().value ?? '');
			forgotten++;
		}
		known.add(key);
	}

	function keyFor(line: ErrorLine): string {
		const key = `${line.side}\n${line.code}\n${line.signature}`;
		if (pending.has(key)) return key;
		const isNew = !known.has(key);
		if (pending.size >= batchGroupsMax || (isNew && newInBatch >= batchNewMax)) return `${line.side}\n\n${otherSignature}`;
		if (isNew) newInBatch++;
		return key;
	}

	function add(line: ErrorLine): void {
		const key = keyFor(line);
		const isOther = key.endsWith(`\n${otherSignature}`);
		if (isOther) other++;
		else remember(key);
		const group = pending.get(key);
		if (group) {
			group.count++;
			group.line = isOther ? {...line, signature: otherSignature, code: ''} : line;
		} else {
			pending.set(key, {line: isOther ? {...line, signature: otherSignature, code: ''} : line, count: 1});
		}
	}

	function take(clean: CleanText): ErrorGroupDelta[] {
		const groups = [...pending.values()].map(({line: {signature, code, level, side, message, raw}, count}) => ({
			// Signed once more without the secrets: half a password is left of one whose digits are masked.
			signature: signature === otherSignature ? signature : signatureOf(clean(message, messageColumnsMax)),
			code: clean(code, nameColumnsMax),
			level: clean(level, nameColumnsMax),
			side,
			count,
			sample: clean(raw, sampleColumnsMax),
		}));
		pending = new Map();
		newInBatch = 0;
		return groups;
	}

	return {add, take, counts: () => ({known: known.size, forgotten, other})};
}
