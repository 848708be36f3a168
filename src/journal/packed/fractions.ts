/** A double as a fraction of two whole numbers, and how many steps of the last bit it lies beside their quotient. */
export type Fraction = {readonly numerator: number; readonly denominator: number; readonly steps: number};

const denominatorMax = 2 ** 24;
const numeratorMax = 2 ** 34;
/** An interpolation rounds a few times on its way, and a difference of near values makes more of it. */
const stepsMax = 64;

const view = new DataView(new ArrayBuffer(8));

/** The double that lies so many steps of the last bit beside. */
export function stepped(value: number, steps: number): number {
	if (steps === 0) return value;
	view.setFloat64(0, value);
	view.setBigInt64(0, view.getBigInt64(0) + BigInt(steps));
	return view.getFloat64(0);
}

function stepsBetween(from: number, to: number): number {
	view.setFloat64(0, from);
	const first = view.getBigInt64(0);
	view.setFloat64(0, to);
	return Number(view.getBigInt64(0) - first);
}

/** The simplest fraction that is as good as equal, by its continued fraction; undefined when there is none of small numbers. */
export function fractionOf(value: number): Fraction | undefined {
	if (!Number.isFinite(value) || Object.is(value, -0) || Math.abs(value) > numeratorMax) return undefined;
	if (value === 0) return {numerator: 0, denominator: 1, steps: 0};
	const target = Math.abs(value);
	let [numerator, before] = [1, 0];
	let [denominator, beneath] = [0, 1];
	let rest = target;
	for (let term = 0; term < 24; term++) {
		const whole = Math.floor(rest);
		[numerator, before] = [whole * numerator + before, numerator];
		[denominator, beneath] = [whole * denominator + beneath, denominator];
		if (denominator > denominatorMax || numerator > numeratorMax) return undefined;
		const quotient = numerator / denominator;
		if (quotient > 0 && Math.abs(quotient - target) <= stepsMax * Number.EPSILON * target) {
			const signed = value < 0 ? -numerator : numerator;
			const steps = stepsBetween(signed / denominator, value);
			if (Math.abs(steps) <= stepsMax && stepped(signed / denominator, steps) === value)
				return {numerator: signed, denominator, steps};
		}
		const left = rest - whole;
		if (left === 0) return undefined;
		rest = 1 / left;
	}
	return undefined;
}

/**
 * Fractions come out reduced, which hides that a count grew by two: each is made larger again by a whole number, so that its denominator
 * comes next to the one before it.
 */
export function alignFractions(fractions: readonly Fraction[]): readonly Fraction[] {
	let target = fractions.slice(0, 64).reduce((most, {denominator}) => Math.max(most, denominator), 1);
	return fractions.map(fraction => {
		const {numerator, denominator, steps} = fraction;
		const times = Math.max(1, Math.round(target / denominator));
		const isSafe = Math.abs(numerator * times) < alignedMax && denominator * times < alignedMax;
		const aligned = isSafe ? {numerator: numerator * times, denominator: denominator * times, steps} : fraction;
		target = Math.max(aligned.denominator, target / 2);
		return aligned;
	});
}

const alignedMax = 2 ** 48;
