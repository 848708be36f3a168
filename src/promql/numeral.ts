/**
 * The value of a numeral as Prometheus reads it: first as a Go integer (a leading zero means octal, `0x` hex, `_` between
 * digits), then as a Go float. Undefined if it is neither, or beyond what a float can hold.
 */
export function parseNumeral(text: string): number | undefined {
	const lower = text.toLowerCase();
	if (lower === 'inf' || lower === 'infinity') return Number.POSITIVE_INFINITY;
	if (lower === 'nan') return Number.NaN;
	if (lower.includes('_') && !/^(?:0x_?)?[0-9a-f.+-]+(?:_[0-9a-f.+-]+)*$/.test(lower)) return undefined;
	const plain = lower.replaceAll('_', '');
	if (/^0x[0-9a-f]+$/.test(plain)) return Number(plain);
	if (/^0[0-7]+$/.test(plain)) return Number(`0o${plain.slice(1)}`);
	if (!/^(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/.test(plain)) return undefined;
	const value = Number(plain);
	return Number.isFinite(value) ? value : undefined;
}

/** Go's `%g` of a float: the shortest digits, an exponent of two digits at least below 1e-4 and from seven digits on. */
export function formatNumber(value: number): string {
	if (Number.isNaN(value)) return 'NaN';
	if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
	if (Object.is(value, -0)) return '-0';
	const magnitude = Math.abs(value);
	// Where strconv's %g with the shortest precision switches.
	if (magnitude === 0 || (magnitude >= 1e-4 && magnitude < 1e6)) return String(value);
	return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}
