import {type ByteReader, ByteWriter} from './bytes.ts';
import {readNumbers, writeNumbers} from './numbers.ts';

/** What JSON.parse gives. */
export type Json = null | boolean | number | string | readonly Json[] | {readonly [key: string]: Json};

const kind = {null: 0, true: 1, false: 2, string: 3, number: 4, shape: 5} as const;

/**
 * All values of a block that stand at the same place of their lines, together: what they are, their numbers, their texts, and below
 * them a column for each member. Lines of unlike shape share what they have in common, so a member that is now and then missing
 * costs little.
 */
class Column {
	readonly kinds: number[] = [];
	readonly numbers: number[] = [];
	readonly texts: string[] = [];
	/** Names of members, or how many elements; in the order in which they were met. */
	readonly shapes: (readonly string[] | number)[] = [];
	readonly children = new Map<string, Column>();
	readonly #shapeIds = new Map<string, number>();

	add(value: Json): void {
		if (value === null) this.kinds.push(kind.null);
		else if (typeof value === 'boolean') this.kinds.push(value ? kind.true : kind.false);
		else if (typeof value === 'string') {
			this.kinds.push(kind.string);
			this.texts.push(value);
		} else if (typeof value === 'number') {
			this.kinds.push(kind.number);
			this.numbers.push(value);
		} else if (Array.isArray(value)) {
			this.kinds.push(kind.shape + this.#shapeId(`${value.length}`, value.length));
			for (const [index, element] of value.entries()) this.child(`${index}`).add(element);
		} else {
			const members = Object.entries(value as {readonly [key: string]: Json});
			const names = members.map(([name]) => name);
			this.kinds.push(kind.shape + this.#shapeId(JSON.stringify(names), names));
			for (const [name, member] of members) this.child(name).add(member);
		}
	}

	child(name: string): Column {
		let child = this.children.get(name);
		if (!child) {
			child = new Column();
			this.children.set(name, child);
		}
		return child;
	}

	#shapeId(key: string, shape: readonly string[] | number): number {
		let id = this.#shapeIds.get(key);
		if (id === undefined) {
			id = this.shapes.push(shape) - 1;
			this.#shapeIds.set(key, id);
		}
		return id;
	}
}

export function writeColumns(values: readonly Json[]): Buffer {
	const root = new Column();
	for (const value of values) root.add(value);
	const out = new ByteWriter();
	write(out, root);
	return out.done();
}

function write(out: ByteWriter, column: Column): void {
	writeNumbers(out, column.kinds);
	writeTexts(out, column.texts);
	if (column.numbers.length > 0) writeNumbers(out, column.numbers);
	for (const shape of column.shapes) {
		if (typeof shape === 'number') {
			out.varint(shape * 2);
			continue;
		}
		out.varint(shape.length * 2 + 1);
		for (const name of shape) out.text(name);
	}
	for (const child of column.children.values()) {
		out.varint(child.kinds.length);
		write(out, child);
	}
}

/** Each text once, and which of them comes when. */
function writeTexts(out: ByteWriter, texts: readonly string[]): void {
	const ids = new Map<string, number>();
	const order = texts.map(text => {
		const id = ids.get(text) ?? ids.size;
		ids.set(text, id);
		return id;
	});
	out.varint(ids.size);
	for (const text of ids.keys()) out.text(text);
	// Only one text, or none: nothing to say about their order.
	if (ids.size > 1) writeNumbers(out, order);
}

/** Values as they were added, in their order. @throws RangeError when the bytes are damaged. */
export function readColumns(from: ByteReader, count: number): readonly Json[] {
	const root = read(from, count);
	return Array.from({length: count}, root);
}

type Next = () => Json;

function read(from: ByteReader, count: number): Next {
	const kinds = readNumbers(from, count);
	const countOf = (wanted: number): number => kinds.reduce((sum, one) => (one === wanted ? sum + 1 : sum), 0);
	const texts = readTexts(from, countOf(kind.string));
	const numberCount = countOf(kind.number);
	const numbers = numberCount > 0 ? readNumbers(from, numberCount) : [];
	const shapeCount = kinds.reduce((most, one) => Math.max(most, one - kind.shape + 1), 0);
	const shapes = Array.from({length: shapeCount}, () => readShape(from));
	const children = new Map<string, Next>();
	for (const shape of shapes) {
		for (const name of namesOf(shape)) if (!children.has(name)) children.set(name, unread);
	}
	for (const name of children.keys()) children.set(name, read(from, from.varint()));
	const makers = shapes.map(shape => makerOf(shape, name => children.get(name) ?? unread));
	let [at, textAt, numberAt] = [0, 0, 0];
	return () => {
		const one = kinds[at++];
		switch (one) {
			case kind.null:
				return null;
			case kind.true:
				return true;
			case kind.false:
				return false;
			case kind.string:
				return texts[textAt++] ?? '';
			case kind.number:
				return numbers[numberAt++] ?? 0;
			default:
				return makers[(one ?? Number.NaN) - kind.shape]?.() ?? unread();
		}
	};
}

const unread: Next = () => {
	throw new RangeError('a packed column ends too early');
};

const namesOf = (shape: readonly string[] | number): readonly string[] =>
	typeof shape === 'number' ? Array.from({length: shape}, (_, index) => `${index}`) : shape;

function makerOf(shape: readonly string[] | number, child: (name: string) => Next): Next {
	const members = namesOf(shape).map(name => [name, child(name)] as const);
	if (typeof shape === 'number') return () => members.map(([, next]) => next());
	return () => {
		const made: Record<string, Json> = {};
		for (const [name, next] of members) made[name] = next();
		return made;
	};
}

function readShape(from: ByteReader): readonly string[] | number {
	const head = from.varint();
	return head % 2 === 0 ? head / 2 : Array.from({length: (head - 1) / 2}, () => from.text());
}

function readTexts(from: ByteReader, count: number): readonly string[] {
	const distinct = Array.from({length: from.varint()}, () => from.text());
	if (distinct.length <= 1) return Array.from({length: count}, () => distinct[0] ?? '');
	return readNumbers(from, count).map(id => distinct[id] ?? '');
}
