import {z} from 'zod';

const metricsPages = ['ok', 'hung', 'empty', 'garbage', 'error', 'reset', 'endless', 'huge'] as const;

/**
 * Body of `POST /fault`: what is named changes, the rest stays. Shares are 0 to 1 and exact (every second request at 0.5), so
 * that a test does not depend on luck.
 */
export const faultChange = z.strictObject({
	/** Share of work requests answered 500. */
	errorRate: z.number().min(0).max(1).optional(),
	/** Share of work requests answered 429, as a rate limiter does. */
	limitRate: z.number().min(0).max(1).optional(),
	/** Share of event streams broken off half way. */
	sseBreakRate: z.number().min(0).max(1).optional(),
	/** Added to every work request. */
	latencyMs: z.number().min(0).max(60_000).optional(),
	/** Row-level security policy errors, counted and logged at once. */
	rlsViolations: z.number().int().min(0).max(1000).optional(),
	/** Attempts to read another tenant's rows, counted and logged at once. */
	crossTenantAttempts: z.number().int().min(0).max(1000).optional(),
	/** What all metrics pages do: never end, are empty, are no exposition text, 500, are cut off, never stop, are 64 MB. */
	metricsPage: z.enum(metricsPages).optional(),
	/** `GET /health` answers 503. */
	unhealthy: z.boolean().optional(),
	/** Memory kept for ever, up to 256 MB. */
	leakBytesPerSecond: z
		.number()
		.min(0)
		.max(256 * 1024 * 1024)
		.optional(),
	/** The process ends at once with code 70. */
	crash: z.literal(true).optional(),
});

export type FaultChange = z.input<typeof faultChange>;

type Lasting = Exclude<keyof FaultChange, 'rlsViolations' | 'crossTenantAttempts' | 'crash'>;

export type Faults = {-readonly [Name in Lasting]-?: NonNullable<FaultChange[Name]>};

export const noFaults: Faults = {
	errorRate: 0,
	limitRate: 0,
	sseBreakRate: 0,
	latencyMs: 0,
	metricsPage: 'ok',
	unhealthy: false,
	leakBytesPerSecond: 0,
};

/** Says true for exactly the given share of its calls, evenly spread. */
export function createShare(): (share: number) => boolean {
	let owed = 0;
	return share => {
		owed += share;
		// Adding 0.1 ten times gives a little less than 1.
		if (owed < 1 - 1e-9) return false;
		owed -= 1;
		return true;
	};
}

const leakEveryMs = 100;
const leakBytesMax = 256 * 1024 * 1024;

/** Really holds the memory: filled, so that the kernel has to give it. */
export function startLeak(bytesPerSecond: () => number): void {
	const kept: Buffer[] = [];
	let keptBytes = 0;
	setInterval(() => {
		const bytes = Math.floor((bytesPerSecond() * leakEveryMs) / 1000);
		if (bytes === 0 || keptBytes + bytes > leakBytesMax) return;
		kept.push(Buffer.alloc(bytes, 1));
		keptBytes += bytes;
	}, leakEveryMs).unref();
}
