import {signingRoles} from '../core/facts/sign-off.ts';
import {fromNum, toNum} from '../core/num.ts';
import {type GuardrailPlan, sideText} from '../core/plan.ts';
import {armedRules} from './armed.ts';
import {assess, type Facts} from './assess.ts';
import {clean} from './clean.ts';
import {coverageOf} from './coverage.ts';
import {type FilesOnDisk, fileSummaries, requirementsOf} from './files.ts';
import {gradualOf} from './gradual.ts';
import {guardrailSummary, ticksBetween} from './guardrail-summary.ts';
import {type ActionSummary, type Summary, summaryFormat} from './model.ts';
import type {GuardrailSummary} from './model-stage.ts';
import {poolsOf} from './pools.ts';
import type {ActionRecord, Episode, Recorded} from './recorded.ts';
import {recoveryOf} from './recovery.ts';
import {refOf, type Stamp} from './ref.ts';
import {stageSummaries} from './stage-summary.ts';
import {quantile} from './stats.ts';
import {alertsOf, noticesOf} from './told-summary.ts';
import {trendOf} from './trend.ts';

export type Place = {
	/** The session's name. */
	readonly session: string;
	/** Absent when the folder is not at hand: then nothing is said about the files. */
	readonly onDisk?: FilesOnDisk;
};

/** Everything a report says, from what was recorded. Undefined when the session never started. */
export function summarise(recorded: Recorded, {session, onDisk}: Place): Summary | undefined {
	const {plan, started, last} = recorded;
	if (!plan || !started || !last) return undefined;
	const stages = stageSummaries(recorded);
	const ended = recorded.state.ended
		? recorded.ends.findLast(({outcome}) => outcome === recorded.state.ended?.outcome)
		: undefined;
	const window = windowOf(recorded, last);
	const coverage = window ? coverageOf(recorded, window.from, window.to) : {gaps: [], percent: 0};
	const range = window ? ticksBetween(recorded, window.from.seq, window.to.seq) : ([0, 0] as const);
	const actions = recorded.actions.map(actionSummary);
	const guardrails = plan.guardrails.map(planned => ({
		...withStageMargins(guardrailSummary(recorded, planned, undefined, range), stages),
		title: clean(planned.title),
	}));
	const {atMs, tMs, seq} = started;
	const recovery = recoveryOf(recorded);
	const gradual = gradualOf(recorded);
	const requirements = requirementsOf(recorded);
	const facts: Facts = {
		format: summaryFormat,
		product: 'canary-console',
		version: started.version,
		session: clean(session),
		profile: clean(plan.profile),
		title: clean(plan.title),
		environment: clean(plan.environment),
		baseline: clean(sideText(plan.baseline)),
		candidate: clean(sideText(plan.candidate)),
		router: clean(plan.router),
		operator: started.by,
		started: {seq, atMs, tMs},
		last,
		...(ended && {ended}),
		...(window && {
			window: {
				...window,
				lastedMs: window.to.tMs - window.from.tMs,
				plannedMs: plan.stages.reduce((sum, {durationMs}) => sum + durationMs, 0),
				watchedMs: stages.reduce((sum, {watchedMs}) => sum + watchedMs, 0),
				coveredPercent: coverage.percent,
				ticks: range[1] - range[0],
				missedTicks: recorded.ticks.missed,
				events: refOf(window.from.seq, window.to.seq),
			},
		}),
		highestPercent: Math.max(0, ...stages.map(({weightPercent}) => weightPercent)),
		guardrails,
		stages,
		trend: window ? trendOf(recorded, window.from, window.to) : {everyMs: 0, rows: []},
		actions,
		pools: poolsOf(recorded.pools),
		triggers: triggersOf(recorded),
		alerts: alertsOf(recorded, last),
		notices: noticesOf(recorded),
		dashboards: (recorded.state.dashboards ?? []).map(({uid, title, url, by, seq, atMs}) => ({
			...{uid: clean(uid, 80), title: clean(title, 200), url: clean(url, 400), by: clean(by), seq, atMs},
		})),
		episodes: recorded.episodes.map(episode => episodeSummary(recorded, episode, last)),
		gaps: coverage.gaps,
		errors: errorsOf(recorded),
		files: fileSummaries(recorded, onDisk, requirements),
		missingFiles: requirements.missing,
		shortFiles: requirements.short,
		signOffs: signOffsOf(recorded),
		...(recovery && {recovery}),
		...(gradual && {gradual}),
		changesOfWeight: changesOf(actions),
		entries: recorded.entries,
		timeline: recorded.timeline,
		...(recorded.firstSplit && {
			before: {split: recorded.firstSplit.split, events: refOf(recorded.firstSplit.seq)},
		}),
		left: recorded.left,
		damage: recorded.damage.map(({text}) => clean(text)),
	};
	return {...facts, decision: assess(facts, recorded)};
}

