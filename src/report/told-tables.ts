import {formatDuration} from '../base/duration.ts';
import type {Summary} from './model.ts';
import type {StageSummary} from './model-stage.ts';
import {refText} from './ref.ts';
import type {Table} from './tables.ts';
import {atText, elapsedText, eventsText, healthyText, marginText, timeText, tookText, valueText} from './words.ts';

const seqsText = (seqs: readonly number[]): string =>
	seqs
		.slice(0, 5)
		.map(seq => `[#${seq}]`)
		.join(' ');

const firedText = (fired: readonly number[]): string => (fired.length === 0 ? 'never' : `${fired.length}×`);

/** The stop rules of the first minutes beside what came in them. */
export const firstTable = ({first}: StageSummary): Table => ({
	titles: [`First ${formatDuration(first?.forMs ?? 0)}`, 'Healthy', 'Outside it', 'Worst', 'Margin', 'Values', 'Fired', 'Events'],
	rows: (first?.rules ?? []).map(one => [
		one.title,
		healthyText(one.bound, one.unit),
		one.bound ? `${one.onBreach} ${one.forMs === 0 ? 'at once' : `after ${formatDuration(one.forMs)}`}` : '–',
		one.stats ? valueText(one.stats.worst.value, one.unit, one.bound) : 'no data',
		marginText(one),
		`${one.stats?.count ?? 0} of ${one.ticks}`,
		firedText(one.fired),
		one.fired.length > 0 ? seqsText(one.fired) : eventsText(one.stats?.events),
	]),
	numeric: [3, 4, 5],
});

export const poolTable = ({pools}: Pick<Summary, 'pools'>): Table => ({
	titles: ['Servers up', 'First', 'Fewest', 'Last', 'Events'],
	rows: pools.map(({side, first, min, last, events}) => [side, first, min, last, refText(events)]),
});

/** `Baked for 48h of 48h at 100 %; the baseline on standby had 3/3 servers up at the fewest.` */
export function bakeText({bake, pools, events}: StageSummary): string {
	if (!bake) return '';
	const baseline = pools.find(({side}) => side === 'baseline');
	const standby = baseline
		? `the baseline on standby had ${baseline.min} servers up at the fewest`
		: 'the router says nothing about the servers of the baseline on standby';
	const whole = bake.isWhole ? '' : ', not the whole of it';
	return `Baked for ${tookText(bake.watchedMs)} of ${tookText(bake.plannedMs)}${whole}; ${standby} ${refText(events)}.`;
}

export const burstTable = ({bursts}: Pick<StageSummary, 'bursts'>): Table => ({
	titles: ['Load burst', 'Sent', 'Ok', 'Failed', 'p50', 'p95', 'p99', 'Answers', 'Took', 'Came to', 'Events'],
	rows: bursts.map(({planned, users, url, result, stopped, events}) => {
		const ms = (value: number | null | undefined): string =>
			value === null || value === undefined ? '–' : `${Math.round(value)} ms`;
		return [
			`${users} users to ${url}`,
			result ? `${result.total} of ${planned}` : `of ${planned}`,
			result ? String(result.ok) : '–',
			result ? String(result.failed) : '–',
			ms(result?.p50Ms),
			ms(result?.p95Ms),
			ms(result?.p99Ms),
			Object.entries(result?.codes ?? {})
				.map(([code, count]) => `${count} × ${code}`)
				.join(', '),
			tookText(result?.tookMs),
			result ? (stopped === undefined ? (result.failed === 0 ? '✓' : '✗ failed ones') : `✗ stopped: ${stopped}`) : '✗ cut off',
			refText(events),
		];
	}),
	numeric: [1, 2, 3, 4, 5, 6, 8],
});

/** What stood ready besides the guardrails' own bounds. */
export const armedTable = ({triggers}: Summary): Table => ({
	titles: ['Also armed', 'When', 'Does', 'Fired', 'Events'],
	rows: triggers.others.map(({title, when, does, fired}) => [title, when, does, firedText(fired), seqsText(fired)]),
});

/** `12 triggers stood ready, 8 of them to roll back. None fired.` */
export function armedText({triggers: {list, others}}: Summary): string {
	const all = [...list, ...others];
	const rolls = all.filter(({does}) => does === 'rollback').length;
	const fired = all.filter(one => one.fired.length > 0);
	const ready = `${all.length} ${all.length === 1 ? 'trigger' : 'triggers'} stood ready, ${rolls} of them to roll back.`;
	if (fired.length === 0) return `${ready} None fired.`;
	return `${ready} Fired: ${fired.map(({title}) => title).join('; ')}.`;
}

export const alertTable = (summary: Summary): Table => ({
	titles: ['When', 'UTC', 'Alert', 'Asks for', 'Summary', 'Came by', 'Stood', 'Events'],
	rows: summary.alerts
		.slice(0, 200)
		.map(({name, summary: text, action, via, received, over, lastedMs}) => [
			elapsedText(summary, received.tMs),
			timeText(received.atMs),
			name,
			action ?? 'nothing',
			text,
			via,
			`${tookText(lastedMs)}${over ? '' : ', not over'}`,
			seqsText([received.seq, ...(over ? [over.seq] : [])]),
		]),
	numeric: [6],
});

export const noticeTable = ({notices}: Summary): Table => ({
	titles: ['Receiver', 'Of', 'Told', 'Not told', 'Attempts', 'Why not', 'Events'],
	rows: notices.list.map(({receiver, event, told, failed, attempts, failures, events}) => [
		receiver,
		event,
		String(told),
		failed === 0 ? '0' : `✗ ${failed}`,
		String(attempts),
		failures[0] ? `${failures[0].message} [#${failures[0].seq}]` : '',
		refText(events),
	]),
	numeric: [2, 4],
});

/** What nobody was told, if there is any of it. */
export function unsaidText({notices: {owed, dropped}}: Summary): string {
	const parts = [
		...(owed > 0 ? [`${owed} notices were still to be sent when the record ends`] : []),
		...(dropped > 0 ? [`${dropped} were never sent, because more came than could be`] : []),
	];
	return parts.length === 0 ? '' : `${parts.join('; ')}.`;
}

export const dashboardTable = ({dashboards}: Summary): Table => ({
	titles: ['Dashboard', 'Address', 'uid', 'Noted', 'Events'],
	rows: dashboards.map(({title, url, uid, atMs, seq}) => [title, url, uid, atText(atMs), `[#${seq}]`]),
});
