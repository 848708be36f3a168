/** Numbers that come one by one, a million of them, in little memory. NaN stands for "none". */
export class Growing {
	#values = new Float64Array(1_024);
	#length = 0;

	push(value: number): void {
		if (this.#length === this.#values.length) {
			const wider = new Float64Array(2 * this.#length);
			wider.set(this.#values);
			this.#values = wider;
		}
		this.#values[this.#length++] = value;
	}

	at(index: number): number {
		return index < this.#length ? (this.#values[index] ?? Number.NaN) : Number.NaN;
	}

	get length(): number {
		return this.#length;
	}
}
