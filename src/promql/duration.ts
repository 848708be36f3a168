const unitsMs = [
	['y', 365 * 24 * 3_600_000],
	['w', 7 * 24 * 3_600_000],
	['d', 24 * 3_600_000],
	['h', 3_600_000],
	['m', 60_000],
	['s', 1_000],
	['ms', 1],
] as const;

const pattern = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

/** Prometheus keeps durations as nanoseconds in an int64: about 292 years. */
export const durationMsMax = 9_223_372_036_854;

/** `1h30m` in milliseconds, or undefined for a wrong unit, a wrong order, or more than 292 years. `0` needs no unit. */
export function parseDuration(text: string): number | undefined {
	if (text === '0') return 0;
	const parts = text === '' ? null : pattern.exec(text);
	if (!parts) return undefined;
	const total = unitsMs.reduce((sum, [, ms], i) => sum + Number(parts[i + 1] ?? 0) * ms, 0);
	return total <= durationMsMax ? total : undefined;
}

/** The shortest text that `parseDuration` reads back; years and weeks only where they come out even, as Prometheus prints. */
export function formatDuration(durationMs: number): string {
	if (durationMs === 0) return '0s';
	let rest = durationMs;
	let text = '';
	for (const [unit, ms] of unitsMs) {
		const mustBeEven = unit === 'y' || unit === 'w';
		if (mustBeEven && rest % ms !== 0) continue;
		const count = Math.floor(rest / ms);
		if (count > 0) text += `${count}${unit}`;
		rest -= count * ms;
	}
	return text;
}
