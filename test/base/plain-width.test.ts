import fc from 'fast-check';
import stringWidth from 'string-width';
import {expect, test} from 'vitest';
import {plainWidth} from '../../src/base/plain-width.ts';

const plainCodes = Array.from({length: 0x10000}, (_, code) => code).filter(
	code => plainWidth(String.fromCharCode(code)) !== undefined,
);

test('knows every character that our screens are drawn with', () => {
	const line = '✓ TTFV p95 ≥ 99.6 % ╭─╮ ▁▂▃▄▅▆▇█ ░ ● → … · ✗ ╸━ ⣿ é';
	expect(plainWidth(line)).toBe(line.length);
	expect(plainWidth('\x1B[1m\x1B[38;5;12mok\x1B[39m\x1B[22m')).toBe(2);
	expect(plainWidth('')).toBe(0);
});

test('each character it knows has one column', () => {
	expect(plainCodes.length).toBeGreaterThan(1_000);
	expect(plainCodes.filter(code => stringWidth(String.fromCharCode(code)) !== 1)).toEqual([]);
});

test('leaves to others what needs a look at whole clusters', () => {
	for (const text of ['日本', '👩‍💻', 'e\u0301', '❤️', '1️⃣', '\t', '\x1B]0;title\x07', '\x1B[2J', '\x1B[1', 'a\u200bb', '⌚']) {
		expect(plainWidth(text), JSON.stringify(text)).toBeUndefined();
	}
});

test('agrees with string-width on every text it measures', () => {
	const plain = fc.constantFrom(...plainCodes).map(code => String.fromCharCode(code));
	const colour = fc.constantFrom('\x1B[1m', '\x1B[0m', '\x1B[m', '\x1B[38;5;200m', '\x1B[1;31m');
	const odd = fc.constantFrom('\u0301', '\u200D', '\uFE0F', '\uFE0E', '👍', '日', '\x1B', '[', 'm', '\u20E3', '\u0600');
	const text = fc.array(fc.oneof({weight: 8, arbitrary: plain}, colour, {weight: 1, arbitrary: odd}), {maxLength: 30});
	fc.assert(
		fc.property(
			text.map(parts => parts.join('')),
			joined => {
				const columns = plainWidth(joined);
				if (columns !== undefined) expect(columns).toBe(stringWidth(joined));
			},
		),
		{numRuns: 3_000},
	);
});
