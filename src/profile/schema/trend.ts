import {z} from 'zod';
import {parseDuration} from '../../base/duration.ts';
import {perUnits, type TrendGate} from '../../core/trend.ts';
import {found} from '../found.ts';

/** What stands in a trend: the window only when it is written. */
export type WrittenTrend = Pick<TrendGate, 'op' | 'limit' | 'relative' | 'perMs'> & {readonly windowMs?: number};

const pattern =
	/^\s*(<=|>=|<|>|≤|≥)\s*([+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?)\s*(%)?\s*(?:per\s+|\/\s*)(second|minute|hour|day|s|min|m|h|d)(?:\s+over\s+(\S+))?\s*$/i;
const ops = {'≤': '<=', '≥': '>='} as const;
const shortUnits: Readonly<Record<string, keyof typeof perUnits>> = {
	s: 'second',
	m: 'minute',
	min: 'minute',
	h: 'hour',
	d: 'day',
};

/** Reads `< 1 % per hour`, `<= 5 per minute over 30m`. Undefined when it is no trend. */
export function parseTrend(written: string): WrittenTrend | undefined {
	const [, op = '', limit = '', percent, unit = '', over] = pattern.exec(written) ?? [];
	if (op === '') return undefined;
	const perMs = perUnits[shortUnits[unit.toLowerCase()] ?? (unit.toLowerCase() as keyof typeof perUnits)];
	const window = over === undefined ? undefined : parseDuration(over);
	if (window && (!window.ok || window.value < 1_000)) return undefined;
	return {
		op: Object.hasOwn(ops, op) ? ops[op as keyof typeof ops] : (op as WrittenTrend['op']),
		limit: Number(limit),
		relative: percent !== undefined,
		perMs,
		...(window?.ok && {windowMs: window.value}),
	};
}

const remedy = (value: unknown): string =>
	`${found(value)} is no trend. Write how fast the value may change: "< 1 % per hour" (of its mean), "<= 5 per minute" (in its unit), "< 1 % per hour over 6h".`;

const trend = z
	.string({error: issue => (issue.input === undefined ? undefined : remedy(issue.input))})
	.check(context => {
		if (parseTrend(context.value)) return;
		context.issues.push({code: 'custom', input: context.value, message: remedy(context.value)});
	})
	.meta({description: 'How fast the value may change.', typeName: 'trend', examples: ['< 1 % per hour']} as z.GlobalMeta);

export const trends = z.record(z.string(), trend).meta({
	description:
		'How fast values may change, by guardrail id, judged at the end of the stage: the least-squares slope over the stage, or over its newest part (`over 6h`). It holds only when the whole 95 % interval of the slope lies inside; with too few values it does not hold. Values are averaged over at least 8 pieces, none shorter than the range of the query, and the interval is widened where neighbouring pieces still resemble each other; slow waves longer than the stage can still pass for a trend, or hide one.',
	typeName: 'map of trends',
	examples: [{memory: '< 1 % per hour'}],
} as z.GlobalMeta);
