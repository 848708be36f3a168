import {formatClock, formatElapsed} from '../base/duration.ts';
import {formatValue} from '../base/number-format.ts';
import {boundText} from '../core/bound.ts';
import {fromNum} from '../core/num.ts';
import type {Decision, EpisodeSummary, Statement, Summary} from './model.ts';
import type {Recorded} from './recorded.ts';
import {refOf} from './ref.ts';
import {lastedText, shortText} from './words.ts';

/** All a decision stands on: the summary but for the decision itself. */
export type Facts = Omit<Summary, 'decision'>;

/**
 * PASS only when nothing is missing: the whole window watched, every stage watched for its time, every required file there, every
 * required role signed, and no critical guardrail breached. A rollback or such a breach is FAIL; everything else is INCONCLUSIVE.
 */
export function assess(facts: Facts, recorded: Recorded): Decision {
	const failures = failuresOf(facts);
	const missing = missingOf(facts, recorded);
	const cautions = cautionsOf(facts);
	if (failures.length > 0) return {verdict: 'FAIL', because: failures, missing, cautions};
	if (missing.length > 0) {
		const text = `${missing.length} ${missing.length === 1 ? 'thing is' : 'things are'} missing for a PASS`;
		return {verdict: 'INCONCLUSIVE', because: [{text}], missing, cautions};
	}
	return {verdict: 'PASS', because: passes(facts), missing, cautions};
}

function passes({window, guardrails, ended}: Facts): readonly Statement[] {
	const guarded = guardrails.filter(({bound}) => bound).length;
	return [
		...(ended ? [{text: `promoted: ${ended.reason}`, events: refOf(ended.seq)}] : []),
		...(window ? [{text: `the whole window of ${lastedText(window.lastedMs)} was covered by data`, events: window.events}] : []),
		{text: `no critical guardrail was breached; ${guarded} were judged`, ...(window && {events: window.events})},
	];
}

function failuresOf({actions, guardrails, episodes, ended, stages, gradual}: Facts): readonly Statement[] {
	const list: Statement[] = [];
	for (const action of actions.filter(({purpose}) => purpose === 'rollback')) {
		const how = action.result === 'verified' ? 'rolled back' : `a rollback was asked for and is ${action.result}`;
		list.push({text: `${how} by ${action.by}: ${action.reason || 'no reason given'}`, events: action.events});
	}
	if (gradual && list.length > 0) list.push(gradual);
	if (list.length === 0 && ended?.outcome === 'rolled-back') {
		list.push({text: `rolled back: ${ended.reason}`, events: refOf(ended.seq)});
	}
	const critical = new Set(guardrails.filter(({severity}) => severity === 'critical').map(({id}) => id));
	for (const episode of episodes) {
		if (episode.breached && critical.has(episode.guardrail)) list.push(breachStatement(episode, guardrails));
	}
	for (const {name, budgets} of stages) {
		for (const one of budgets.filter(({spent, does}) => spent && does === 'rollback')) {
			const text = `${name}: the budget of ${one.name} errors is overspent: ${one.used} of ${one.allowed} allowed`;
			list.push({text, ...(one.events && {events: one.events})});
		}
	}
	return list;
}

export function breachStatement(episode: EpisodeSummary, guardrails: Facts['guardrails']): Statement {
	const {title, worst, breached, began, over} = episode;
	const planned = guardrails.find(({id}) => id === episode.guardrail);
	const unit = planned?.unit ?? 'none';
	const bound = planned?.bound;
	const value = worst ? `, at worst ${formatValue(fromNum(worst.value), unit, bound?.value)}` : '';
	const healthy = bound ? ` (healthy ${boundText(bound, limit => formatValue(limit, unit, limit))})` : '';
	const by = breached?.by === 'no-data' ? 'no data, which counts as a breach' : 'breached';
	return {
		text: `${title}: ${by}${value}${healthy}, for ${lastedText(episode.lastedMs)}`,
		events: refOf(began.seq, over?.seq ?? breached?.seq ?? began.seq),
	};
}

function missingOf(facts: Facts, recorded: Recorded): readonly Statement[] {
	return [
		...facts.damage.map(text => ({text: `the journal is not whole: ${text}`})),
		...ending(facts),
		...stagesMissing(facts, recorded),
		...facts.gaps
			.filter(({counts}) => counts)
			.map(({why, lastedMs, fromMs, events}) => ({
				text: `${sinceStart(facts, fromMs)}, ${lastedText(lastedMs)}: ${why}`,
				events,
			})),
		...neverSeen(facts),
		...filesMissing(facts),
		...facts.signOffs
			.filter(({required, signed}) => required && signed.length === 0)
			.map(({role}) => ({text: `the sign-off of ${role} is missing (canary sign ${facts.session} --role ${role} --as NAME)`})),
	];
}

const sinceStart = ({window}: Facts, tMs: number): string => formatElapsed(tMs - (window?.from.tMs ?? 0));

