import {type Expr, type Matcher, nameLabel} from './ast.ts';
import {canonicalBound} from './exposition-series.ts';
import {vectorSelectorsOf} from './split.ts';

/** A matcher on a bucket bound or a quantile that no series of 3.x can have: `le="500"` is kept as `le="500.0"`. */
export type StrayBound = {
	readonly metric: string;
	readonly matcher: Matcher;
	/** What to write instead; for both majors `le=~"500(\\.0)?"`. */
	readonly kept: string;
};

/**
 * Matchers of a query that compare `le` or `quantile` with a number as 3.x never writes it. The series are there, and the
 * selector finds none of them: what reads like "no data" is a spelling.
 */
export function strayBoundsOf(expr: Expr): readonly StrayBound[] {
	return vectorSelectorsOf(expr).flatMap(({selector}) => {
		const metric = selector.matchers.find(({name, op}) => name === nameLabel && op === '=')?.value ?? '';
		return selector.matchers
			.filter(({name, op}) => (name === 'le' || name === 'quantile') && (op === '=' || op === '!='))
			.map(matcher => ({metric, matcher, kept: canonicalBound(matcher.value)}))
			.filter(({matcher, kept}) => matcher.value !== kept);
	});
}
