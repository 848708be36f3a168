import {RE2JS} from 're2js';
import {z} from 'zod';
import {formatDuration, parseDuration} from '../../base/duration.ts';
import {boundOps, parseBound} from '../../core/bound.ts';
import {parseQuery} from '../../promql/parse.ts';
import {didYouMean, orList} from '../did-you-mean.ts';
import {found} from '../found.ts';
import {boundRemedy, durationRemedy} from '../remedies.ts';

/** Documentation beyond the description; `typeName` is what docs/profile.md says instead of "string". */
export type Meta = {readonly description: string; readonly examples?: readonly unknown[]};

/** A text; an unquoted number gets a hint about quotes. */
export const text = (meta: Meta, {max = 200, typeName = 'text'}: {readonly max?: number; readonly typeName?: string} = {}) =>
	z
		.string()
		.min(1)
		.max(max)
		.meta({...meta, typeName} as z.GlobalMeta);

const durationPattern = '^(\\d+w)?(\\d+d)?(\\d+h)?(\\d+m)?(\\d+s)?(\\d+ms)?$';

/** `30s`, `1m30s`: kept as text; the compiler turns it into milliseconds. */
export const duration = (meta: Meta, {min = 0, max}: {readonly min?: number; readonly max?: number} = {}) =>
	z
		.string({error: issue => (issue.input === undefined ? undefined : durationRemedy(issue.input))})
		.check(context => {
			const parsed = parseDuration(context.value);
			const message = parsed.ok ? outOfRange(context.value, parsed.value, min, max) : durationRemedy(context.value);
			if (message !== undefined) context.issues.push({code: 'custom', input: context.value, message});
		})
		.meta({...meta, typeName: 'duration', pattern: durationPattern} as z.GlobalMeta);

function outOfRange(written: string, ms: number, min: number, max: number | undefined): string | undefined {
	if (ms < min) return `${written} is too short: at least ${formatDuration(min)}.`;
	return max !== undefined && ms > max ? `${written} is too long: at most ${formatDuration(max)}.` : undefined;
}

const boundPattern = '^\\s*(<=|>=|==|!=|<|>|=|≤|≥|≠)\\s*[+-]?[\\d._]+(e[+-]?\\d+)?\\s*%?\\s*$';

/** `< 1500`: the values that are healthy. */
export const bound = (meta: Meta) =>
	z
		.string({error: issue => (issue.input === undefined ? undefined : boundRemedy(issue.input))})
		.check(context => {
			if (!parseBound(context.value)) {
				context.issues.push({code: 'custom', input: context.value, message: boundRemedy(context.value)});
			}
		})
		.meta({...meta, typeName: 'bound', pattern: boundPattern} as z.GlobalMeta);

/** A PromQL text that parses. The issue carries the place inside the text. */
export const promql = (meta: Meta) =>
	z
		.string()
		.min(1)
		.max(20_000)
		.check(context => {
			const parsed = parseQuery(context.value);
			if (parsed.ok) return;
			const {message, span, position} = parsed.error;
			const place = context.value.includes('\n') ? ` (line ${position.line}, column ${position.column} of the query)` : '';
			context.issues.push({
				code: 'custom',
				input: context.value,
				message: `the query is no PromQL: ${message}${place}.${rangeHint(context.value)}`,
				params: {within: span},
			});
		})
		.meta({...meta, typeName: 'PromQL'} as z.GlobalMeta);

/** `[1 min]`, `[30]`: what people write for a range. */
const rangeHint = (query: string): string =>
	/\[\s*\d+\s*(?:\]|\s[a-z]|min|sec|hour|day)/i.test(query)
		? ' A range is a number and a unit without a blank: [30s], [5m], [1h].'
		: '';

/** RE2 syntax, as Go and Prometheus have it. */
export const regex = (meta: Meta) =>
	z
		.string()
		.min(1)
		.max(2_000)
		.check(context => {
			const message = regexFault(context.value);
			if (message) context.issues.push({code: 'custom', input: context.value, message});
		})
		.meta({...meta, typeName: 'RE2 pattern'} as z.GlobalMeta);

function regexFault(pattern: string): string | undefined {
	try {
		RE2JS.compile(pattern);
		return undefined;
	} catch (error) {
		const reason = error instanceof Error ? error.message : String(error);
		const lookaround = /\(\?<?[=!]/.test(pattern) ? ' RE2 has no look-ahead and no look-behind.' : '';
		return `"${pattern}" is no RE2 pattern: ${reason}.${lookaround}`;
	}
}

/** One word of a closed list. */
export const choice = <const Words extends readonly [string, ...string[]]>(words: Words, meta: Meta) =>
	z
		.enum(words, {
			error: issue => {
				if (issue.input === undefined) return undefined;
				const hint = typeof issue.input === 'string' ? didYouMean(issue.input, words) : '';
				return `${found(issue.input)} is not one of ${orList(words)}.${hint}`;
			},
		})
		.meta({...meta, typeName: words.join(' · ')} as z.GlobalMeta);

/** A file named in a profile: relative to the folder of the profile. */
export const file = (meta: Meta) => text(meta, {max: 1_000, typeName: 'file'});

export const flag = (meta: Meta) => z.boolean().meta({...meta, typeName: 'true · false'} as z.GlobalMeta);

export const number = (
	meta: Meta,
	{min, max, above}: {readonly min?: number; readonly max?: number; readonly above?: number},
) => {
	let schema = z.number();
	if (min !== undefined) schema = schema.min(min);
	if (max !== undefined) schema = schema.max(max);
	if (above !== undefined) schema = schema.gt(above);
	return schema.meta({...meta, typeName: 'number'} as z.GlobalMeta);
};

/** The bound's operators, for texts. */
export const boundOpsText = orList(boundOps);
