import {parseQuery} from '../promql/parse.ts';
import {vectorSelectorsOf} from '../promql/split.ts';

/** The largest range in a query, subqueries included; 0 when it has none. */
export function largestRangeMs(query: string | undefined): number {
	const parsed = query === undefined ? undefined : parseQuery(query);
	if (!parsed?.ok) return 0;
	return Math.max(0, ...vectorSelectorsOf(parsed.value).map(({rangeMs}) => rangeMs));
}
