import type {SessionEvent} from '../core/event.ts';
import type {AlertReceived} from '../core/facts/alerts.ts';
import type {BurstSummary} from '../core/facts/burst.ts';
import type {NoticeKind} from '../core/notify-options.ts';
import type {SessionState} from '../core/state.ts';
import {clean} from './clean.ts';
import {type Recorded, stampOf} from './recorded.ts';
import type {Stamp} from './ref.ts';

/** An alert that Alertmanager said, until it said that it is over. */
export type AlertRecord = {
	readonly fingerprint: string;
	readonly name: string;
	readonly summary: string;
	readonly action?: AlertReceived['action'];
	readonly via: AlertReceived['via'];
	readonly received: Stamp;
	over?: Stamp;
};

/** What one receiver was told of one kind, and what it could not be told. */
export type ToldRecord = {
	readonly receiver: string;
	readonly event: NoticeKind;
	told: number;
	attempts: number;
	readonly failures: {readonly seq: number; readonly message: string}[];
	failed: number;
	firstSeq: number;
	lastSeq: number;
};

/** One load burst from its beginning; without an end where its controller died under it. */
export type BurstRecord = {
	readonly stageIndex: number;
	readonly planned: number;
	readonly users: number;
	readonly url: string;
	readonly started: Stamp;
	finished?: Stamp & {readonly summary: BurstSummary; readonly stopped?: string};
};

/** So many of each are listed; the others are counted in `left`. */
const listedMax = 1_000;
const failuresMax = 20;

/** What came in by Alertmanager, what went out to receivers, and the load bursts. */
export function recordTold(recorded: Recorded, event: SessionEvent): void {
	switch (event.type) {
		case 'alert-received': {
			const {fingerprint, name, summary, action, via} = event;
			if (recorded.alerts.length >= listedMax) recorded.left++;
			else
				recorded.alerts.push({
					...{fingerprint, name: clean(name, 120), summary: clean(summary, 400), via, received: stampOf(event)},
					...(action && {action}),
				});
			break;
		}
		case 'alert-resolved': {
			const standing = recorded.alerts.findLast(one => one.fingerprint === event.fingerprint && !one.over);
			if (standing) standing.over = stampOf(event);
			break;
		}
		case 'notified':
			recordNotified(recorded, event);
			break;
		case 'burst-started': {
			const {stageIndex, planned, users, url} = event;
			if (recorded.bursts.length >= listedMax) recorded.left++;
			else recorded.bursts.push({stageIndex, planned, users, url: clean(url, 200), started: stampOf(event)});
			break;
		}
		case 'burst-finished': {
			const {type: _, seq, atMs, tMs, stageIndex, stopped, byUser: __, ...summary} = event;
			const open = recorded.bursts.findLast(one => one.stageIndex === stageIndex && !one.finished);
			if (open) open.finished = {seq, atMs, tMs, summary, ...(stopped !== undefined && {stopped: clean(stopped)})};
			break;
		}
		default:
			break;
	}
}

function recordNotified(recorded: Recorded, event: Extract<SessionEvent, {type: 'notified'}>): void {
	const {seq, ok, attempts, message} = event;
	const receiver = clean(event.receiver, 80);
	const key = `${receiver} ${event.event}`;
	const known = recorded.told.get(key);
	const one: ToldRecord = known ?? {
		...{receiver, event: event.event, told: 0, attempts: 0, failures: [], failed: 0, firstSeq: seq, lastSeq: seq},
	};
	recorded.told.set(key, one);
	one.lastSeq = seq;
	one.attempts += attempts;
	if (ok) one.told++;
	else {
		one.failed++;
		if (one.failures.length < failuresMax) one.failures.push({seq, message: clean(message, 300)});
	}
}

/** The events at which a budget was overspent: it stays so, and acts once. */
export function recordSpent({spent}: Recorded, {seq}: SessionEvent, before: SessionState, after: SessionState): void {
	for (const {stageIndex, spent: now} of after.budget.stages) {
		const was = before.budget.stages.find(one => one.stageIndex === stageIndex)?.spent ?? {};
		for (const name of Object.keys(now)) if (!Object.hasOwn(was, name)) spent.push({stageIndex, name, seq});
	}
}
