import {type ByteReader, ByteWriter, unzigzag, zigzag} from './bytes.ts';
import {alignFractions, fractionOf, stepped} from './fractions.ts';

/** One way to write doubles. `write` gives undefined where it can't give back the very same doubles. */
export type Spelling = {
	write(values: readonly number[]): Buffer | undefined;
	read(from: ByteReader, count: number): number[];
};

/** Differences must stay exact. */
const wholeMax = 2 ** 51;
const isWhole = (value: number): boolean => Number.isInteger(value) && Math.abs(value) < wholeMax && !Object.is(value, -0);

/** Whole numbers as they are: what jumps about. */
const plain: Spelling = {
	write: values => (values.every(isWhole) ? varints(values) : undefined),
	read(from, count) {
		const values: number[] = [];
		for (let index = 0; index < count; index++) values.push(unzigzag(from.varint()));
		return values;
	},
};

/** Whole numbers by their differences: counters, sizes. */
const differences: Spelling = {
	write: values => (values.every(isWhole) ? varints(differencesOf(values)) : undefined),
	read: (from, count) => sumsOf(plain.read(from, count)),
};

/** By the differences of the differences: numbers of lines, time by the clock. */
const seconds: Spelling = {
	write: values => (values.every(isWhole) ? varints(differencesOf(differencesOf(values))) : undefined),
	read: (from, count) => sumsOf(sumsOf(plain.read(from, count))),
};

/** Decimals with at most nine places, as whole numbers of the smallest place, by their differences. */
const decimals: Spelling = {
	write(values) {
		const places = placesOf(values);
		if (places === undefined) return undefined;
		const scale = 10 ** places;
		const wholes = values.map(value => Math.round(value * scale));
		const bytes = new ByteWriter();
		bytes.byte(places);
		bytes.raw(varints(differencesOf(wholes)));
		return bytes.done();
	},
	read(from, count) {
		const scale = 10 ** from.byte();
		return differences.read(from, count).map(whole => whole / scale);
	},
};

const placesMax = 9;

function placesOf(values: readonly number[]): number | undefined {
	let places = 0;
	for (const value of values) {
		if (Object.is(value, -0)) return undefined;
		while (Math.round(value * 10 ** places) / 10 ** places !== value) if (++places > placesMax) return undefined;
	}
	return values.every(value => Math.abs(value * 10 ** places) < wholeMax) ? places : undefined;
}

/** The eight bytes of each, the first bytes of all together, then the second …: what signs and exponents share comes together. */
const planes: Spelling = {
	write(values) {
		const bytes = Buffer.from(Float64Array.from(values).buffer);
		const out = Buffer.alloc(bytes.length);
		for (let at = 0; at < bytes.length; at++) out[(at % 8) * values.length + (at >> 3)] = bytes[at] ?? 0;
		return out;
	},
	read(from, count) {
		const planes = from.raw(8 * count);
		const bytes = new Uint8Array(8 * count);
		for (let at = 0; at < bytes.length; at++) bytes[at] = planes[(at % 8) * count + (at >> 3)] ?? 0;
		return [...new Float64Array(bytes.buffer)];
	},
};

/**
 * As fractions of small whole numbers: a rate is a count over a window, a share a count over another, a quantile a point between two
 * bounds by counts. Denominators move slowly, and a numerator lies where the value before would have it, or near.
 */
const fractions: Spelling = {
	write(values) {
		const found = values.map(fractionOf);
		const strange = values.filter((_, index) => !found[index]);
		if (strange.length * 4 > values.length) return undefined;
		const out = new ByteWriter();
		const known = alignFractions(found.filter(one => one !== undefined));
		let next = 0;
		const denominators = found.map(one => (one ? (known[next++]?.denominator ?? 0) : 0));
		let last = 0;
		const off = known.map(({numerator, denominator}) => {
			const beside = numerator - Math.round(last * denominator);
			last = numerator / denominator;
			return beside;
		});
		for (const column of [differencesOf(denominators), off, known.map(({steps}) => steps)]) out.raw(varints(column));
		out.raw(planes.write(strange) ?? Buffer.alloc(0));
		return out.done();
	},
	read(from, count) {
		const denominators = differences.read(from, count);
		const known = denominators.filter(one => one !== 0).length;
		const off = plain.read(from, known);
		const steps = plain.read(from, known);
		const strange = planes.read(from, count - known);
		let [next, nextStrange, last] = [0, 0, 0];
		return denominators.map(denominator => {
			if (denominator === 0) return strange[nextStrange++] ?? 0;
			last = ((off[next] ?? 0) + Math.round(last * denominator)) / denominator;
			return stepped(last, steps[next++] ?? 0);
		});
	},
};

/** Never reordered: a file names them by their place. */
export const spellings: readonly Spelling[] = [plain, differences, seconds, decimals, planes, fractions];

function varints(values: readonly number[]): Buffer {
	const out = new ByteWriter();
	for (const value of values) out.varint(zigzag(value));
	return out.done();
}

function differencesOf(values: readonly number[]): number[] {
	let last = 0;
	return values.map(value => {
		const difference = value - last;
		last = value;
		return difference;
	});
}

function sumsOf(differences: readonly number[]): number[] {
	let sum = 0;
	return differences.map(difference => {
		sum += difference;
		return sum;
	});
}
