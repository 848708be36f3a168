/** A small path into a JSON document: keys and indices, no filters, no wildcards. Pure. */
import {fail, ok, type Result} from '../base/result.ts';

export type PathStep = string | number;

/** `.key`, `[3]`, `["any key"]` or `['any key']`, and a first key without its dot. */
const step = /\.?([^.[\]"'\s]+)|\[(\d{1,9})\]|\[("(?:[^"\\]|\\.)*")\]|\['([^']*)'\]/y;

/** `services[0].traffic.candidate`, `$["a b"].weight`. The error is a sentence that says where the path stops making sense. */
export function parseJsonPath(path: string): Result<readonly PathStep[], string> {
	const steps: PathStep[] = [];
	const text = path.trim();
	let at = text.startsWith('$') ? 1 : 0;
	while (at < text.length) {
		const isFirst = steps.length === 0 && !text.startsWith('$');
		step.lastIndex = at;
		const match = step.exec(text);
		const [, key, index, json, single] = match ?? [];
		// A key needs its dot, except where the path begins; where it begins there is no dot.
		const misplaced = key !== undefined && text.startsWith('.', at) === isFirst;
		if (!match || misplaced)
			return fail(`${JSON.stringify(path)} is no JSON path: it makes no sense from ${JSON.stringify(text.slice(at))} on`);
		steps.push(key ?? (index === undefined ? (json === undefined ? (single ?? '') : unquote(json)) : Number(index)));
		at = step.lastIndex;
	}
	return steps.length > 0 ? ok(steps) : fail(`${JSON.stringify(path)} is no JSON path: it names no key`);
}

const unquote = (json: string): string => {
	try {
		return String(JSON.parse(json));
	} catch {
		return json.slice(1, -1);
	}
};

/** The value at the path. The error is a sentence that says how far the path led, and what was there. */
export function followJsonPath(document: unknown, steps: readonly PathStep[]): Result<unknown, string> {
	let value = document;
	for (const [index, step] of steps.entries()) {
		const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, step);
		if (!isThere)
			return fail(
				`${pathText(steps.slice(0, index))} has no ${typeof step === 'number' ? `[${step}]` : `"${step}"`}${kin(value)}`,
			);
		value = (value as Record<PathStep, unknown>)[step];
	}
	return ok(value);
}

export const pathText = (steps: readonly PathStep[]): string =>
	steps.reduce<string>(
		(text, step) =>
			text + (typeof step === 'number' ? `[${step}]` : /^\w+$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`),
		'$',
	);

/** What could have been meant. */
function kin(value: unknown): string {
	if (Array.isArray(value)) return ` (it is a list of ${value.length})`;
	if (typeof value !== 'object' || value === null) return ` (it is ${value === null ? 'null' : `a ${typeof value}`})`;
	const keys = Object.keys(value);
	return keys.length === 0 ? ' (it is empty)' : ` (it has ${keys.slice(0, 8).join(', ')}${keys.length > 8 ? ', …' : ''})`;
}
