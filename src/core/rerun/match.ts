import type {Comparison} from '../judge/comparison.ts';
import type {GuardrailPlan, Plan, StagePlan} from '../plan.ts';

/** What a guardrail of the plan in question is judged by. */
export type Evidence = {
	readonly id: string;
	readonly title: string;
	/** `recorded`: the values in the journal; `series`: its query, evaluated over the recorded raw series; `none`: it can't be answered. */
	readonly by: 'recorded' | 'series' | 'none';
	/** The recorded guardrail whose values these are. */
	readonly recordedId?: string;
	/** Why it can't be answered, or what to know about the answer; empty when there is nothing to say. */
	readonly note: string;
};

export type Matched = {
	/** The plan in question without what can't be answered, on the poll that was recorded. */
	readonly plan: Plan;
	readonly evidence: readonly Evidence[];
	/** What differs beside the guardrails, and those that are no longer there, as clauses. */
	readonly remarks: readonly string[];
};

export type MatchPorts = {
	/** Whether two queries ask the same, however they are written. */
	readonly sameQuery: (left: string, right: string) => boolean;
	/** Undefined: the raw series for it are recorded; else why they are not, as a clause. */
	readonly whyNoSeries: (guardrail: GuardrailPlan) => string | undefined;
};

/** Lays a plan over a record: each guardrail gets the values recorded under its id, if they answer its question. */
export function matchPlan(wanted: Plan, recorded: Plan, ports: MatchPorts): Matched {
	const evidence = wanted.guardrails.map(guardrail => evidenceOf(guardrail, recorded, ports));
	const answered = new Set(evidence.filter(({by}) => by !== 'none').map(({id}) => id));
	const used = new Set(evidence.flatMap(({id, recordedId = ''}) => [id, recordedId]));
	const gone = recorded.guardrails.filter(({id, bound}) => bound && !used.has(id)).map(({title}) => title);
	const remarks = [
		...(gone.length === 0 ? [] : [`no longer judged: ${gone.join(', ')}`]),
		...(wanted.pollMs === recorded.pollMs
			? []
			: [`the values are as recorded, every ${recorded.pollMs} ms, not every ${wanted.pollMs} ms`]),
	];
	const guardrails = wanted.guardrails.filter(({id}) => answered.has(id));
	const {compare, uncompared} = comparedAs(wanted, recorded, ports);
	if (uncompared.length > 0) {
		remarks.push(`not compared, as what both sides answered is not in the record: ${uncompared.join(', ')}`);
	}
	const compared = new Set(compare.map(({id}) => id));
	const stages = wanted.stages.map(stage => withComparisons(stageWith(stage, answered), compared));
	// Its process is as it was then: another profile's would never begin.
	const {instance: _, compare: __, ...others} = wanted;
	const rest = {...others, ...(compare.length > 0 && {compare})};
	const instance = recorded.instance && {instance: recorded.instance};
	return {plan: {...rest, ...instance, guardrails, stages, pollMs: recorded.pollMs}, evidence, remarks};
}

function evidenceOf(guardrail: GuardrailPlan, {guardrails}: Plan, {sameQuery, whyNoSeries}: MatchPorts): Evidence {
	const {id, title, origin, query} = guardrail;
	const asksTheSame = (other: GuardrailPlan): boolean =>
		other.origin === origin &&
		(origin === 'log' ? other.query === query : sameQuery(other.query, query)) &&
		requestsKnown(guardrail, other, sameQuery);
	const own = guardrails.find(other => other.id === id);
	if (own && asksTheSame(own)) return {id, title, by: 'recorded', recordedId: id, note: cutNote(guardrail, own)};
	const twin = guardrails.find(asksTheSame);
	if (twin) return {id, title, by: 'recorded', recordedId: twin.id, note: `asks what ${twin.title} asked: judged by its values`};
	const news = own
		? own.origin === origin && sameQuery(own.query, query)
			? 'its request rate was not asked for'
			: 'its query has changed'
		: 'it is new';
	if (origin === 'log') return {id, title, by: 'none', note: `${news}, and the lines it counts are not in the record`};
	const why = whyNoSeries(guardrail);
	return why === undefined
		? {id, title, by: 'series', note: `${news}: asked of the recorded series`}
		: {id, title, by: 'none', note: `${news}, and ${why}`};
}

/** The comparisons whose both sides were asked as they are now: only their values are in the record. */
function comparedAs({compare = []}: Plan, recorded: Plan, {sameQuery}: MatchPorts) {
	const isRecorded = ({id, candidate, baseline}: Comparison): boolean =>
		(recorded.compare ?? []).some(
			other => other.id === id && sameQuery(other.candidate, candidate) && sameQuery(other.baseline, baseline),
		);
	const uncompared = compare.filter(one => !isRecorded(one)).map(({title}) => title);
	return {compare: compare.filter(isRecorded), uncompared};
}

function withComparisons({compare, ...stage}: StagePlan, known: ReadonlySet<string>): StagePlan {
	const gates = compare?.filter(id => known.has(id)) ?? [];
	return gates.length === 0 ? stage : {...stage, compare: gates};
}

/** A floor on the request rate needs that rate recorded; a floor that is gone needs nothing. */
const requestsKnown = ({minRequests}: GuardrailPlan, other: GuardrailPlan, sameQuery: MatchPorts['sameQuery']): boolean =>
	!minRequests || (other.minRequests !== undefined && sameQuery(minRequests.query, other.minRequests.query));

/** Of many series only the worst by the recorded bound are kept. */
function cutNote({bound}: GuardrailPlan, recorded: GuardrailPlan): string {
	const side = (op: string | undefined): string => op?.replace('=', '') ?? '';
	return bound && recorded.bound && side(bound.op) !== side(recorded.bound.op)
		? 'its bound looks the other way: where an answer had more than 20 series, the worst by the new bound may not be in the record'
		: '';
}

function stageWith(stage: StagePlan, answered: ReadonlySet<string>): StagePlan {
	const known = <Value>(record: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> =>
		Object.fromEntries(Object.entries(record).filter(([id]) => answered.has(id)));
	return {...stage, overrides: known(stage.overrides), gates: known(stage.gates)};
}
