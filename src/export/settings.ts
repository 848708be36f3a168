import {formatDuration} from '../base/duration.ts';
import type {GuardrailPlan} from '../core/plan.ts';
import {parseQuery} from '../promql/parse.ts';
import {vectorSelectorsOf} from '../promql/split.ts';

/**
 * What a guardrail has and an alerting rule has no key for, in the words of a profile, as JSON: it travels in an annotation, so that
 * the rule imported again is the same guardrail. Only what is not the default.
 */
export function settingsText(guardrail: GuardrailPlan): string {
	const {title, unit, onBreach, security, severity, noData, noDataAfterMs, staleAfterMs, warn, windowMs, group} = guardrail;
	const settings = {
		...(title.includes('{{') && {title}),
		...(unit !== 'none' && {unit}),
		...(onBreach !== (severity === 'critical' ? 'rollback' : 'warn') && {onBreach}),
		...(security && {security}),
		...(noData !== 'hold' && {noData}),
		...(noDataAfterMs !== 30_000 && {noDataAfter: formatDuration(noDataAfterMs)}),
		staleAfter: formatDuration(staleAfterMs),
		...(warn && {warn: `${warn.op} ${warn.value}`}),
		...(windowMs !== largestRangeMs(guardrail.query) && {window: formatDuration(windowMs)}),
		// A rule group needs a name; one that has the profile's stands for none.
		...(group === '' && {group}),
	};
	// Two braces would begin a template of Prometheus.
	return JSON.stringify(settings).replaceAll('{{', '{\\u007b');
}

function largestRangeMs(query: string): number {
	const parsed = parseQuery(query);
	return parsed.ok ? Math.max(0, ...vectorSelectorsOf(parsed.value).map(({rangeMs}) => rangeMs)) : 0;
}
