import {expect, test} from 'vitest';
import {createUnwritten} from '../../src/journal/unwritten.ts';

test('lines come out as they went in, each with its line break, once', () => {
	const unwritten = createUnwritten(1_000);
	unwritten.push('eins', true);
	unwritten.push('zwölf', false);
	expect(unwritten.bytes).toBe(12);
	expect(unwritten.takeAll()?.toString()).toBe('eins\nzwölf\n');
	expect(unwritten.takeAll()).toBeUndefined();
	expect(unwritten.bytes).toBe(0);
});

test('of what does not fit the oldest samples go, and are counted; who did what stays', () => {
	const unwritten = createUnwritten(1_000);
	unwritten.push('rollback asked', false);
	for (let index = 0; index < 500; index++) unwritten.push(`sample ${index}`, true);
	expect(unwritten.bytes).toBeLessThanOrEqual(1_000);
	const lines = unwritten.takeAll()?.toString().trim().split('\n') ?? [];
	expect(lines[0]).toBe('rollback asked');
	expect(lines.at(-1)).toBe('sample 499');
	expect(unwritten.dropped).toBe(501 - lines.length);
	expect(unwritten.dropped).toBeGreaterThan(400);
});
