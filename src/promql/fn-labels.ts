import {nameLabel} from './ast.ts';
import {EvalFailure} from './eval-error.ts';
import {compareLabels, type Labels} from './labels.ts';
import {compileAnchored} from './matcher.ts';
import {refuseDuplicates, type Sample, type Vector} from './vector.ts';

/** 3.x takes any text as a label name, 2.x words only. */
const isLabelName = (name: string, legacy: boolean): boolean =>
	legacy ? /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) : name !== '' && name.isWellFormed();

export function checkLabelName(name: string, legacy: boolean, refusal: string): void {
	if (!isLabelName(name, legacy)) throw new EvalFailure(refusal);
}

/** Gives each sample new labels. They depend on the old ones alone, so what was worked out once for a call is remembered. */
export class Relabelling {
	private readonly known = new WeakMap<Labels, Labels>();

	/** `cost` is called for each set of labels that is new. */
	apply(vector: Vector, target: string, make: (labels: Labels) => Labels, cost: () => void): Vector {
		const relabelled = vector.map((sample): Sample => {
			let labels = this.known.get(sample.labels);
			if (!labels) {
				cost();
				labels = make(sample.labels);
				this.known.set(sample.labels, labels);
			}
			// A name that is written anew is there to stay.
			return {...sample, labels, dropName: sample.dropName && !(target === nameLabel && labels !== sample.labels)};
		});
		refuseDuplicates(relabelled);
		return relabelled;
	}
}

export type Relabeller = {readonly target: string; readonly make: (labels: Labels) => Labels};

/** `label_replace(vector, dst, replacement, src, regex)`. A set of labels that does not match stays the same object. */
export function labelReplace(texts: readonly string[], legacy: boolean): Relabeller {
	const [target = '', replacement = '', source = '', pattern = ''] = texts;
	const regex = compileFor(pattern);
	checkLabelName(target, legacy, `invalid destination label name in label_replace(): ${target}`);
	const names = regex.namedGroups();
	const make = (labels: Labels): Labels => {
		const match = regex.matcher(labels.get(source));
		if (!match.matches()) return labels;
		const group = (name: string): string => {
			const index = /^\d+$/.test(name) ? Number(name) : names[name];
			return index !== undefined && index <= match.groupCount() ? (match.group(index) ?? '') : '';
		};
		return labels.with(target, expandTemplate(replacement, group));
	};
	return {target, make};
}

function compileFor(pattern: string) {
	try {
		return compileAnchored(pattern);
	} catch {
		throw new EvalFailure(`invalid regular expression in label_replace(): ${pattern}`);
	}
}

/** Go's templates: `$1`, `${name}`, `$$`; a bare name is as long as it can be, so `$1x` is the group "1x". */
export const expandTemplate = (template: string, group: (name: string) => string): string =>
	template.replaceAll(/\$(?:(\$)|(\w+)|\{(\w+)\})/g, (_all, dollar?: string, bare?: string, braced?: string) =>
		dollar ? '$' : group(bare ?? braced ?? ''),
	);

/** `label_join(vector, dst, separator, src…)`. */
export function labelJoin(texts: readonly string[], legacy: boolean): Relabeller {
	const [target = '', separator = '', ...sources] = texts;
	for (const source of sources) checkLabelName(source, legacy, `invalid source label name in label_join(): ${source}`);
	checkLabelName(target, legacy, `invalid destination label name in label_join(): ${target}`);
	return {target, make: labels => labels.with(target, sources.map(source => labels.get(source)).join(separator))};
}

/** `sort_by_label` and `sort_by_label_desc`: numbers inside the values count as numbers; equal ones go by all their labels. */
export function sortByLabel(vector: Vector, names: readonly string[], direction: 1 | -1): Vector {
	return vector.toSorted((a, b) => {
		for (const name of names) {
			const [left, right] = [a.labels.get(name), b.labels.get(name)];
			if (left !== right) return naturallyBefore(left, right) ? -direction : direction;
		}
		return direction * compareLabels(a.labels, b.labels);
	});
}

const chunks = (text: string): readonly string[] => text.match(/\d+|\D+/g) ?? [''];

function naturallyBefore(a: string, b: string): boolean {
	const [left, right] = [chunks(a), chunks(b)];
	for (const [i, mine] of left.entries()) {
		const other = right[i];
		if (other === undefined) return false;
		const bothNumbers = /^\d/.test(mine) && /^\d/.test(other);
		if (bothNumbers && Number(mine) !== Number(other)) return Number(mine) < Number(other);
		if (!bothNumbers && mine !== other) return mine < other;
	}
	return true;
}
