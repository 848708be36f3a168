import fc from 'fast-check';
import {expect, test} from 'vitest';
import {lineStart, linesBack} from '../../../src/sources/tail/line-start.ts';

const reader = (text: string) => async (length: number, from: number) => Buffer.from(text).subarray(from, from + length);

test('the start of a line and of those before it', async () => {
	const readAt = reader('one\ntwo\nthree\nfo');
	expect(await lineStart(readAt, 16)).toBe(14);
	expect(await lineStart(readAt, 14)).toBe(14);
	expect(await lineStart(readAt, 2)).toBe(0);
	expect(await Promise.all([0, 1, 2, 3, 4].map(lines => linesBack(readAt, 14, lines)))).toEqual([14, 8, 4, 0, 0]);
	expect(await linesBack(readAt, 0, 5)).toBe(0);
});

test('going back by lines is what splitting and counting gives', async () => {
	const lines = fc.array(fc.stringMatching(/^[a-c]{0,4}$/), {maxLength: 12});
	await fc.assert(
		fc.asyncProperty(lines, fc.integer({min: 0, max: 15}), async (all, back) => {
			const text = all.map(line => `${line}\n`).join('');
			const kept = back === 0 ? [] : all.slice(-back);
			expect(await linesBack(reader(text), text.length, back)).toBe(text.length - kept.map(line => `${line}\n`).join('').length);
		}),
	);
});

test('a line without an end in sight is taken up where the sight ends', async () => {
	const text = `${'x'.repeat(100_000)}\nlast\n`;
	expect(await lineStart(reader(text), 90_000)).toBe(90_000 - 16 * 1024);
	expect(await linesBack(reader(text), text.length, 5)).toBe(100_001);
});
