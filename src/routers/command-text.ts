/** What the command router says and understands: weights in the tool's own numbers, argument templates, output. Pure. */
import {RE2JS} from 're2js';
import {fail, ok, type Result} from '../base/result.ts';
import {sanitize} from '../base/text.ts';
import type {CommandOptions, CommandParse} from '../core/router-options.ts';
import {followJsonPath, parseJsonPath, pathText} from './json-path.ts';
import {isShareAsked} from './weights.ts';

/** The two weights in the tool's own numbers; they add up to the scale. */
export type ToolWeights = {readonly candidate: string; readonly baseline: string};

/** Null when the tool's numbers are too coarse: rounded, the share would be another, and a small one none. */
export function toolWeights(percent: number, {scale, decimals}: Pick<CommandOptions, 'scale' | 'decimals'>): ToolWeights | null {
	const candidate = ((percent / 100) * scale).toFixed(decimals);
	const baseline = (scale - Number(candidate)).toFixed(decimals);
	return isShareAsked(percent, (Number(candidate) / scale) * 100) ? {candidate, baseline} : null;
}

/** `{candidate}` and `{baseline}` in each argument. Each argument stays one, whatever is in it. */
export const fillArgv = (argv: readonly string[], weights: ToolWeights): string[] =>
	argv.map(argument => argument.replaceAll(/\{(candidate|baseline)\}/g, (_, side: keyof ToolWeights) => weights[side]));

/** Finds the number in what the tool printed. The error is a sentence. */
export type ReadNumber = (stdout: string) => Result<number, string>;

/** The error is a sentence: the pattern or the path itself is wrong. */
export function compileParse(parse: CommandParse): Result<ReadNumber, string> {
	if ('jsonPath' in parse) {
		const steps = parseJsonPath(parse.jsonPath);
		if (!steps.ok) return steps;
		return ok(stdout => {
			const document = parseJson(stdout);
			if (!document.ok) return document;
			const found = followJsonPath(document.value, steps.value);
			return found.ok ? toNumber(found.value, `at ${pathText(steps.value)}`) : found;
		});
	}
	let pattern: RE2JS;
	try {
		pattern = RE2JS.compile(parse.regex, RE2JS.MULTILINE);
	} catch (error) {
		return fail(`${JSON.stringify(parse.regex)} is no regular expression of RE2: ${(error as Error).message}`);
	}
	return ok(stdout => {
		const matcher = pattern.matcher(stdout);
		if (!matcher.find()) return fail(`nothing in its output matches ${JSON.stringify(parse.regex)}`);
		const group = 'weight' in pattern.namedGroups() ? 'weight' : pattern.groupCount() > 0 ? 1 : 0;
		return toNumber(
			matcher.group(group) ?? '',
			group === 0 ? 'matched' : `in ${group === 1 ? 'the first group' : 'the group “weight”'}`,
		);
	});
}

function parseJson(stdout: string): Result<unknown, string> {
	try {
		return ok(JSON.parse(stdout));
	} catch {
		return fail('its output is not JSON');
	}
}

/** A number, or text that is nothing but one; a percent sign behind it is decoration. */
function toNumber(value: unknown, where: string): Result<number, string> {
	if (typeof value === 'number' && Number.isFinite(value)) return ok(value);
	const digits = typeof value === 'string' ? /^\s*([+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*%?\s*$/i.exec(value)?.[1] : undefined;
	if (digits !== undefined) return ok(Number(digits));
	return fail(`what is ${where} is no number: ${sanitize(JSON.stringify(value) ?? 'nothing', 80)}`);
}
