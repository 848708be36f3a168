import type {GuardrailProfile} from './schema.ts';

/** The id of the row that counts the candidate's requests. */
export const requestsId = 'requests';

/** The counter of requests as a guardrail without a bound: asked, shown and journalled like the others, judged by nobody. */
export const requestsGuardrail = (query: string): GuardrailProfile => ({
	id: requestsId,
	title: 'Requests',
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
