import type {SessionEvent} from '../core/event.ts';
import type {Plan} from '../core/plan.ts';
import type {Reading} from '../core/reading.ts';
import {type Evidence, type Matched, matchPlan} from '../core/rerun/match.ts';
import {type Rerun, SessionRerun} from '../core/rerun/rerun.ts';
import {type Verdict, verdictOf} from '../core/rerun/verdict.ts';
import {openRecord} from '../journal/open-record.ts';
import {recordForm} from '../journal/record.ts';
import {parseQuery} from '../promql/parse.ts';
import {printExpr} from '../promql/print.ts';
import {SeriesFeed} from './backtest-series.ts';

/** One session to run again; without a plan, under its own. Plain data: it goes to a worker. */
export type BacktestJob = {readonly name: string; readonly folder: string; readonly plan?: Plan};

/** What came of it; plain data. */
export type BacktestResult = {readonly session: string; readonly folder: string} & (
	| ({
			readonly ok: true;
			readonly profile: string;
			readonly verdict: Verdict;
			readonly evidence: readonly Evidence[];
			/** What to know before believing the verdict, as sentences. */
			readonly remarks: readonly string[];
	  } & Rerun)
	| {readonly ok: false; readonly error: string}
);

/** Runs one recorded session again. `onProgress` hears how much of it is done, 0–1. Throws nothing. */
export async function backtestSession(job: BacktestJob, onProgress: (share: number) => void): Promise<BacktestResult> {
	const about = {session: job.name, folder: job.folder};
	const record = await openRecord(job.folder);
	if (!record.ok) return {...about, ok: false, error: record.error.message};
	const notes: string[] = [];
	const series = await SeriesFeed.open(job.folder);
	let matched: Matched | undefined;
	let recordedPlan: Plan | undefined;
	const rerun = new SessionRerun(recorded => {
		recordedPlan = recorded;
		matched = matchPlan(job.plan ?? recorded, recorded, {sameQuery, whyNoSeries: one => series.whyNot(one)});
		return matched.plan;
	});
	let answers: Answers | undefined;
	let asksSeries = false;
	// Computing the hashes of a packed journal anew takes longer than judging it; canary sessions verify does.
	const verify = recordForm(job.folder) === 'plain';
	try {
		for (const [index] of record.value.blocks.entries()) {
			const entries = await record.value.readBlock(index, {verify});
			if (!entries.ok) {
				if (rerun.state.plan === undefined) return {...about, ok: false, error: entries.error.message};
				notes.push(`The journal can't be believed further than this: ${entries.error.message}.`);
				break;
			}
			for (const entry of entries.value) {
				if (entry.kind === 'gap') notes.push(`Events ${entry.fromSeq} to ${entry.toSeq} are missing in the journal.`);
				if (entry.kind !== 'event') continue;
				const event = answers ? answers.of(entry.event) : entry.event;
				rerun.take(asksSeries && event.type === 'tick-taken' && !rerun.isOver ? await withSeries(event, series) : event);
				if (answers || !matched) continue;
				answers = answersFor(matched);
				asksSeries = answerFromSeries(matched, series);
			}
			onProgress((index + 1) / record.value.blocks.length);
		}
	} finally {
		await record.value.close();
		await series.close();
	}
	if (!matched || !recordedPlan)
		return {...about, ok: false, error: 'The journal holds no session: it ends before its first event.'};
	const result = rerun.result();
	const seriesEnd = asksSeries ? series.remark(result.rerun.atMs) : undefined;
	return {
		...about,
		ok: true,
		profile: recordedPlan.profile,
		...result,
		verdict: verdictOf(result, matched.plan),
		evidence: matched.evidence,
		remarks: [...matched.remarks, ...remarksOf(result), ...(seriesEnd === undefined ? [] : [seriesEnd]), ...notes],
	};
}

/** Whether any guardrail is to be answered from the raw series; those that are, are told to the feed. */
function answerFromSeries({plan, evidence}: Matched, series: SeriesFeed): boolean {
	const ids = new Set(evidence.filter(({by}) => by === 'series').map(({id}) => id));
	const guardrails = plan.guardrails.filter(({id}) => ids.has(id));
	if (guardrails.length > 0) series.answer(guardrails);
	return guardrails.length > 0;
}

/** The tick with what the series answer at the time it was due. */
async function withSeries(event: Extract<SessionEvent, {type: 'tick-taken'}>, series: SeriesFeed): Promise<SessionEvent> {
	// A server evaluates by its own clock.
	const overAtMs = event.atMs + (event.skewMs ?? 0);
	return {...event, readings: {...event.readings, ...(await series.readingsAt(overAtMs - (event.tMs - event.dueMs), overAtMs))}};
}

function remarksOf({parting, ticksApart, isByOtherSplit, askedApart}: Rerun): string[] {
	if (!parting) return [];
	const other = isByOtherSplit ? 'its last decision stands on values that were recorded under another split' : '';
	return [
		...(other === '' && ticksApart > 0
			? [`from ${new Date(parting.atMs).toISOString()} on the values are as recorded, under another split`]
			: []),
		...(other === '' ? [] : [other]),
		...(askedApart > 0 ? [`${askedApart} things people asked for after that are taken as they were`] : []),
	];
}

/** Gives each tick the readings its guardrails are judged by. */
type Answers = {of(event: SessionEvent): SessionEvent};

/** Undefined where every guardrail stands under its own id already, which is nearly always. */
function answersFor({evidence}: Matched): Answers {
	const renamed = evidence.filter(({id, recordedId}) => recordedId !== undefined && recordedId !== id);
	if (renamed.length === 0) return {of: event => event};
	const byRecorded = new Map(
		evidence.flatMap(({id, recordedId}) => (recordedId === undefined ? [] : [[recordedId, id] as const])),
	);
	return {
		of(event) {
			if (event.type === 'tick-taken') {
				const readings: Record<string, Reading> = {...event.readings};
				for (const {id, recordedId = ''} of renamed) {
					const reading = event.readings[recordedId];
					if (reading) readings[id] = reading;
				}
				return {...event, readings};
			}
			if (event.type === 'log-matched') return {...event, guardrail: byRecorded.get(event.guardrail) ?? event.guardrail};
			return event;
		},
	};
}

const printed = new Map<string, string>();

/** Queries are compared as they are understood, not as they are spaced. */
export function sameQuery(left: string, right: string): boolean {
	return left === right || normal(left) === normal(right);
}

function normal(text: string): string {
	let known = printed.get(text);
	if (known === undefined) {
		const parsed = parseQuery(text);
		known = parsed.ok ? printExpr(parsed.value) : text;
		printed.set(text, known);
	}
	return known;
}
