import type {GuardrailPlan} from '../core/plan.ts';
import {typeOf} from '../promql/check-types.ts';
import {parseQuery} from '../promql/parse.ts';
import type {SampleStore} from '../promql/store.ts';
import {type SelectorUse, selectorsBehind} from './prometheus-selectors.ts';
import {targetKey} from './prometheus-targets.ts';
import type {Rule} from './scrape-rule-file.ts';

/** A rule that stands on a rule that stands on a rule…: deeper is a mistake. */
const depthMax = 10;

/**
 * A guardrail whose query names, beside what it asks, the series behind the recording rules that it stands on. What a rule makes is
 * always fresh and belongs to no target; the age of its data, and whether its targets are up, is that of what it was made of.
 * For telling the age only: the query is not to be evaluated.
 */
export function withRulesBehind(guardrail: GuardrailPlan, rules: readonly Rule[]): GuardrailPlan {
	const recorded = rules.filter(({kind}) => kind === 'record');
	const behind = new Set<string>();
	const collect = (text: string, depth: number): void => {
		const parsed = parseQuery(text);
		if (!parsed.ok || depth > depthMax) return;
		for (const {selector} of selectorsBehind(parsed.value)) {
			for (const {name, query} of recorded) {
				if (name !== selector.name || behind.has(query.text) || typeOf(query.expr) !== 'vector') continue;
				behind.add(query.text);
				collect(query.text, depth + 1);
			}
		}
	};
	collect(guardrail.query, 0);
	const own = parseQuery(guardrail.query);
	if (behind.size === 0 || !own.ok || typeOf(own.value) !== 'vector') return guardrail;
	return {...guardrail, query: [guardrail.query, ...behind].map(text => `(${text}\n)`).join(' or ')};
}

/** The targets of the series that a selector selects, as `targetKey` names them; of those with a sample since `sinceMs`. */
export function targetsBehind(store: SampleStore, {selector, offsetMs}: SelectorUse, sinceMs: number): readonly string[] {
	const found = new Map<string, string>();
	for (const {labels, newestMs} of store.select(selector)) {
		const [job, instance] = [labels.get('job'), labels.get('instance')];
		const key = `${job}\0${instance}`;
		if (found.has(key) || !(newestMs >= sinceMs - offsetMs)) continue;
		found.set(key, targetKey({job, instance}) ?? '');
	}
	return [...found.values()].filter(key => key !== '');
}
