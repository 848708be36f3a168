import {expect, test} from 'vitest';
import {maskPlain} from '../../src/base/mask-plain.ts';
import {createRedactor} from '../../src/base/redact.ts';

const redact = createRedactor({literals: ['hunter2-hunter2', 'two\r\nlines-of-it']});

test.each([
	['as it is', 'a hunter2-hunter2.', 'a •••.'],
	['a colour in it', 'a hunter2\x1b[31m-hunter2 b', 'a ••• b'],
	['what grep puts around a match', 'a hunter2\x1b[01;31m\x1b[K-hunter2 b', 'a ••• b'],
	['a zero-width character in it', 'a hunter2\u200B-hunter2 b', 'a ••• b'],
	['a title in it', 'a hunter2\x1b]0;owned\x07-hunter2 b', 'a ••• b'],
	['an escape that would swallow its first letter', 'a \x1bhunter2-hunter2 b', 'a \uFFFD••• b'],
	['line breaks in it that are made plain', 'a two\r\nlines-of-it b', 'a ••• b'],
	['a shape with a mark before it', 'a\x1b[KAKIAABCDEFGHIJKLMNOP b', 'a\uFFFD••• b'],
	['two lines, one with a secret', 'one\nhunter2-\x1b[0Khunter2\ntwo', 'one\n•••\ntwo'],
])('a secret is masked: %s', (_, text, masked) => {
	expect(maskPlain(text, redact)).toBe(masked);
});

test('what was taken out of a text without a secret leaves its mark, and other letters stay', () => {
	expect(maskPlain('a\x1b[Kb ü 漢\tc\r\nd', redact)).toBe('a\uFFFDb ü 漢\tc\nd');
});
