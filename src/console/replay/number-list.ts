/** Numbers that only grow, a few bytes each: a day has a hundred thousand ticks. */
export type NumberList = {
	push(value: number): void;
	readonly length: number;
	/** What is in it so far, without a copy; good until the next push. */
	view(): Float64Array;
};

export function createNumberList(): NumberList {
	let values = new Float64Array(64);
	let length = 0;
	return {
		push(value) {
			if (length === values.length) {
				const larger = new Float64Array(length * 2);
				larger.set(values);
				values = larger;
			}
			values[length++] = value;
		},
		get length() {
			return length;
		},
		view: () => values.subarray(0, length),
	};
}
