import type {Summary} from './model.ts';
import type {BurstRunSummary} from './model-stage.ts';
import type {BurstRecord, Recorded} from './recorded.ts';
import {refOf, type Stamp} from './ref.ts';

/** The alerts that Alertmanager said, in order. */
export const alertsOf = ({alerts}: Recorded, last: Stamp): Summary['alerts'] =>
	alerts.map(({name, summary, action, via, received, over}) => ({
		...{name, summary, via, received},
		...(action && {action}),
		...(over && {over}),
		lastedMs: (over ?? last).tMs - received.tMs,
	}));

/** Who was told what, and what nobody was told at the end of the record. */
export function noticesOf({told, state}: Recorded): Summary['notices'] {
	const list = [...told.values()].map(({receiver, event, told: count, failed, attempts, failures, firstSeq, lastSeq}) => ({
		...{receiver, event, told: count, failed, attempts, failures},
		events: refOf(firstSeq, lastSeq),
	}));
	const owed = (state.notices?.owed ?? []).reduce((sum, {owed: receivers}) => sum + receivers.length, 0);
	return {list, owed, dropped: state.notices?.dropped ?? 0};
}

/** The bursts that began in a range of events. */
export const burstsIn = ({bursts}: Recorded, fromSeq: number, toSeq: number): readonly BurstRunSummary[] =>
	bursts.filter(({started}) => started.seq >= fromSeq && started.seq <= toSeq).map(burstRun);

function burstRun({planned, users, url, started, finished}: BurstRecord): BurstRunSummary {
	const {summary, stopped, ...ended} = finished ?? {};
	return {
		...{planned, users, url, started},
		...(summary && {finished: ended as Stamp, result: summary}),
		...(stopped !== undefined && {stopped}),
		events: refOf(started.seq, finished?.seq ?? started.seq),
	};
}
