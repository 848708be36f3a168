import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {
	asciiMarks,
	columnsOf,
	csvSafe,
	fitColumns,
	htmlSafe,
	padEnd,
	padStart,
	sanitize,
	sanitizeLines,
	truncate,
} from '../../src/base/text.ts';

const dangerous = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFEFF]/u;

/** Text made of what attackers make it of: whole sequences, halves of them, and ordinary words between. */
const hostile = fc
	.array(
		fc.oneof(
			fc.constantFrom(
				...[
					'\x1b',
					'\x1b[',
					'\x1b]',
					'\x1bP',
					'\x1b_',
					'\x1b^',
					'\x1bX',
					'\x1b\\',
					'\x07',
					'\x9b',
					'\x9c',
					'\x9d',
					'\x90',
					'[31m',
					'0;t',
				],
				...[
					'\x1b[2J',
					'\x1b]8;;http://x\x07',
					'\u202e',
					'\u200b',
					'\u2066',
					'\ufeff',
					'\ud800',
					'\udc00',
					'\r',
					'\n',
					'\t',
					'日本',
					'👨‍👩‍👧',
					'e\u0301',
				],
			),
			fc.string({unit: 'binary', maxLength: 6}),
			fc.string({maxLength: 6}),
		),
		{maxLength: 24},
	)
	.map(parts => parts.join(''));

describe('sanitize', () => {
	test('never lets a control, bidi or zero-width character through, and never passes its width', () => {
		fc.assert(
			fc.property(hostile, fc.integer({min: 0, max: 60}), (text, columns) => {
				const safe = sanitize(text, columns);
				expect(safe).not.toMatch(dangerous);
				expect(columnsOf(safe)).toBeLessThanOrEqual(columns);
			}),
			{numRuns: 3_000},
		);
	});

	test('changes nothing the second time', () => {
		fc.assert(
			fc.property(hostile, text => {
				expect(sanitize(sanitize(text, 50), 50)).toBe(sanitize(text, 50));
			}),
		);
	});

	test.each([
		['clears the screen', '\x1b[2Jok', '\uFFFDok'],
		['8-bit CSI', '\x9b2Jok', '\uFFFDok'],
		['CSI without its end', 'ok\x1b[12;', 'ok\uFFFD'],
		['window title', 'a\x1b]0;owned\x07b', 'a\uFFFDb'],
		['hyperlink', '\x1b]8;;http://evil\x1b\\text\x1b]8;;\x1b\\', '\uFFFDtext\uFFFD'],
		['8-bit OSC', 'a\x9d0;owned\x9cb', 'a\uFFFDb'],
		['unterminated OSC shows what it meant to hide', 'a\x1b]0;rm -rf and more', 'a\uFFFD0;rm -rf and more'],
		['DCS', 'a\x1bPq#0\x1b\\b', 'a\uFFFDb'],
		['APC, PM and SOS', 'a\x1b_x\x1b\\b\x1b^y\x1b\\c\x1bXz\x1b\\d', 'a\uFFFDb\uFFFDc\uFFFDd'],
		['lone ESC at the end', 'a\x1b', 'a\uFFFD'],
		['reset to the initial state', '\x1bcok', '\uFFFDok'],
		['charset switch', 'a\x1b(0b', 'a\uFFFDb'],
		['NUL, BEL, BS and DEL in a row are one mark', 'a\0\x07\x08\x7fb', 'a\uFFFDb'],
		['bidi override', 'a\u202Etxt.exe', 'a\uFFFDtxt.exe'],
		['zero width space', 'pay\u200Bpal', 'pay\uFFFDpal'],
		['lone surrogate', 'a\ud800b', 'a\uFFFDb'],
		['hidden tag characters', 'a\u{E0041}\u{E0042}b', 'a\uFFFDb'],
		['colour leaves no mark', '\x1b[1;31mERROR\x1b[0m ok', 'ERROR ok'],
		['an escape put together by taking a colour out', '\x1b\x1b[0m]0;x\x07ok', '\uFFFDok'],
		['tab and line breaks', 'a\tb\r\nc\u2028d', 'a b c d'],
	])('%s', (_name, text, shown) => expect(sanitize(text, 80)).toBe(shown));

	test('keeps honest text as it is', () => {
		for (const text of ['plain', 'Ünïcödé', '日本語', 'مرحبا', 'नमस्ते', '✓ 99.41 %', '']) expect(sanitize(text, 80)).toBe(text);
	});

	test('keeps a wide emoji and forgets its variation selector', () => expect(sanitize('⚠️ 🚀', 80)).toBe('⚠ 🚀'));

	test('does not let marks pile up, nor lean on the frame to the left', () => {
		expect(sanitize(`a${'\u0301'.repeat(50)}b`, 80)).toBe(`a${'\u0301'.repeat(4)}b`);
		expect(sanitize('\u0301a', 80)).toBe('\uFFFD\u0301a');
	});

	test('uses marks of ASCII where the screen has no others', () => {
		expect(sanitize('a\x1b[2Jbcdef', 5, asciiMarks)).toBe('a?bc~');
	});

	test('says that it cut a line whose start is all it looked at', () => {
		expect(sanitize(`${'\0'.repeat(10_000)}tail`, 10)).toBe('\uFFFD…');
		expect(sanitize('x'.repeat(100_000), 4)).toBe('xxx…');
	});

	test('takes time in proportion to the text', () => {
		const text = '\x9d'.repeat(50_000) + '\x1b]'.repeat(50_000) + '\x1b['.repeat(50_000);
		const startMs = performance.now();
		sanitize(text, 20_000);
		expect(performance.now() - startMs).toBeLessThan(1_000);
	});
});

