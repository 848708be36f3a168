import {nameLabel} from './ast.ts';
import {quote} from './quote.ts';

/**
 * A set of labels, sorted by name, without empty values. Never changed after it is made, so that what is derived from it (its
 * key, its projections) can be remembered; series live long and are asked the same again at every tick.
 */
export class Labels {
	readonly names: readonly string[];
	readonly values: readonly string[];
	private knownKey: string | undefined;
	private knownNameless: Labels | undefined;
	private knownUnnamed: Labels | undefined;

	/** `names` must be sorted and unique, `values` as long and not empty; `labelsOf` sees to it. */
	constructor(names: readonly string[], values: readonly string[]) {
		this.names = names;
		this.values = values;
	}

	/** Two sets are the same if and only if their keys are: NUL is escaped where a value has one. */
	get key(): string {
		this.knownKey ??= this.names.map((name, i) => `${escapeNul(name)}\0=${escapeNul(this.values[i] ?? '')}\0,`).join('');
		return this.knownKey;
	}

	/** The value of a label, empty where there is none. */
	get(name: string): string {
		const {names} = this;
		for (let i = 0; i < names.length; i++) {
			if (names[i] === name) return this.values[i] as string;
		}
		return '';
	}

	/** Without the metric name, and without the type and unit that belong to it (3.x). */
	nameless(): Labels {
		this.knownNameless ??= this.filter(name => !ofMetric.has(name));
		return this.knownNameless;
	}

	/** Without the metric name alone (2.x). */
	unnamed(): Labels {
		this.knownUnnamed ??= this.filter(name => name !== nameLabel);
		return this.knownUnnamed;
	}

	filter(keep: (name: string) => boolean): Labels {
		const names: string[] = [];
		const values: string[] = [];
		for (let i = 0; i < this.names.length; i++) {
			const name = this.names[i] as string;
			if (!keep(name)) continue;
			names.push(name);
			values.push(this.values[i] as string);
		}
		return names.length === this.names.length ? this : new Labels(names, values);
	}

	/** With one label set, or taken off if the value is empty. */
	with(name: string, value: string): Labels {
		return labelsOf([...this.entries(), [name, value]]);
	}

	entries(): readonly (readonly [string, string])[] {
		return this.names.map((name, i) => [name, this.values[i] as string] as const);
	}

	toObject(): Record<string, string> {
		return Object.fromEntries(this.entries());
	}

	/** `name{a="b"}`, as Prometheus writes a series. */
	toString(): string {
		const name = this.get(nameLabel);
		const pairs = this.entries().filter(([label]) => label !== nameLabel);
		if (name !== '' && pairs.length === 0) return name;
		return `${name}{${pairs.map(([label, value]) => `${label}=${quote(value)}`).join(', ')}}`;
	}

	/** All labels in braces, the name among them. */
	toBraces(): string {
		return `{${this.entries()
			.map(([label, value]) => `${label}=${quote(value)}`)
			.join(', ')}}`;
	}
}

/** The labels that say what a metric is: arithmetic makes something else of it. */
export const ofMetric: ReadonlySet<string> = new Set([nameLabel, '__type__', '__unit__']);

const escapeNul = (text: string): string => (text.includes('\0') ? text.replaceAll('\0', '\0x') : text);

export const emptyLabels = new Labels([], []);

/** Labels from pairs in any order. The last of a name wins; empty values are left out. */
export function labelsOf(pairs: Iterable<readonly [string, string]>): Labels {
	const kept = [...new Map(pairs)].filter(([, value]) => value !== '');
	kept.sort(([a], [b]) => compareText(a, b));
	return new Labels(
		kept.map(([name]) => name),
		kept.map(([, value]) => value),
	);
}

/** The order of UTF-16 units: the order of Prometheus but for characters beyond the basic plane. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The order in which Prometheus sorts series. */
export function compareLabels(a: Labels, b: Labels): number {
	const length = Math.min(a.names.length, b.names.length);
	for (let i = 0; i < length; i++) {
		const byName = compareText(a.names[i] as string, b.names[i] as string);
		if (byName !== 0) return byName;
		const byValue = compareText(a.values[i] as string, b.values[i] as string);
		if (byValue !== 0) return byValue;
	}
	return a.names.length - b.names.length;
}

/** Keeps some labels of a set (`on`, `by`) or all but some (`ignoring`, `without`), and remembers the answer for each set. */
export class Projection {
	private readonly known = new WeakMap<Labels, Labels>();
	private readonly keep: (name: string) => boolean;

	constructor(mode: 'keep' | 'drop', names: Iterable<string>) {
		const listed = new Set(names);
		this.keep = mode === 'keep' ? name => listed.has(name) : name => !listed.has(name);
	}

	of(labels: Labels): Labels {
		let projected = this.known.get(labels);
		if (!projected) {
			projected = labels.filter(this.keep);
			this.known.set(labels, projected);
		}
		return projected;
	}
}
