import {z} from 'zod';
import type {Meta} from './leaf.ts';

/** A map with a closed set of keys. `noun` names it in messages ("is no key of a guardrail"). Further keywords go to the JSON Schema as they are. */
export const section = <Shape extends z.ZodRawShape>(
	noun: string,
	shape: Shape,
	meta: Meta,
	keywords: Readonly<Record<string, unknown>> = {},
) => z.strictObject(shape).meta({...meta, noun, ...keywords} as z.GlobalMeta);

/** The two sides under either pair of names. Which of them stand there is checked across keys (checks/sides.ts). */
export const sides = <Side extends z.ZodType>(baseline: Side, candidate: Side) => ({
	baseline: baseline.optional(),
	candidate: candidate.optional(),
	stable: baseline.meta({...baseline.meta(), description: 'Another name for `baseline`.'}).optional(),
	canary: candidate.meta({...candidate.meta(), description: 'Another name for `candidate`.'}).optional(),
});

/** For editors: one of each pair must be there. */
export const sidesRequired = {
	allOf: [
		{oneOf: [{required: ['baseline']}, {required: ['stable']}]},
		{oneOf: [{required: ['candidate']}, {required: ['canary']}]},
	],
};

/** For editors: exactly one of these keys must be there. */
export const exactlyOne = (...keys: readonly string[]) => ({oneOf: keys.map(key => ({required: [key]}))});
