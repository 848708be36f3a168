import {
	type Alias,
	isAlias,
	isMap,
	isPair,
	isScalar,
	isSeq,
	LineCounter,
	type Node,
	parseDocument,
	type Scalar,
	type YAMLMap,
} from 'yaml';
import {faultAt, type ProfileFault, type SourceText} from './fault.ts';
import {asPlainScalar, type Env, substitute} from './substitute.ts';
import type {Entry, Path, Range, TreeNode} from './tree.ts';
import {pathText} from './tree.ts';
import {yamlFaults} from './yaml-faults.ts';

/** No honest profile comes near; beyond, an alias bomb is being unfolded. */
const nodesMax = 20_000;
const depthMax = 40;

export type Parsed = {
	/** Absent when the text is no YAML: then its structure is a guess, and nothing more is said about it. */
	readonly root?: TreeNode;
	readonly faults: readonly ProfileFault[];
};

/**
 * YAML 1.2 (core schema) to a tree that knows its places. Anchors, aliases and `<<` are resolved, `${…}` is replaced from `env`
 * (pass undefined to leave it); tags, other keys than texts, and texts that unfold beyond a bound are faults.
 */
export function parseYaml(source: SourceText, env: Env | undefined): Parsed {
	const document = parseDocument(source.text, {
		lineCounter: new LineCounter(),
		prettyErrors: false,
		schema: 'core',
		stringKeys: false,
	});
	const faults = yamlFaults(source, document.errors);
	if (document.errors.some(error => error.code !== 'DUPLICATE_KEY')) return {faults};
	const reader = new TreeReader(source, env);
	const root = document.contents ? reader.read(document.contents, []) : undefined;
	if (reader.faults.some(fault => fault.path === '')) return {faults: [...faults, ...reader.faults]};
	return {...(root && {root}), faults: [...faults, ...reader.faults]};
}

class TreeReader {
	readonly faults: ProfileFault[] = [];
	readonly #source: SourceText;
	readonly #env: Env | undefined;
	readonly #anchors = new Map<string, Node>();
	readonly #open = new Set<string>();
	#nodes = 0;

	constructor(source: SourceText, env: Env | undefined) {
		this.#source = source;
		this.#env = env;
	}

