import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {parse, stringify} from 'yaml';
import {compilePlan} from '../../src/profile/compile.ts';
import {formatFaults} from '../../src/profile/fault.ts';
import {loadProfile} from '../../src/profile/load.ts';
import {substitute} from '../../src/profile/substitute.ts';
import {profileText, writeProfile} from './given.ts';

/** Loads whatever it is; a fault must be printable and have a place that exists. */
async function judge(text: string): Promise<void> {
	const loaded = await loadProfile(writeProfile(text), {});
	if (loaded.ok) {
		expect(() => compilePlan(loaded.value)).not.toThrow();
		return;
	}
	expect(loaded.error.length).toBeGreaterThan(0);
	const lines = text.split('\n');
	for (const {line, column, message, excerpt} of loaded.error) {
		expect(message).not.toBe('');
		expect(line).toBeLessThanOrEqual(lines.length);
		if (line > 0) expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? 0) + 2);
		expect([message, ...excerpt].join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
	}
	expect(formatFaults(loaded.error)).not.toBe('');
}

const values = fc.oneof(
	fc.constantFrom(
		null,
		true,
		-1,
		0,
		1e300,
		Number.NaN,
		'',
		'5m',
		'< 5',
		'${',
		'$' + '{NOPE}',
		'*',
		'\u001B[2J',
		'\u202Eabc',
		[],
		{},
		[[]],
	),
	fc.string({maxLength: 20, unit: 'binary'}),
	fc.dictionary(fc.string({maxLength: 5}), fc.integer(), {maxKeys: 2}),
);

/** Puts a value anywhere into a profile. */
function mutate(tree: unknown, steps: readonly number[], value: unknown): unknown {
	const [step, ...rest] = steps;
	if (step === undefined || typeof tree !== 'object' || tree === null) return value;
	if (Array.isArray(tree))
		return tree.map((item, index) => (index === step % Math.max(1, tree.length) ? mutate(item, rest, value) : item));
	const keys = Object.keys(tree);
	const chosen = keys[step % Math.max(1, keys.length)];
	return Object.fromEntries(Object.entries(tree).map(([key, item]) => [key, key === chosen ? mutate(item, rest, value) : item]));
}

describe('whatever stands in a profile, loading it ends with a profile or with faults', () => {
	test('one value replaced', async () => {
		const sound = parse(profileText());
		const steps = fc.array(fc.nat(20), {minLength: 1, maxLength: 6});
		await fc.assert(
			fc.asyncProperty(steps, values, async (where, value) => judge(stringify(mutate(sound, where, value)))),
			{numRuns: 300},
		);
	});

	test('characters cut out or put in', async () => {
		const text = profileText({more: 'policies: {start: manual}\nredact: ["a+"]'});
		const edit = fc.tuple(
			fc.nat(text.length),
			fc.nat(12),
			fc.string({maxLength: 4, unit: fc.constantFrom(...':-{}[]"\'&*!|>%@`#\t\n 5a')}),
		);
		await fc.assert(
			fc.asyncProperty(edit, async ([at, length, put]) => judge(text.slice(0, at) + put + text.slice(at + length))),
			{numRuns: 300},
		);
	});
});

test('substitution: doubled dollar signs are the only change to a text without variables', () => {
	fc.assert(
		fc.property(fc.string(), text => {
			const escaped = text.replaceAll('$', () => '$$');
			expect(substitute(escaped, {})).toEqual({text, changed: false, faults: []});
		}),
	);
});

test('a key called __proto__ is a key like any other', async () => {
	const loaded = await loadProfile(writeProfile(`${profileText()}\n__proto__: {polluted: 1}`), {});
	expect(loaded.ok ? [] : loaded.error.map(({path}) => path)).toEqual(['__proto__']);
	expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
});

test('a thousand faults are told in reasonable time', async () => {
	const guardrails = Array.from(
		{length: 199},
		(_, index) => `  - {id: "g ${index}", querry: up, healthy: ${index}, for: 5 min, severty: x}`,
	);
	const begin = performance.now();
	const loaded = await loadProfile(writeProfile(profileText({guardrails: ['guardrails:', ...guardrails].join('\n')})), {});
	expect(loaded.ok ? 0 : loaded.error.length).toBeGreaterThan(900);
	expect(performance.now() - begin).toBeLessThan(3_000);
});
