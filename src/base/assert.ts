/** Our own mistakes only. A bad profile or a dead router is not one: return a Result for those. */
export function assert(condition: boolean, rule: string): asserts condition {
	if (!condition) throw new Error(`Broken invariant: ${rule}`);
}

/** Does not compile while a union member is unhandled; throws if one slips in at run time. */
export function unreachable(value: never): never {
	throw new Error(`Unhandled case: ${JSON.stringify(value)}`);
}
