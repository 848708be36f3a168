import type {CommandCheck, HttpRequestOptions} from './preflight-options.ts';

/** Behind what a piece of evidence is gathered: the first weight, the promoted end, a rollback. */
export const evidenceTimes = ['start', 'promotion', 'rollback'] as const;
export type EvidenceTime = (typeof evidenceTimes)[number];

/** What is gathered, as the profile says it. `name` is also the name of its file. */
export type EvidenceOptions = {readonly name: string; readonly after: EvidenceTime; readonly timeoutMs: number} & EvidenceWhat;

export type EvidenceWhat =
	/** The last lines of the newest file that fits: `*` may stand in its last part. */
	| {readonly kind: 'log'; readonly path: string; readonly lines: number}
	| ({readonly kind: 'page'} & HttpRequestOptions)
	/** Every error code that was seen, counted and sorted. */
	| {readonly kind: 'errors'}
	| ({readonly kind: 'command'} & CommandCheck);

export const evidenceKinds = ['log', 'page', 'errors', 'command'] as const;
