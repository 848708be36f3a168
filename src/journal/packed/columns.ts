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

/**
 * Values as they were added, in their order. What is the same in every line is one object that all of them share: nobody may change
 * what was read. @throws RangeError when the bytes are damaged.
 */
export function readColumns(from: ByteReader, count: number): readonly Json[] {
	const {next} = read(from, count);
	const values: Json[] = [];
	for (let index = 0; index < count; index++) values.push(next());
	return values;
}

type Next = () => Json;
type Read = {readonly next: Next; readonly isConstant: boolean};

const constant = (value: Json): Read => ({next: () => value, isConstant: true});

function read(from: ByteReader, count: number): Read {
	const kinds = readNumbers(from, count);
	const counts = countsOf(kinds);
	const texts = readTexts(from, counts[kind.string] ?? 0);
	const numberCount = counts[kind.number] ?? 0;
	const numbers = numberCount > 0 ? readNumbers(from, numberCount) : [];
	const shapes = Array.from({length: Math.max(0, counts.length - kind.shape)}, () => readShape(from));
	const children = new Map<string, Read>();
	for (const name of shapes.flatMap(namesOf)) if (!children.has(name)) children.set(name, constant(null));
	for (const name of children.keys()) children.set(name, read(from, from.varint()));
	const makers = shapes.map(shape => makerOf(shape, children));
	const [first = kind.null] = kinds;
	const isOneKind = counts[first] === kinds.length;
	return isOneKind ? uniform(first, texts, numbers, makers) : mixed(kinds, texts, numbers, makers);
}

/** How many there are of each kind. */
function countsOf(kinds: readonly number[]): number[] {
	const counts: number[] = [];
	for (const one of kinds) {
		while (counts.length <= one) counts.push(0);
		counts[one] = (counts[one] ?? 0) + 1;
	}
	return counts;
}

/** Most columns hold one kind, and many of them one value. */
function uniform(one: number, texts: readonly string[], numbers: readonly number[], makers: readonly Read[]): Read {
	if (one >= kind.shape) return makers[one - kind.shape] ?? damaged;
	if (one === kind.null) return constant(null);
	if (one === kind.true || one === kind.false) return constant(one === kind.true);
	const values: readonly (string | number)[] = one === kind.string ? texts : numbers;
	const [first = null] = values;
	if (values.every(value => value === first)) return constant(first);
	let at = 0;
	return {next: () => values[at++] ?? null, isConstant: false};
}

function mixed(kinds: readonly number[], texts: readonly string[], numbers: readonly number[], makers: readonly Read[]): Read {
	let [at, textAt, numberAt] = [0, 0, 0];
	const next = (): Json => {
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
				return (makers[(one ?? Number.NaN) - kind.shape] ?? damaged).next();
		}
	};
	return {next, isConstant: false};
}

const damaged: Read = {
	next() {
		throw new RangeError('a packed column names a shape that is not there');
	},
	isConstant: false,
};

const namesOf = (shape: readonly string[] | number): readonly string[] =>
	typeof shape === 'number' ? Array.from({length: shape}, (_, index) => `${index}`) : shape;

function makerOf(shape: readonly string[] | number, children: ReadonlyMap<string, Read>): Read {
	const names = namesOf(shape);
	const members = names.map(name => children.get(name) ?? damaged);
	const nexts = members.map(({next}) => next);
	const make = typeof shape === 'number' ? () => nexts.map(next => next()) : () => objectOf(names, nexts);
	return members.every(({isConstant}) => isConstant) ? constant(make()) : {next: make, isConstant: false};
}

function objectOf(names: readonly string[], nexts: readonly Next[]): Json {
	const made: Record<string, Json> = {};
	for (let index = 0; index < names.length; index++) made[names[index] ?? ''] = nexts[index]?.() ?? null;
	return made;
}

function readShape(from: ByteReader): readonly string[] | number {
	const head = from.varint();
	return head % 2 === 0 ? head / 2 : Array.from({length: (head - 1) / 2}, () => from.text());
}

function readTexts(from: ByteReader, count: number): readonly string[] {
	const distinct = Array.from({length: from.varint()}, () => from.text());
	if (distinct.length <= 1) return new Array<string>(count).fill(distinct[0] ?? '');
	return readNumbers(from, count).map(id => distinct[id] ?? '');
}
