import type {BurstProgress, BurstSummary} from '../../core/facts/burst.ts';

/** What became of one request. */
export type Outcome = {readonly status?: number; readonly ok: boolean; readonly tookMs: number};

/** Nearest rank: the smallest value that at least this share lies at or below. The list is sorted. */
export const percentile = (sorted: readonly number[], share: number): number | null =>
	sorted.length === 0 ? null : (sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null);

export function summarise(outcomes: readonly Outcome[], planned: number, tookMs: number): BurstSummary {
	const ok = outcomes.filter(one => one.ok).length;
	const total = outcomes.length;
	const times = outcomes
		.filter(({status}) => status !== undefined)
		.map(one => one.tookMs)
		.sort((left, right) => left - right);
	const round = (value: number | null): number | null => (value === null ? null : Math.round(value * 10) / 10);
	const codes: Record<string, number> = {};
	for (const {status} of outcomes) {
		const code = String(status ?? 'error');
		codes[code] = (codes[code] ?? 0) + 1;
	}
	return {
		planned,
		total,
		ok,
		failed: total - ok,
		successPercent: total === 0 ? null : (100 * ok) / total,
		averageMs: times.length === 0 ? null : round(times.reduce((sum, time) => sum + time, 0) / times.length),
		p50Ms: round(percentile(times, 0.5)),
		p95Ms: round(percentile(times, 0.95)),
		p99Ms: round(percentile(times, 0.99)),
		maxMs: round(times.at(-1) ?? null),
		codes,
		tookMs: Math.round(tookMs),
	};
}

/** A server that answers with every status there is must not make each line of the record long. */
const codesToldMax = 10;

/** What an unfinished burst has come to. */
export function soFar(outcomes: readonly Outcome[]): BurstProgress {
	const {total, ok, failed, p50Ms, p95Ms, p99Ms, codes} = summarise(outcomes, outcomes.length, 0);
	const byCount = Object.entries(codes).sort(([, left], [, right]) => right - left);
	const rest = byCount.slice(codesToldMax).reduce((sum, [, count]) => sum + count, 0);
	const told = Object.fromEntries([...byCount.slice(0, codesToldMax), ...(rest > 0 ? [['other', rest] as const] : [])]);
	return {done: total, ok, failed, p50Ms, p95Ms, p99Ms, codes: told};
}
