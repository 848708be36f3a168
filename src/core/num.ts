/**
 * A number as it stands in the journal. JSON writes NaN and the infinities as null, and null must keep one meaning
 * ("the query answered, with no data"), so the three are spelled as Prometheus spells them.
 */
export type Num = number | 'NaN' | '+Inf' | '-Inf';

/** The journal's spelling of a float. */
export function toNum(value: number): Num {
	if (Number.isFinite(value)) return value;
	if (Number.isNaN(value)) return 'NaN';
	return value > 0 ? '+Inf' : '-Inf';
}

/** The float behind the journal's spelling. */
export function fromNum(num: Num): number {
	switch (num) {
		case 'NaN':
			return Number.NaN;
		case '+Inf':
			return Number.POSITIVE_INFINITY;
		case '-Inf':
			return Number.NEGATIVE_INFINITY;
		default:
			return num;
	}
}
