import type {Result} from '../base/result.ts';
import {nameLabel} from '../promql/ast.ts';
import {type Labels, labelsOf} from '../promql/labels.ts';
import type {Query, Answer as QueryAnswer} from '../promql/query.ts';
import type {SampleStore} from '../promql/store.ts';
import type {StoredSeries} from '../promql/store-series.ts';
import {type Fault, quoted} from './prometheus-fault.ts';
import {AlertStates} from './scrape-alerts.ts';
import type {Rule, RuleGroup} from './scrape-rule-file.ts';

export type RulesParts = {
	readonly groups: readonly RuleGroup[];
	readonly intervalMs: number;
	readonly store: SampleStore;
	readonly evaluate: (query: Query, timeMs: number) => Result<QueryAnswer, Fault>;
};

/** One series that a rule makes. */
export type Made = {readonly labels: Labels; readonly value: number};

/** A group whose time comes within this share of its interval is evaluated now: ticks don't fall on a grid to the millisecond. */
const earlyShare = 0.1;

type RuleState = {readonly rule: Rule; readonly alerts?: AlertStates; present: StoredSeries[]; trouble?: string};
type GroupState = {readonly everyMs: number; lastMs: number; readonly rules: readonly RuleState[]};

/** Evaluates recording and alerting rules, in the order of the file, and stores what they make as Prometheus does. */
export class RuleRunner {
	readonly #parts: RulesParts;
	readonly #groups: readonly GroupState[];

	constructor(parts: RulesParts) {
		this.#parts = parts;
		this.#groups = parts.groups.map(({intervalMs = parts.intervalMs, rules}) => ({
			everyMs: intervalMs,
			lastMs: Number.NEGATIVE_INFINITY,
			rules: rules.map(rule => ({rule, present: [], ...(rule.kind === 'alert' && {alerts: new AlertStates(rule)})})),
		}));
	}

	/** What failed when it was evaluated last, for people. */
	get troubles(): readonly string[] {
		return this.#groups.flatMap(({rules}) => rules.flatMap(({trouble}) => trouble ?? []));
	}

	/** Evaluates the groups whose time has come. The rules of a group see what the ones before them made. */
	run(timeMs: number): void {
		for (const group of this.#groups) {
			if (timeMs - group.lastMs < group.everyMs * (1 - earlyShare)) continue;
			group.lastMs = timeMs;
			for (const rule of group.rules) this.#runOne(rule, timeMs);
		}
	}

	#runOne(state: RuleState, timeMs: number): void {
		const {rule, alerts} = state;
		const answer = this.#parts.evaluate(rule.query, timeMs);
		const made = answer.ok ? vectorOf(answer.value) : undefined;
		delete state.trouble;
		if (!made) {
			const why = answer.ok ? 'its expression is no instant vector' : answer.error.message;
			state.trouble = `the rule ${quoted(rule.name, 60)} fails: ${why}`;
			return;
		}
		const outcome = alerts ? alerts.take(made, timeMs) : recorded(rule, made);
		if (new Set(outcome.map(({labels}) => labels.key)).size < outcome.length) {
			state.trouble = `the rule ${quoted(rule.name, 60)} fails: with its labels two of its series are the same`;
			return;
		}
		this.#keep(state, outcome, timeMs);
	}

	/** Stores what somebody asks for; what the rule made last time and not now gets a stale marker. */
	#keep(state: RuleState, outcome: readonly Made[], timeMs: number): void {
		const present: StoredSeries[] = [];
		for (const {labels, value} of outcome) {
			const series = this.#parts.store.series(labels);
			if (!series.ok || !series.value) continue;
			series.value.append(timeMs, value);
			present.push(series.value);
		}
		const now = new Set(present);
		for (const series of state.present) if (!now.has(series)) series.appendStale(timeMs);
		state.present = present;
	}
}

function vectorOf({value}: QueryAnswer): readonly Made[] | undefined {
	if (value.type === 'vector') return value.samples;
	return value.type === 'scalar' ? [{labels: labelsOf([]), value: value.value}] : undefined;
}

const recorded = (rule: Rule, made: readonly Made[]): readonly Made[] =>
	made.map(({labels, value}) => ({
		labels: labelsOf([...labels.entries(), ...Object.entries(rule.labels), [nameLabel, rule.name]]),
		value,
	}));
