import fc from 'fast-check';
import {expect, test} from 'vitest';
import {createLineSplitter, type LineSplitter} from '../../../src/sources/tail/splitter.ts';

const push = (splitter: LineSplitter, text: string | Buffer): string[] => {
	const lines: string[] = [];
	splitter.push(Buffer.from(text), bytes => lines.push(bytes.toString()));
	return lines;
};

test('lines end with LF or CRLF, and a partial one waits for its end', () => {
	const splitter = createLineSplitter();
	expect(push(splitter, 'one\r\ntwo\nthr')).toEqual(['one', 'two']);
	expect(push(splitter, 'ee\r')).toEqual([]);
	expect(push(splitter, '\n\nfour\n')).toEqual(['three', '', 'four']);
});

test('however the bytes are cut into chunks, the lines are the same', () => {
	fc.assert(
		fc.property(
			fc.array(fc.stringMatching(/^[^\n\r\0]{0,12}$/)),
			fc.array(fc.integer({min: 1, max: 9}), {minLength: 1}),
			(lines, cuts) => {
				const bytes = Buffer.from(lines.map(line => `${line}\n`).join(''));
				const splitter = createLineSplitter(256);
				const found: string[] = [];
				for (let at = 0, turn = 0; at < bytes.length; turn++) {
					const size = cuts[turn % cuts.length] ?? 1;
					found.push(...push(splitter, bytes.subarray(at, at + size)));
					at += size;
				}
				expect(found).toEqual(lines.map(line => Buffer.from(line).toString()));
			},
		),
	);
});

test('counting without looking counts the same lines', () => {
	fc.assert(
		fc.property(fc.array(fc.constantFrom('a', '\n', 'bc\n', '\r\n', '\0', 'dddddddddddd'), {maxLength: 60}), parts => {
			const looking = createLineSplitter(8);
			const counting = createLineSplitter(8);
			let lines = 0;
			let counted = 0;
			for (const part of parts) {
				lines += push(looking, part).length;
				counted += counting.skip(Buffer.from(part));
			}
			expect(counted).toBe(lines);
			expect(push(counting, 'x\n')).toEqual(push(looking, 'x\n'));
		}),
	);
});

test('a long line is cut, in one chunk or over many, and memory stays bounded', () => {
	const splitter = createLineSplitter(10);
	expect(push(splitter, 'x'.repeat(25))).toEqual([]);
	expect(splitter.pendingBytes()).toBe(10);
	expect(push(splitter, `${'x'.repeat(25)}\nnext\n`)).toEqual(['x'.repeat(10), 'next']);
	expect(push(splitter, `${'y'.repeat(25)}\n`)).toEqual(['y'.repeat(10)]);
	expect(push(splitter, `${'z'.repeat(10)}\n`)).toEqual(['z'.repeat(10)]);
	expect(splitter.longLines()).toBe(2);
});

test('a hole of NULs before a line is left out, however long', () => {
	const splitter = createLineSplitter(10);
	for (let i = 0; i < 5; i++) push(splitter, Buffer.alloc(100));
	expect(push(splitter, Buffer.concat([Buffer.alloc(7), Buffer.from('hello\n')]))).toEqual(['hello']);
	expect(splitter.longLines()).toBe(0);
});

test('a last line without an end is handed out once, and its rest left out', () => {
	const splitter = createLineSplitter();
	const flushed: string[] = [];
	push(splitter, 'panic: out of');
	splitter.flush(bytes => flushed.push(bytes.toString()));
	splitter.flush(bytes => flushed.push(bytes.toString()));
	expect(flushed).toEqual(['panic: out of']);
	expect(push(splitter, ' memory\nnext\n')).toEqual(['next']);
});