test('sanitizeLines keeps lines apart and says when there were more', () => {
	expect(sanitizeLines('a\r\nb\x1b[2J\nc', 10, 5)).toEqual(['a', 'b\uFFFD', 'c']);
	expect(sanitizeLines('a\nb\nc', 10, 2)).toEqual(['a', '…']);
});

describe('columns', () => {
	test('a wide character is never halved', () => {
		expect(truncate('日本語', 6)).toBe('日本語');
		expect(truncate('日本語', 5)).toBe('日本…');
		expect(truncate('日本語', 4)).toBe('日…');
		expect(truncate('日本語', 1)).toBe('…');
		expect(truncate('日本語', 0)).toBe('');
	});

	test('padding counts columns, not characters', () => {
		expect(padEnd('日本', 6)).toBe('日本  ');
		expect(padStart('日本', 6)).toBe('  日本');
		expect(padEnd('longer', 3)).toBe('longer');
	});

	test('fitColumns is exactly as wide as asked, whatever the text', () => {
		fc.assert(
			fc.property(
				hostile,
				fc.integer({min: 1, max: 40}),
				fc.constantFrom('start' as const, 'end' as const),
				(text, columns, align) => {
					expect(columnsOf(fitColumns(sanitize(text, 60), columns, align))).toBe(columns);
				},
			),
		);
	});
});

describe('text for other readers', () => {
	test('HTML from outside stays text', () => {
		expect(htmlSafe(`<img src=x onerror="a('b')">&\x1b[2J\n`)).toBe(
			'&lt;img src=x onerror=&quot;a(&#39;b&#39;)&quot;&gt;&amp;\uFFFD\n',
		);
		fc.assert(
			fc.property(hostile, text => {
				expect(htmlSafe(text)).not.toMatch(/[<>"'`\x1b]|&(?!(?:amp|lt|gt|quot|#39|#96);)/);
			}),
		);
	});

	test('a CSV cell is quoted where it must be', () => {
		expect(csvSafe('plain')).toBe('plain');
		expect(csvSafe('a,"b"\nc')).toBe('"a,""b""\nc"');
		expect(csvSafe(12.5)).toBe('12.5');
	});

	test('a CSV cell is never a formula', () => {
		expect(csvSafe('=cmd()')).toBe("'=cmd()");
		expect(csvSafe('@SUM(A1)')).toBe("'@SUM(A1)");
		expect(csvSafe('  =1+1')).toBe("'  =1+1");
		expect(csvSafe('-5')).toBe('-5');
		expect(csvSafe('-5+cmd()')).toBe("'-5+cmd()");
	});
});