	read(node: Node, path: Path): TreeNode {
		const range = rangeOf(node);
		if (++this.#nodes > nodesMax || path.length > depthMax) return this.#tooMuch(range);
		if (isAlias(node)) return this.#readAlias(node, path);
		this.#checkTag(node, path, range);
		const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
		if (anchor) this.#open.add(anchor);
		const read = this.#readPlain(node, path, range);
		// Known only once it is complete: an alias inside its own anchor would never end.
		if (anchor) this.#anchors.set(anchor, node);
		if (anchor) this.#open.delete(anchor);
		return read;
	}

	#readPlain(node: Node, path: Path, range: Range): TreeNode {
		if (isScalar(node)) return this.#readScalar(node, path, range);
		if (isSeq(node)) {
			const items = node.items.map((item, index) => this.read(item as Node, [...path, index]));
			return {kind: 'list', range, items};
		}
		if (isMap(node)) return {kind: 'map', range, entries: this.#readEntries(node, path)};
		return {kind: 'scalar', range, value: null};
	}

	#readEntries(map: YAMLMap, path: Path): Map<string, Entry> {
		const own = new Map<string, Entry>();
		const merged = new Map<string, Entry>();
		for (const pair of map.items) {
			if (!isPair(pair) || this.#nodes > nodesMax) continue;
			const key = pair.key as Node;
			const keyRange = rangeOf(key);
			if (!isScalar(key) || key.value === null || key.value === '') {
				this.#wrong(keyRange, path, 'a key must be a plain text.');
				continue;
			}
			const name = String(key.value);
			const value = pair.value as Node | null;
			const isMerge = name === '<<' && key.type === 'PLAIN';
			const read: TreeNode = value
				? this.read(value, [...path, name])
				: {kind: 'scalar', range: {start: keyRange.end, end: keyRange.end}, value: null};
			if (isMerge) this.#merge(read, merged, path, keyRange);
			else own.set(name, {keyRange, value: read});
		}
		return new Map([...merged, ...own]);
	}

	#merge(read: TreeNode, merged: Map<string, Entry>, path: Path, keyRange: Range): void {
		const maps = read.kind === 'list' ? read.items : [read];
		for (const map of maps) {
			if (map.kind !== 'map') {
				this.#wrong(
					keyRange,
					path,
					'"<<" takes in the keys of other maps: give it an alias of a map (<<: *name) or a list of them.',
				);
				continue;
			}
			// Of several the first wins, as YAML's merge says.
			for (const [name, entry] of map.entries) if (!merged.has(name)) merged.set(name, entry);
		}
	}

	#readAlias(alias: Alias, path: Path): TreeNode {
		const range = rangeOf(alias);
		const target = this.#anchors.get(alias.source);
		if (target) return this.read(target, path);
		const message = this.#open.has(alias.source)
			? `the anchor "&${alias.source}" would contain itself: an alias can't stand inside its own anchor.`
			: `there is no anchor "&${alias.source}" above this alias. A query that begins with "*" must stand in quotes.`;
		this.#wrong(range, path, message);
		return {kind: 'scalar', range, value: null};
	}

	#readScalar(node: Scalar, path: Path, range: Range): TreeNode {
		const {value} = node;
		if (typeof value !== 'string') {
			const isPlain = value === null || typeof value === 'number' || typeof value === 'boolean';
			return {
				kind: 'scalar',
				range,
				value: isPlain ? value : String(value),
				written: this.#source.text.slice(range.start, range.end),
			};
		}
		const written = this.#source.text.slice(range.start, range.end);
		const quotes = /^["']/.test(written) ? 1 : 0;
		const textStart = written.slice(quotes, written.length - quotes) === value ? range.start + quotes : undefined;
		const verbatim = textStart === undefined ? {} : {textStart};
		if (!this.#env || !value.includes('$')) return {kind: 'scalar', range, value, ...verbatim};
		const {text, changed, faults} = substitute(value, this.#env);
		for (const {message, within} of faults) {
			const place = textStart === undefined ? range : {start: textStart + within.start, end: textStart + within.end};
			this.#wrong(place, path, message);
		}
		const isPlain = node.type === 'PLAIN';
		if (text === value) return {kind: 'scalar', range, value, ...verbatim};
		return {kind: 'scalar', range, value: changed && isPlain ? asPlainScalar(text) : text};
	}

	#checkTag(node: Node, path: Path, range: Range): void {
		const tag = isScalar(node) || isMap(node) || isSeq(node) ? node.tag : undefined;
		if (!tag) return;
		const start = this.#source.text.lastIndexOf('!', range.start);
		const place = {start: start === -1 ? range.start : start, end: range.end};
		const written = this.#source.text.slice(place.start, place.end);
		const message = written.startsWith('!=')
			? `YAML reads "!=" as a tag. Put the bound in quotes: "${written}".`
			: `${JSON.stringify(written.split(/\s/)[0])} is a YAML tag, and a profile has none. Put a text that begins with "!" in quotes.`;
		this.#wrong(place, path, message);
	}

	#tooMuch(range: Range): TreeNode {
		if (!this.faults.some(({path}) => path === '')) {
			const message = `the profile unfolds to more than ${nodesMax.toLocaleString('en')} values or ${depthMax} levels. Use fewer aliases.`;
			this.faults.push(faultAt(this.#source, range, '', message));
		}
		return {kind: 'scalar', range, value: null};
	}

	#wrong(range: Range, path: Path, message: string): void {
		this.faults.push(faultAt(this.#source, range, pathText(path) || '<<', message));
	}
}

function rangeOf(node: Node): Range {
	const [start, end] = node.range ?? [0, 0];
	return {start, end};
}
