/** '%' is already times 100 (99.41), 'ratio' is not (0.9941) and is shown as percent. 'none' is a bare number. */
export const units = ['ms', 's', '%', 'ratio', 'bytes', 'count', '/s', 'none'] as const;

export type Unit = (typeof units)[number];

/** Past 15 decimals a double has nothing more to say. */
const decimalsMax = 15;

/**
 * A value with its unit: '1,102 ms', '99.41 %', '12/s', '1.5 GiB'. `null` and `undefined` are 'no data'; 'NaN', '+Inf', '-Inf'.
 * Rounding never lies: a value other than 0 is not shown as 0, nor one below 100 % as 100 %; and given a `bound` (same unit), the
 * shown value stands on the same side of the bound as the true one ('99.597 %' beside '≥ 99.6'). A bound itself is shown with all
 * the digits it has by passing it as its own bound.
 */
export function formatValue(value: number | null | undefined, unit: Unit = 'none', bound?: number): string {
	if (value === null || value === undefined) return 'no data';
	if (Number.isNaN(value)) return 'NaN';
	if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
	if (unit === 'bytes') return formatBytes(value, bound);
	if (unit === 'ratio') return formatValue(percentOf(value), '%', bound === undefined ? undefined : percentOf(bound));
	return formatNumber(value, unit === '%' ? percentLandmarks(bound) : bound === undefined ? [0] : [0, bound]) + suffixes[unit];
}

/** 0.29 × 100 is 28.999999999999996; the number meant is 29. */
const percentOf = (ratio: number): number => Number((ratio * 100).toPrecision(15));

const percentLandmarks = (bound: number | undefined): number[] => (bound === undefined ? [0, 100] : [0, 100, bound]);

const suffixes: Readonly<Record<Exclude<Unit, 'bytes' | 'ratio'>, string>> = {
	ms: ' ms',
	s: ' s',
	'%': ' %',
	count: '',
	'/s': '/s',
	none: '',
};

/** A number without a unit, grouped by thousands: '1,102', '0.333', '-4.5'. About four digits, more where `landmarks` would be crossed. */
export function formatNumber(value: number, landmarks: readonly number[] = [0]): string {
	if (Number.isNaN(value)) return 'NaN';
	if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
	const size = Math.abs(value);
	if (size >= 1e15 || (size > 0 && size < 1e-9)) return value.toExponential(3).replace(/\.?0+e/, 'e');
	let decimals = decimalsFor(size);
	while (decimals < decimalsMax && landmarks.some(mark => crosses(value, mark, decimals))) decimals++;
	const text = value.toFixed(decimals);
	const honest = landmarks.some(mark => crosses(value, mark, decimals)) ? plainDigits(value) : text;
	return group(honest.includes('.') ? honest.replace(/\.?0+$/, '') : honest).replace(/^-0$/, '0');
}

/** Whole numbers from 1,000 up; below, four digits but no more than two decimals from 1 up, and three digits under 1. */
function decimalsFor(size: number): number {
	if (size === 0 || size >= 1_000) return 0;
	if (size >= 100) return 1;
	if (size >= 1) return 2;
	return Math.min(decimalsMax, 2 - Math.floor(Math.log10(size)));
}

/** Would rounding move the value onto the landmark, or to its other side? */
const crosses = (value: number, mark: number, decimals: number): boolean =>
	Math.sign(Number(value.toFixed(decimals)) - mark) !== Math.sign(value - mark);

const plainDigits = (value: number): string => {
	const text = String(value);
	return text.includes('e') ? value.toFixed(decimalsMax) : text;
};

const group = (text: string): string => {
	const [whole = '', fraction] = text.split('.');
	const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ',');
	return fraction === undefined ? grouped : `${grouped}.${fraction}`;
};

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

function formatBytes(value: number, bound: number | undefined): string {
	const size = Math.abs(value);
	// 1,023.999 KiB would be rounded to "1,024 KiB": step up a little before the power is full.
	const power = size < 1_023.5 ? 0 : Math.min(byteUnits.length - 1, Math.floor(Math.log2(size * 1.0005) / 10));
	const scale = 1_024 ** power;
	return `${formatNumber(value / scale, bound === undefined ? [0] : [0, bound / scale])} ${byteUnits[power]}`;
}