function ending({ended, window}: Facts): readonly Statement[] {
	const list: Statement[] = [];
	if (!ended) list.push({text: 'the session is not over: nobody ended it, and it was not promoted'});
	else if (ended.outcome === 'ended')
		list.push({text: `ended before it was promoted: ${ended.reason}`, events: refOf(ended.seq)});
	if (!window) list.push({text: 'the candidate never had any traffic'});
	return list;
}

function stagesMissing({stages}: Facts, {plan}: Recorded): readonly Statement[] {
	return (plan?.stages ?? []).flatMap((planned, index) => {
		const runs = stages.filter(stage => stage.index === index);
		const run = runs.at(-1);
		const name = planned.name === '' ? `stage ${index + 1} (${planned.weightPercent} %)` : (run?.name ?? `stage ${index + 1}`);
		if (!run) return [{text: `${name} was never entered`}];
		const short: Statement[] =
			run.watchedMs < planned.durationMs
				? [
						{
							text: `${name} was watched for ${formatClock(run.watchedMs)} of its ${formatClock(planned.durationMs)}`,
							events: run.events,
						},
					]
				: [];
		const gates = run.gates
			.filter(({holds}) => !holds)
			.map(({title, bound, unit, value, events}) => {
				const wanted = boundText(bound, limit => formatValue(limit, unit, limit));
				const seen = value === undefined ? 'it had no value' : `it was ${formatValue(fromNum(value), unit, bound.value)}`;
				return {text: `${name}: the gate ${title} ${wanted} did not hold: ${seen}`, events};
			});
		const slopes = run.slopes
			.filter(({holds}) => !holds)
			.map(({title, was, events}) => ({text: `${name}: the trend gate ${title} did not hold: ${was}`, events}));
		const spent = run.budgets
			.filter(one => one.spent && one.does === 'hold')
			.map(one => ({
				text: `${name}: the budget of ${one.name} errors is overspent: ${one.used} of ${one.allowed} allowed`,
				...(one.events && {events: one.events}),
			}));
		const compared = run.comparisons
			.filter(({gate, holds}) => gate && !holds)
			.map(({title, because, verdict, events}) => ({
				text: `${name}: ${title} was not shown to be as good as the baseline (${verdict}): ${because}`,
				events,
			}));
		return [...short, ...gates, ...slopes, ...compared, ...spent];
	});
}

function neverSeen({guardrails, window}: Facts): readonly Statement[] {
	return guardrails
		.filter(({bound, stats, onBreach}) => window && bound && !stats && onBreach !== 'warn')
		.map(({title}) => ({text: `${title} never had a value to judge by`, ...(window && {events: window.events})}));
}

function filesMissing({files, missingFiles, shortFiles}: Facts): readonly Statement[] {
	return [
		...missingFiles.map(name => ({text: `the ${name} is missing: the journal holds no record of it`})),
		...shortFiles.map(one => ({text: shortText(one)})),
		...files.flatMap(({kind, name, onDisk, at}) => {
			if (onDisk === undefined || onDisk === 'same') return [];
			const what = onDisk === 'missing' ? 'is not in the session folder' : 'is not the file that was written: its sha256 differs';
			return [{text: `the ${kind} ${name} ${what}`, events: refOf(at.seq)}];
		}),
	];
}

function cautionsOf({guardrails, episodes, gaps, triggers, errors, stages, gradual, actions}: Facts): readonly Statement[] {
	const mild = new Set(guardrails.filter(({severity}) => severity !== 'critical').map(({id}) => id));
	const passing = gaps.filter(({counts}) => !counts);
	const byHand = stages.filter(({decidedBy, end}) => end === 'next' && decidedBy !== undefined && decidedBy !== 'canary-console');
	return [
		...(gradual && !actions.some(({purpose}) => purpose === 'rollback') ? [gradual] : []),
		...(triggers.mode === 'advisory' ? [{text: 'automatic rollback was advisory only'}] : []),
		...episodes.filter(one => one.breached && mild.has(one.guardrail)).map(one => breachStatement(one, guardrails)),
		...(passing.length > 0
			? [{text: `${passing.length} short gaps in the data, none longer than the profile waits`, events: spanOf(passing)}]
			: []),
		...(errors.dropped > 0
			? [{text: `${errors.dropped} error lines could not be read in time`, ...(errors.events && {events: errors.events})}]
			: []),
		...stages.flatMap(({name, comparisons}) =>
			comparisons
				.filter(({verdict, gate}) => verdict === 'worse' && !gate)
				.map(({title, because, events}) => ({text: `${name}: ${title} was worse than the baseline: ${because}`, events})),
		),
		...byHand.map(({name, decidedBy, events}) => ({text: `${name} was left by hand, by ${decidedBy}`, events})),
	];
}

const spanOf = (list: readonly {readonly events: {readonly fromSeq: number; readonly toSeq: number}}[]) =>
	refOf(Math.min(...list.map(({events}) => events.fromSeq)), Math.max(...list.map(({events}) => events.toSeq)));
