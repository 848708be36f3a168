export const artifactOutcomes = ['promoted', 'rolled-back'] as const;

/** A file, or several by a `*` in its name, that a session's `artifacts/` must hold. */
export type RequiredFile = {
	/** Below `artifacts/`; `*` stands for any text. */
	readonly name: string;
	/** At least so many different files whose name fits; 1 where absent. */
	readonly count?: number;
	/** At least so many lines of METRICS_CHECKS.log. */
	readonly checks?: number;
	/** Only of a session that ended so; of any where absent. */
	readonly when?: (typeof artifactOutcomes)[number];
};

/** Checkpoints by the names of their files: `T+15m`. */
export type RequiredCheckpoints = {readonly checkpoints: readonly string[]; readonly when?: RequiredFile['when']};

/** What a decision asks for beside the planned checkpoints. A bare text is the name of a file (and all that older journals hold). */
export type RequiredArtifact = string | RequiredFile | RequiredCheckpoints;

/** The files among them. */
export const requiredNames = (required: readonly RequiredArtifact[] = []): readonly RequiredFile[] =>
	required.flatMap(one => (typeof one === 'string' ? [{name: one}] : 'name' in one ? [one] : []));

/** Whether a file's name is, or fits, the one asked for. Linear in its length, whatever the pattern. */
export function nameFits(pattern: string, name: string): boolean {
	const parts = pattern.split('*');
	const [first = '', ...rest] = parts;
	const last = rest.pop();
	if (last === undefined) return pattern === name;
	if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last)) return false;
	let at = first.length;
	for (const part of rest) {
		const found = name.indexOf(part, at);
		if (found === -1 || found + part.length > name.length - last.length) return false;
		at = found + part.length;
	}
	return at <= name.length - last.length;
}

/** Files that are made because they are asked for; `*` stands for a number or a group. docs/report.md says what is in them. */
export const documentNames: readonly string[] = [
	'alert-rules.yaml',
	'dashboard-*.json',
	'PREFLIGHT.md',
	'STAGE_REPORT-*.md',
	'PROMOTION_RECORD.md',
	'ROLLBACK_RECORD.md',
	'INCIDENT_REPORT.md',
	'EXECUTION_SUMMARY.md',
	'FINAL_REPORT.md',
	'AB_REPORT.md',
	'REVIEW.md',
];

/** Whether any of them is asked for. */
export const asksForDocuments = (required: readonly RequiredArtifact[] = []): boolean =>
	requiredNames(required).some(({name}) => documentNames.some(one => nameFits(one, name) || nameFits(name, one)));
