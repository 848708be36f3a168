import type {SessionEvent} from '../core/event.ts';
import {fromNum} from '../core/num.ts';
import {guardrailInStage} from '../core/plan.ts';
import {stageOf} from '../core/reduce-tick.ts';
import type {SessionState} from '../core/state.ts';
import {clean} from './clean.ts';
import {believed} from './recorder.ts';

export const csvColumns = [
	'at',
	'sessionMs',
	'seq',
	'stage',
	'configuredPercent',
	'guardrail',
	'title',
	'value',
	'unit',
	'healthy',
	'status',
	'because',
	'labels',
	'seriesCount',
	'sampleAgeMs',
	'requestsPerSecond',
	'tookMs',
] as const;

/** One row per guardrail of a tick, judged as the session judged it. An empty cell is no data. */
export function csvRows(event: Extract<SessionEvent, {type: 'tick-taken'}>, state: SessionState): (string | number)[][] {
	const stage = stageOf(state);
	return (state.plan?.guardrails ?? []).map(planned => {
		const {id, title, unit, bound} = guardrailInStage(planned, stage);
		const seen = state.guardrails[id];
		const reading = Object.hasOwn(event.readings, id) ? event.readings[id] : undefined;
		const isValues = reading?.kind === 'values';
		const value = seen ? believed(seen) : Number.NaN;
		const requests = reading && reading.kind !== 'error' ? reading.requests : undefined;
		const labels = isValues && seen?.worst ? Object.entries(seen.worst.labels) : [];
		return [
			new Date(event.atMs).toISOString(),
			event.dueMs,
			event.seq,
			state.stage.index + 1,
			state.split.configured?.weightPercent ?? '',
			clean(id),
			clean(title),
			Number.isNaN(value) ? '' : value,
			unit,
			bound ? `${bound.op} ${bound.value}` : '',
			seen?.status ?? 'no-data',
			clean(seen?.because ?? ''),
			clean(labels.map(([name, text]) => `${name}="${text}"`).join(', ')),
			isValues ? reading.seriesCount : 0,
			(isValues ? reading.ageMs : undefined) ?? '',
			requests === undefined || requests === null ? '' : fromNum(requests),
			reading?.tookMs ?? '',
		];
	});
}
