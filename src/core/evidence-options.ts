import type {CommandCheck, HttpRequestOptions} from './preflight-options.ts';

/** What is gathered after a rollback, as the profile says it. `name` is also the name of its file. */
export type EvidenceOptions = {readonly name: string; readonly timeoutMs: number} & EvidenceWhat;

export type EvidenceWhat =
	/** The last lines of the newest file that fits: `*` may stand in its last part. */
	| {readonly kind: 'log'; readonly path: string; readonly lines: number}
	| ({readonly kind: 'page'} & HttpRequestOptions)
	/** Every error code that was seen, counted and sorted. */
	| {readonly kind: 'errors'}
	| ({readonly kind: 'command'} & CommandCheck);

export const evidenceKinds = ['log', 'page', 'errors', 'command'] as const;
