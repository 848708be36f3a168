/** A growing buffer with the few spellings that packed columns need. */
export class ByteWriter {
	#bytes = Buffer.alloc(4_096);
	#length = 0;

	get length(): number {
		return this.#length;
	}

	byte(value: number): void {
		this.#room(1);
		this.#bytes[this.#length++] = value;
	}

	/** LEB128 of a whole number below 2^53. */
	varint(value: number): void {
		this.#room(8);
		let rest = value;
		while (rest >= 0x80) {
			this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
			rest = Math.floor(rest / 0x80);
		}
		this.#bytes[this.#length++] = rest;
	}

	text(value: string): void {
		const bytes = Buffer.from(value, 'utf8');
		this.varint(bytes.length);
		this.raw(bytes);
	}

	raw(bytes: Uint8Array): void {
		this.#room(bytes.length);
		this.#bytes.set(bytes, this.#length);
		this.#length += bytes.length;
	}

	done(): Buffer {
		return this.#bytes.subarray(0, this.#length);
	}

	#room(bytes: number): void {
		if (this.#length + bytes <= this.#bytes.length) return;
		const larger = Buffer.alloc(Math.max(this.#bytes.length * 2, this.#length + bytes));
		larger.set(this.done());
		this.#bytes = larger;
	}
}

/** Reads what {@link ByteWriter} wrote. @throws RangeError where the bytes end too early: the file is damaged. */
export class ByteReader {
	readonly #bytes: Buffer;
	#at = 0;

	constructor(bytes: Buffer) {
		this.#bytes = bytes;
	}

	get left(): number {
		return this.#bytes.length - this.#at;
	}

	byte(): number {
		const value = this.#bytes[this.#at++];
		if (value === undefined) throw new RangeError('the packed bytes end too early');
		return value;
	}

	varint(): number {
		let value = 0;
		let scale = 1;
		for (;;) {
			const byte = this.byte();
			value += (byte & 0x7f) * scale;
			if (byte < 0x80) return value;
			scale *= 0x80;
		}
	}

	text(): string {
		return this.raw(this.varint()).toString('utf8');
	}

	raw(length: number): Buffer {
		if (this.#at + length > this.#bytes.length) throw new RangeError('the packed bytes end too early');
		this.#at += length;
		return this.#bytes.subarray(this.#at - length, this.#at);
	}
}

/** Whole numbers of either sign as ones without: 0, -1, 1, -2 … become 0, 1, 2, 3 …; within ±2^52. */
export const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);
export const unzigzag = (value: number): number => (value % 2 === 1 ? -(value + 1) / 2 : value / 2);
