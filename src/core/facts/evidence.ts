/** One collector has ended. What it wrote is an `artifact-written` of its own. */
export type EvidenceCollected = {
	readonly type: 'evidence-collected';
	readonly name: string;
	readonly ok: boolean;
	readonly message: string;
	readonly tookMs: number;
};
