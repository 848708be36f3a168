import {observedRequestsId} from '../core/observed-split.ts';
import {slug} from './names.ts';
import type {GuardrailProfile, Profile} from './schema.ts';

/** The id of the row that counts the candidate's requests. */
export const requestsId = 'requests';

/** The id of the row that reads the counter of an error class. */
export const counterIdOf = (className: string): string => `errors-${slug(className)}`;

/** The counter of requests as a guardrail without a bound: asked, shown and journalled like the others, judged by nobody. */
const requestsGuardrail = (query: string): GuardrailProfile => counter(requestsId, 'Requests', query);

/** The counter of an error class, likewise. */
const errorsGuardrail = (name: string, query: string): GuardrailProfile => counter(counterIdOf(name), `Errors: ${name}`, query);

const counter = (id: string, title: string, query: string): GuardrailProfile => ({
	id,
	title,
	query,
	unit: 'count',
	severity: 'info',
	onBreach: 'warn',
	for: '0s',
	keepFiringFor: '0s',
	security: false,
	noData: 'hold',
	noDataAfter: '1m',
	group: '',
});

/** The rows that a profile's own counters become. */
export const counterRows = ({requests, observedRequests, errors}: Profile): readonly GuardrailProfile[] => [
	...(requests === undefined ? [] : [requestsGuardrail(requests)]),
	...(observedRequests === undefined ? [] : [observedRequestsGuardrail(observedRequests)]),
	...errors.flatMap(({name, query}) => (query === undefined ? [] : [errorsGuardrail(name, query)])),
];

/** The same for the requests behind the share that the metrics see. */
export const observedRequestsGuardrail = (query: string): GuardrailProfile => ({
	...requestsGuardrail(query),
	id: observedRequestsId,
	title: 'Requests behind the share seen',
});
