/** Server clock minus ours lies in between, in ms. */
export type SkewBounds = {readonly lowMs: number; readonly highMs: number};

export type Skew = {readonly ms: number /** Half the width of what is possible. */; readonly errorMs: number};

/** Measurements that count; older ones could hide a clock that drifts. */
const kept = 60;

/**
 * What one answer proves. The server read its clock after we sent and before we received, so (Cristian's bound)
 * `stamp - received <= skew <= stamp + resolution - sent`. Both clocks are read in whole units, cut off below.
 */
export function skewBounds(stampMs: number, resolutionMs: number, sentAtMs: number, receivedAtMs: number): SkewBounds {
	return {lowMs: stampMs - (receivedAtMs + 1), highMs: stampMs + resolutionMs - sentAtMs};
}

/** A stamp in whole seconds may stand for any time within that second (VictoriaMetrics, header `date`). */
export const resolutionOf = (stampMs: number): number => (stampMs % 1_000 === 0 ? 1_000 : 1);

/**
 * Keeps the intersection of the last measurements: it gets narrower than any single one. Where the newest contradicts the others,
 * somebody set a clock, and it starts anew.
 */
export function createSkewEstimator() {
	let seen: SkewBounds[] = [];
	return {
		/** The measurements of one tick count as one. */
		observeAll(ofTick: readonly SkewBounds[]): void {
			const bounds = intersection(ofTick) ?? ofTick[0];
			if (!bounds || bounds.lowMs > bounds.highMs) return;
			seen = [...seen, bounds].slice(-kept);
			if (!intersection(seen)) seen = [bounds];
		},
		/** Undefined before the first measurement. */
		current(): Skew | undefined {
			const all = intersection(seen);
			return all && {ms: (all.lowMs + all.highMs) / 2, errorMs: (all.highMs - all.lowMs) / 2};
		},
	};
}

export type SkewEstimator = ReturnType<typeof createSkewEstimator>;

function intersection(all: readonly SkewBounds[]): SkewBounds | undefined {
	if (all.length === 0) return undefined;
	const lowMs = Math.max(...all.map(({lowMs}) => lowMs));
	const highMs = Math.min(...all.map(({highMs}) => highMs));
	return lowMs <= highMs ? {lowMs, highMs} : undefined;
}

/** Worth telling only where the clocks certainly differ. */
export const reportedSkew = (skew: Skew | undefined): number | undefined =>
	skew && Math.abs(skew.ms) > skew.errorMs ? Math.round(skew.ms) : undefined;
