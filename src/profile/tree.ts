/** A YAML document as plain nodes that know where they stand: offsets into the source text, `end` excluded. */
export type Range = {readonly start: number; readonly end: number};

export type TreeNode = MapNode | ListNode | ScalarNode;

export type MapNode = {readonly kind: 'map'; readonly range: Range; readonly entries: ReadonlyMap<string, Entry>};
export type Entry = {readonly keyRange: Range; readonly value: TreeNode};
export type ListNode = {readonly kind: 'list'; readonly range: Range; readonly items: readonly TreeNode[]};
export type ScalarNode = {
	readonly kind: 'scalar';
	readonly range: Range;
	readonly value: string | number | boolean | null;
	/** The value as it stands in the file, where it isn't a text: `1.10`. */
	readonly written?: string;
	/** Where the text of the value begins, when the source spells it letter for letter: then an offset into it is a place. */
	readonly textStart?: number;
};

export type Path = readonly (string | number)[];

/** The values alone. */
export type Plain = string | number | boolean | null | readonly Plain[] | {readonly [key: string]: Plain};

export function plainOf(node: TreeNode): Plain {
	switch (node.kind) {
		case 'scalar':
			return node.value;
		case 'list':
			return node.items.map(plainOf);
		case 'map': {
			// A key called `__proto__` must stay a key.
			const plain: Record<string, Plain> = Object.create(null);
			for (const [key, {value}] of node.entries) plain[key] = plainOf(value);
			return plain;
		}
	}
}

export type Found = {
	/** The node at the path, if it is there. */
	readonly node?: TreeNode;
	/** The deepest node on the way that is there. */
	readonly nearest: TreeNode;
	/** The key under which `nearest` stands; absent in lists and at the root. */
	readonly keyRange?: Range;
};

/** Walks down as far as the path leads. */
export function locate(root: TreeNode, path: Path): Found {
	let nearest = root;
	let keyRange: Range | undefined;
	for (const step of path) {
		const entry = nearest.kind === 'map' ? nearest.entries.get(String(step)) : undefined;
		const next = nearest.kind === 'list' && typeof step === 'number' ? nearest.items[step] : entry?.value;
		if (!next) return {nearest, ...(keyRange && {keyRange})};
		nearest = next;
		keyRange = entry?.keyRange;
	}
	return {node: nearest, nearest, ...(keyRange && {keyRange})};
}

const plainKey = /^[A-Za-z_][\w-]*$/;

/** `guardrails[2].for`, `stages[0].overrides["a b"]`. */
export const pathText = (path: Path): string =>
	path.reduce<string>((text, step) => {
		if (typeof step === 'number') return `${text}[${step}]`;
		if (!plainKey.test(step)) return `${text}[${JSON.stringify(step)}]`;
		return text === '' ? step : `${text}.${step}`;
	}, '');
