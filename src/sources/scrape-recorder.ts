import {bareSelectors, SeriesEncoder} from '../promql/series-text.ts';
import type {SampleStore} from '../promql/store.ts';
import type {SeriesRecord} from './registry.ts';
import {ownNames} from './scrape-wanted.ts';
import type {Questions} from './source.ts';

/** Every query that these questions ask. */
export const queriesOf = ({guardrails, observedShareQuery}: Questions): readonly string[] => [
	...guardrails
		.filter(({origin}) => origin === 'query')
		.flatMap(({query, minRequests}) => [query, ...(minRequests ? [minRequests.query] : [])]),
	...(observedShareQuery === undefined ? [] : [observedShareQuery]),
];

/**
 * Writes down, each time it is called, the samples that have come into the store since; before questions are answered also as of when,
 * for what comes late (a page that timed out) was not there yet for those.
 */
export type SeriesRecorder = (askedAtMs?: number) => void;

export function createSeriesRecorder(
	{write, clean}: SeriesRecord,
	store: SampleStore,
	questions: Questions,
	dialect: '2.x' | '3.x',
): SeriesRecorder {
	const encoder = new SeriesEncoder(clean);
	let isFirst = true;
	return askedAtMs => {
		if (isFirst)
			write(
				encoder.head({format: 1, source: 'scrape', dialect, selectors: [...bareSelectors(queriesOf(questions)), ...ownNames]}),
			);
		isFirst = false;
		write(encoder.news(store.all()));
		if (askedAtMs !== undefined) write(encoder.asked(askedAtMs));
	};
}
