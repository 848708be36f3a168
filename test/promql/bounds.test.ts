import {expect, test} from 'vitest';
import {strayBoundsOf} from '../../src/promql/bounds.ts';
import {canonicalBound} from '../../src/promql/exposition-series.ts';
import {parseQuery} from '../../src/promql/parse.ts';

test.each([
	['500', '500.0'],
	['0.5', '0.5'],
	['+Inf', '+Inf'],
	['1e6', '1e+06'],
	['1e0', '1.0'],
	['none', 'none'],
	['-0', '-0.0'],
	['10000000', '1e+07'],
])('the bound %s is kept as %s', (written, kept) => {
	expect(canonicalBound(written)).toBe(kept);
});

test('a selector that names a bound as 3.x never writes it is found', () => {
	const parsed = parseQuery('rate(a_bucket{le="500"}[1m]) / rate(a_bucket{le="+Inf"}[1m]) + b{quantile!="1",le="0.25"}');
	expect(parsed.ok && strayBoundsOf(parsed.value)).toMatchObject([
		{metric: 'a_bucket', matcher: {value: '500'}, kept: '500.0'},
		{metric: 'b', matcher: {value: '1'}, kept: '1.0'},
	]);
});
