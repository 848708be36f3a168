import {RE2JS} from 're2js';
import type {ErrorGroupDelta} from './event.ts';
import type {BreachAction} from './plan.ts';

/** A kind of error lines, as the profile tells them apart. All the conditions that stand must hold; one without any holds for no line. */
export type ErrorClass = {
	readonly name: string;
	/** Any of these codes. */
	readonly codes?: readonly string[];
	/** A text somewhere in the signature: the message with numbers, ids and quoted texts as `#`. */
	readonly signature?: string;
	/** RE2, looked for in the signature: all lines of a group have it in common, so that a count is never split by a sample. */
	readonly match?: string;
	/** Not lines but a counter: the guardrail, without a bound, that reads it. */
	readonly counterId?: string;
	/** Part of normal life: counted apart, and no reason to worry. */
	readonly expected: boolean;
	/** What happens when a stage has had more of them than its budget allows. */
	readonly onSpent: BreachAction;
};

/** Where lines go that no class of the profile holds, by their level. */
export const restClasses = {critical: 'critical', other: 'other'} as const;

/** These two are always there, last: what is unexpected and fatal, and what is merely unexpected. */
export const classesWithRest = (classes: readonly ErrorClass[]): readonly ErrorClass[] => [
	...classes,
	...(['critical', 'other'] as const)
		.filter(name => classes.every(one => one.name !== name))
		.map((name): ErrorClass => ({name, expected: false, onSpent: name === 'critical' ? 'rollback' : 'hold'})),
];

const fatal = /^(?:fatal|critical|crit|emerg|emergency|panic|alert)$/i;

/** The class of a group's lines: the first that holds, else `critical` or `other` by the level. */
export function classOf(classes: readonly ErrorClass[], group: Pick<ErrorGroupDelta, 'code' | 'signature' | 'level'>): string {
	const held = classes.find(one => holds(one, group));
	return held ? held.name : fatal.test(group.level) ? restClasses.critical : restClasses.other;
}

function holds({codes, signature, match}: ErrorClass, group: {readonly code: string; readonly signature: string}): boolean {
	if (!codes && signature === undefined && match === undefined) return false;
	if (codes && !codes.includes(group.code)) return false;
	if (signature !== undefined && !group.signature.includes(signature)) return false;
	return match === undefined || (compiled(match)?.matcher(group.signature).find() ?? false);
}

/** Patterns come from the plan, a handful a session: compiled once. */
const patterns = new Map<string, RE2JS | undefined>();
const patternsMax = 500;

function compiled(pattern: string): RE2JS | undefined {
	if (!patterns.has(pattern)) {
		if (patterns.size >= patternsMax) patterns.clear();
		patterns.set(pattern, compileOrNot(pattern));
	}
	return patterns.get(pattern);
}

/** A journal may hold a pattern that our library doesn't take: it matches nothing then, and the rest catches its lines. */
function compileOrNot(pattern: string): RE2JS | undefined {
	try {
		return RE2JS.compile(pattern);
	} catch {
		return undefined;
	}
}
