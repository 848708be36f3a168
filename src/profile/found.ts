/** A value from a profile, named in a sentence: bounded in length. */
export function found(value: unknown): string {
	if (value === null) return 'an empty value';
	if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 79)}…` : value);
	if (Array.isArray(value)) return 'a list';
	if (typeof value === 'object') return 'a map of keys';
	return String(value);
}
