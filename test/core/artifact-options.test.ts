import fc from 'fast-check';
import {expect, test} from 'vitest';
import {nameFits} from '../../src/core/artifact-options.ts';

test.each([
	['LB_DIFF.txt', 'LB_DIFF.txt', true],
	['LB_DIFF.txt', 'LB_DIFF_txt', false],
	['dashboard-*.json', 'dashboard-ttfv.json', true],
	['dashboard-*.json', 'dashboard-.json', true],
	['dashboard-*.json', 'dashboard.json', false],
	['a*a', 'a', false],
	['*-*.md', 'STAGE-1.md', true],
	['a*b*c', 'abc', true],
	['a*b*c', 'acb', false],
	['*', 'anything', true],
])('%s and %s: %s', (pattern, name, fits) => {
	expect(nameFits(pattern, name)).toBe(fits);
});

test('a pattern made from a name fits it, whatever was left out for a star', () => {
	const part = fc.stringMatching(/^[a-c.-]{0,6}$/);
	fc.assert(
		fc.property(fc.array(part, {minLength: 1, maxLength: 5}), fc.array(part, {minLength: 4, maxLength: 4}), (kept, gone) => {
			const name = kept.map((one, index) => one + (index < kept.length - 1 ? gone[index] : '')).join('');
			expect(nameFits(kept.join('*'), name)).toBe(true);
		}),
	);
});
