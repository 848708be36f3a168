import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {compileFilter, passes} from '../../src/view/filter.ts';
import {fuzzy} from '../../src/view/fuzzy.ts';
import {type Item, moved, newSince, windowOf} from '../../src/view/list.ts';
import {row, textOf} from '../../src/view/row.ts';
import {initialUi, withPane} from '../../src/view/ui-state.ts';
import {sceneOf, seen} from '../helpers/fake-scene.ts';
import {healthySession} from '../helpers/fake-session.ts';

const items = (count: number, urgent: readonly number[] = []): Item[] =>
	Array.from({length: count}, (_, index) => ({
		key: String(index),
		text: `line ${index}`,
		rows: [row(`line ${index}`)],
		urgent: urgent.includes(index),
		mark: index,
	}));
const lines = (window: ReturnType<typeof windowOf>) => window.rows.map(textOf);

describe('a window on a list', () => {
	test('shows all when all fit', () => {
		expect(windowOf(items(3), undefined, 5)).toMatchObject({above: 0, below: 0});
	});

	test('brings what is urgent up when not all fit and nobody has chosen', () => {
		expect(lines(windowOf(items(10, [7]), undefined, 3))).toEqual(['line 7', 'line 0', 'line 1']);
	});

	test('says how many urgent ones are out of sight', () => {
		expect(windowOf(items(10, [0, 9]), '0', 3)).toMatchObject({above: 0, below: 7, urgentOutside: 1});
	});

	test('always shows the chosen one, and counts every other', () => {
		fc.assert(
			fc.property(fc.integer({min: 1, max: 40}), fc.nat(39), fc.integer({min: 1, max: 12}), (count, at, height) => {
				const cursor = String(at % count);
				const window = windowOf(items(count), cursor, height);
				expect(lines(window)).toContain(`line ${cursor}`);
				expect(window.above + window.rows.length + window.below).toBe(count);
				expect(window.rows.length).toBeLessThanOrEqual(height);
			}),
		);
	});

	test('moves one by one and stops at both ends', () => {
		expect(moved(items(3), undefined, 1)).toBe('0');
		expect(moved(items(3), '2', 1)).toBe('2');
		expect(moved(items(3), '1', -5)).toBe('0');
		expect(moved([], undefined, 1)).toBeUndefined();
	});

	test('counts what came after following stopped', () => {
		expect(newSince(items(5), 2)).toBe(2);
		expect(newSince(items(5), undefined)).toBe(0);
	});
});

describe('a filter', () => {
	test('is a pattern; small letters match both, a capital only itself', () => {
		expect(passes(['timeout'], 'QUERY_TIMEOUT')).toBe(true);
		expect(passes(['Timeout'], 'QUERY_TIMEOUT')).toBe(false);
	});

	test('is turned round by a leading exclamation mark', () => {
		expect(passes(['!timeout'], 'QUERY_TIMEOUT')).toBe(false);
		expect(passes(['!timeout'], 'refused')).toBe(true);
		expect(passes(['\\!x'], 'a!x')).toBe(true);
	});

	test('says in words what is wrong with a pattern, and then hides nothing', () => {
		const broken = compileFilter('(');
		expect(broken).toMatchObject({ok: false});
		expect(broken.ok ? '' : broken.error).toMatch(/missing closing \)/);
		expect(passes(['('], 'anything')).toBe(true);
	});

	test('can not be made to hang', () => {
		const start = performance.now();
		passes(['(a+)+$'], `${'a'.repeat(5_000)}b`);
		expect(performance.now() - start).toBeLessThan(500);
	});

	test('on a pane keeps the count of what it hides on the screen', () => {
		const ui = withPane({...initialUi, focus: 'errors'}, 'errors', {filters: ['timeout']});
		const text = seen(sceneOf(healthySession(), {ui}));
		expect(text).toContain('/timeout/ 2 hidden');
		expect(text).toContain('QUERY_TIMEOUT');
		expect(text).not.toContain('E_CONN');
	});

	test('that lets nothing through says so', () => {
		const ui = withPane({...initialUi, focus: 'errors'}, 'errors', {filters: ['nowhere']});
		expect(seen(sceneOf(healthySession(), {ui}))).toContain('nothing matches; Esc clears the filter');
	});
});

describe('the palette’s search', () => {
	const names = ['promote', 'roll back', 'previous pane', 'detail: TTFV p95', 'theme: mono'];

	test('finds letters in their order, best first', () => {
		expect(fuzzy('rb', names, name => name)[0]).toBe('roll back');
		expect(fuzzy('pro', names, name => name)[0]).toBe('promote');
		expect(fuzzy('ttf', names, name => name)).toEqual(['detail: TTFV p95']);
	});

	test('finds nothing rather than something', () => {
		expect(fuzzy('xyz', names, name => name)).toEqual([]);
	});

	test('lists all as they are before anything is typed', () => {
		expect(fuzzy('', names, name => name)).toHaveLength(names.length);
	});
});
