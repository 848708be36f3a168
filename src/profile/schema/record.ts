import type {z} from 'zod';
import {choice, number} from './leaf.ts';

const megabytes = 'The raw series of one session take no more room than this; then recording ends, and the journal says so.';

/** What of the raw series is kept beside the journal. */
export const recordKeys = (byDefault: 'series' | 'nothing') => ({
	record: choice(['series', 'nothing'], {
		description:
			byDefault === 'series'
				? 'Whether the series that the queries read are kept in the session folder (`series/`), so that `canary backtest` can ask them other queries.'
				: 'Whether the raw series behind the queries are fetched into the session folder (`series/`) when the session is over, so that `canary backtest` can ask them other queries. `canary record` does it later.',
	}).default(byDefault),
	recordMegabytes: number({description: megabytes}, {above: 0, max: 100_000})
		.default(256)
		.meta({description: megabytes, typeName: 'number'} as z.GlobalMeta),
});
