import {cpus, loadavg, release, totalmem} from 'node:os';

export type Spread = {
	readonly count: number;
	readonly min: number;
	readonly p50: number;
	readonly p90: number;
	readonly p99: number;
	readonly max: number;
};

/** Quantiles by nearest rank: each is a value that was measured. NaN for none. */
export function spread(values: readonly number[]): Spread {
	const sorted = values.toSorted((left, right) => left - right);
	const at = (share: number): number => round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN);
	return {count: sorted.length, min: at(0), p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1)};
}

/** The middle one; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
	const sorted = values.toSorted((left, right) => left - right);
	const [low = Number.NaN, high = low] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
	return round((low + high) / 2);
}

export const round = (value: number, digits = 2): number => Math.round(value * 10 ** digits) / 10 ** digits;

/** An aim beside what came out: `met` is the judgement, so that nobody has to compare by eye. */
export const aim = (figure: number, atMost: number, unit: string) => ({figure, atMost, unit, met: figure <= atMost});

/** What the figures were measured on. */
export const machine = () => ({
	cpu: cpus()[0]?.model ?? 'unknown',
	cores: cpus().length,
	memoryMb: Math.round(totalmem() / 1024 ** 2),
	kernel: release(),
	node: process.version,
	loadAverageBefore: loadavg().map(one => round(one)),
});

/** Progress goes to standard error: standard output is one JSON. */
export const progress = (text: string): void => void process.stderr.write(`${text}\n`);
