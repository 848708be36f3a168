/** Go's float functions where JavaScript's differ: Prometheus computes with Go's. */

/** `1 ^ NaN` and `(-1) ^ ±Inf` are 1. */
export function goPow(base: number, exponent: number): number {
	if (base === 1) return 1;
	if (base === -1 && Math.abs(exponent) === Number.POSITIVE_INFINITY) return 1;
	return base ** exponent;
}

/** +Inf wins over NaN. */
export const goMax = (a: number, b: number): number =>
	a === Number.POSITIVE_INFINITY || b === Number.POSITIVE_INFINITY ? Number.POSITIVE_INFINITY : Math.max(a, b);

/** -Inf wins over NaN. */
export const goMin = (a: number, b: number): number =>
	a === Number.NEGATIVE_INFINITY || b === Number.NEGATIVE_INFINITY ? Number.NEGATIVE_INFINITY : Math.min(a, b);

const decimal = /^[+-]?(?:\d+(?:_?\d+)*\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const special = /^([+-]?)(?:inf|infinity)$/i;

/** A float as Go's ParseFloat reads it (hex floats left out), or undefined. */
export function parseGoFloat(text: string): number | undefined {
	if (decimal.test(text) && !text.includes('_')) {
		const value = Number(text);
		return Number.isFinite(value) ? value : undefined;
	}
	const infinite = special.exec(text);
	if (infinite) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
	return text.toLowerCase() === 'nan' ? Number.NaN : undefined;
}

/** The shortest digits of a float without an exponent. */
export function formatPlain(value: number): string {
	if (Number.isNaN(value)) return 'NaN';
	if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
	if (Object.is(value, -0)) return '-0';
	const text = String(value);
	const [digits = '', exponentText] = text.split('e');
	if (exponentText === undefined) return text;
	const exponent = Number(exponentText);
	const sign = digits.startsWith('-') ? '-' : '';
	const [whole = '', fraction = ''] = digits.replace('-', '').split('.');
	if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${whole}${fraction}`;
	return `${sign}${whole}${fraction.padEnd(exponent, '0')}`;
}