/** From the first traffic to the end of the last stage: what comes after it (the split is watched on) is no part of the decision. */
function windowOf({firstTraffic, periods}: Recorded, last: Stamp): {readonly from: Stamp; readonly to: Stamp} | undefined {
	if (!firstTraffic) return undefined;
	return {from: firstTraffic, to: periods.at(-1)?.exited ?? last};
}

/** Bounds differ by stage, so the margin that counts is the smallest of any stage. */
function withStageMargins(whole: GuardrailSummary, stages: Summary['stages']): GuardrailSummary {
	const margins = stages.flatMap(({guardrails}) => guardrails.find(({id}) => id === whole.id)?.margin ?? []);
	const smallest = margins.toSorted((left, right) => fromNum(left.value) - fromNum(right.value))[0];
	if (!smallest) return whole;
	return {...whole, margin: smallest};
}

export function actionSummary(action: ActionRecord): ActionSummary {
	const {purpose, toPercent, by, reason, intended, result, attempts, failures, before, after, done} = action;
	return {
		purpose,
		toPercent,
		by,
		reason,
		asked: intended,
		result,
		...(done && {tookMs: done.tMs - intended.tMs}),
		attempts,
		failures,
		...(before && {before}),
		...(after && {after}),
		events: refOf(intended.seq, done?.seq ?? failures.at(-1)?.seq ?? intended.seq),
	};
}

function triggersOf(recorded: Recorded): Summary['triggers'] {
	const {plan, episodes} = recorded;
	const mode = plan?.policies.autoRollback ?? 'armed';
	const list = (plan?.guardrails ?? []).flatMap((guardrail: GuardrailPlan) => {
		const {id, title, bound, severe, forMs, unit, security, onBreach} = guardrail;
		if (!bound) return [];
		const fired = episodes.flatMap(one => (one.guardrail === id && one.breached ? [one.breached.seq] : []));
		const does = onBreach === 'rollback' && mode === 'advisory' ? ('advises a rollback' as const) : onBreach;
		return [{id, title: clean(title), does, unit, bound, forMs, ...(severe && {severe}), security, fired}];
	});
	return {mode, list, others: armedRules(recorded)};
}

function episodeSummary({plan}: Recorded, episode: Episode, last: Stamp): Summary['episodes'][number] {
	const {guardrail, began, breached, over, stage, worst} = episode;
	const title = plan?.guardrails.find(({id}) => id === guardrail)?.title ?? guardrail;
	return {
		guardrail,
		title: clean(title),
		began,
		...(breached && {breached}),
		...(over && {over}),
		lastedMs: (over ?? last).tMs - began.tMs,
		stage,
		...(worst && {worst: {value: toNum(worst.value), seq: worst.seq, labels: worst.labels}}),
	};
}

const signaturesMax = 20;

function errorsOf({errors, state}: Recorded): Summary['errors'] {
	const groups = state.errors.groups.toSorted((left, right) => right.count - left.count).slice(0, signaturesMax);
	return {
		lines: errors.total,
		dropped: errors.dropped,
		signatures: groups.map(({signature, code, side, count, isNew, sample}) => ({
			signature: clean(signature, 300),
			code: clean(code, 80),
			side,
			count,
			isNew,
			sample: clean(sample, 400),
		})),
		...(errors.seqs && {events: refOf(...errors.seqs)}),
	};
}

/** The roles the decision needs, those of the stages, and whoever signed besides. */
function signOffsOf({plan, state, signOffs}: Recorded): Summary['signOffs'] {
	const required = new Set(plan?.signOffs ?? []);
	const roles = [...new Set([...signingRoles(state), ...signOffs.map(({role}) => role)])];
	return roles.map(role => ({
		role: clean(role, 80),
		required: required.has(role),
		signed: signOffs
			.filter(one => one.role === clean(role, 80))
			.map(({by, note, seq, atMs, tMs}) => ({by, note, at: {seq, atMs, tMs}})),
	}));
}

function changesOf(actions: readonly ActionSummary[]): Summary['changesOfWeight'] {
	const verified = actions.filter(({result, tookMs}) => result === 'verified' && tookMs !== undefined);
	const first = verified[0];
	if (!first) return {count: 0};
	const sorted = Float64Array.from(verified, ({tookMs = 0}) => tookMs).sort();
	const toSeq = Math.max(...verified.map(({events}) => events.toSeq));
	return {
		count: verified.length,
		medianMs: quantile(sorted, 0.5),
		maxMs: quantile(sorted, 1),
		events: refOf(first.events.fromSeq, toSeq),
	};
}
