import type {Fact, SessionEvent} from '../core/event.ts';
import {decodeOwn, encodeEvent} from './codec.ts';

/** The end of a journal that something is added to. */
export type JournalEnd = {readonly seq: number; readonly tMs: number; readonly atMs: number; readonly hash: string};

/** Events that were added, and where the journal ends with them. */
export type AddedFacts = {
	readonly events: readonly SessionEvent[];
	readonly end: {readonly seq: number; readonly hash: string};
};

/** Lines for the facts, each with its line break, and the events that a reader will make of them. */
export function linesFor(facts: readonly Fact[], end: JournalEnd, nowMs: number) {
	const atMs = Math.floor(nowMs);
	const tMs = end.tMs + Math.max(0, atMs - end.atMs);
	let {hash} = end;
	const lines = facts.map((fact, index) => {
		const encoded = encodeEvent({...fact, seq: end.seq + 1 + index, atMs, tMs}, hash);
		hash = encoded.hash;
		return encoded.line;
	});
	return {text: lines.map(line => `${line}\n`).join(''), events: lines.map(decodeOwn), hash};
}
