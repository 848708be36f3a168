import {createHash} from 'node:crypto';
import {assert} from '../base/assert.ts';
import {fail, ok, type Result} from '../base/result.ts';
import type {FactType, SessionEvent} from '../core/event.ts';
import {parseObject} from '../core/ndjson.ts';

/** Goes up when an older program could misread a journal. */
export const journalFormat = 1;

/** The first line. `startedAt` is ISO 8601 in UTC. */
export type JournalHeader = {
	readonly format: number;
	readonly product: string;
	readonly version: string;
	readonly profile: string;
	readonly startedAt: string;
};

/** An event of a type that this version does not know is kept in the file and passed by. */
export type Decoded =
	| {readonly kind: 'event'; readonly event: SessionEvent; readonly hash: string}
	| {readonly kind: 'unknown'; readonly seq: number; readonly type: string; readonly hash: string};

/** The chain is SHA-256 cut to its first 16 bytes: forging one link takes 2^128 tries, and every line carries 32 characters, not 64. */
const hashHexChars = 32;
const hashField = /,"hash":"([0-9a-f]{32})"\}$/;

export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, hashHexChars);

/** The hash of a line over the one before it; the first event's predecessor is the header line. */
export const chainHash = (previousHash: string, lineWithoutHash: string): string => hashOf(`${previousHash}\n${lineWithoutHash}`);

export const encodeHeader = (header: JournalHeader): string => JSON.stringify(header);

/** The header, or what is wrong with it, as a sentence. */
export function decodeHeader(line: string): Result<JournalHeader, string> {
	const header = parseObject(line);
	if (!header || typeof header['format'] !== 'number') return fail('The first line is no journal header.');
	if (header['format'] > journalFormat) {
		const by = `canary-console ${String(header['version'])}`;
		return fail(`The journal was written by ${by} in format ${header['format']}; this program reads up to ${journalFormat}.`);
	}
	return ok(header as JournalHeader);
}

/** One event as it stands in the file, without its line break: `{"seq","at","tMs","type",…,"hash"}`. `at` is `atMs` in ISO 8601. */
export function encodeEvent(event: SessionEvent, previousHash: string): {readonly line: string; readonly hash: string} {
	const {seq, atMs, tMs, type, ...rest} = event;
	const plain = JSON.stringify({seq, at: new Date(atMs).toISOString(), tMs, type, ...rest});
	const hash = chainHash(previousHash, plain);
	return {line: `${plain.slice(0, -1)},"hash":"${hash}"}`, hash};
}

/** Reads a line back, and checks its link to the line before when that one's hash is given. The error is a clause for people. */
export function decodeLine(line: string, previousHash?: string): Result<Decoded, string> {
	const stored = hashField.exec(line)?.[1];
	const parsed = parseObject(line);
	if (!parsed) return fail('is no JSON object');
	if (stored === undefined) return fail('carries no hash');
	if (previousHash !== undefined && chainHash(previousHash, `${line.slice(0, -hashHexChars - 11)}}`) !== stored) {
		return fail('does not follow from the line before it: one of the two was changed, or lines are missing between them');
	}
	const {hash: _, at, ...rest} = parsed;
	return decodeEvent({...rest, at: typeof at === 'string' ? Date.parse(at) : Number.NaN}, stored);
}

/** A line's members, with `at` in ms since 1970, as an event. */
export function decodeEvent({at: atMs, ...rest}: Readonly<Record<string, unknown>>, hash: string): Result<Decoded, string> {
	const {seq, tMs, type} = rest;
	if (!Number.isSafeInteger(seq) || typeof tMs !== 'number' || typeof type !== 'string' || !Number.isFinite(atMs)) {
		return fail('lacks one of seq, at, tMs, type');
	}
	if (!isKnown(type)) return ok({kind: 'unknown', seq: seq as number, type, hash});
	return ok({kind: 'event', event: {...rest, atMs} as unknown as SessionEvent, hash});
}

/** What our own encoder has just written can be read. */
export function decodeOwn(line: string): SessionEvent {
	const decoded = decodeLine(line);
	assert(decoded.ok && decoded.value.kind === 'event', 'a line we wrote can be read back');
	return decoded.value.event;
}

const isKnown = (type: string): type is FactType => Object.hasOwn(knownTypes, type);

/** A new fact does not compile until it stands here. */
const knownTypes = {
	'session-started': true,
	'controller-resumed': true,
	'controller-stopping': true,
	'session-ended': true,
	'clock-jumped': true,
	noticed: true,
	'tick-taken': true,
	'log-matched': true,
	'errors-seen': true,
	'split-read': true,
	'split-unreadable': true,
	'promote-asked': true,
	'rebalance-asked': true,
	'hold-asked': true,
	'resume-asked': true,
	'rollback-asked': true,
	'gradual-asked': true,
	'end-asked': true,
	'snapshot-asked': true,
	'note-added': true,
	'alert-acknowledged': true,
	notified: true,
	'alert-received': true,
	'alert-resolved': true,
	'signed-off': true,
	'dashboard-noted': true,
	'console-armed': true,
	'command-refused': true,
	'command-asked': true,
	'command-started': true,
	'command-stop-asked': true,
	'command-finished': true,
	'action-intended': true,
	'action-read-before': true,
	'action-verified': true,
	'action-failed': true,
	'action-aborted': true,
	'checkpoint-written': true,
	'checkpoint-failed': true,
	'artifact-written': true,
	'burst-started': true,
	'burst-progressed': true,
	'burst-finished': true,
	'evidence-collected': true,
	'preflight-asked': true,
	'preflight-started': true,
	'preflight-checked': true,
	'preflight-finished': true,
	'instance-start-intended': true,
	'instance-started': true,
	'instance-checked': true,
	'instance-failed': true,
	'instance-ended': true,
	'instance-stop-asked': true,
	'instance-stop-intended': true,
	'instance-stopped': true,
	'instance-stop-failed': true,
	'baseline-restart-asked': true,
	'baseline-restart-intended': true,
	'baseline-restart-started': true,
	'baseline-restarted': true,
} as const satisfies Record<FactType, true>;
