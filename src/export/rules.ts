import {formatDuration} from '../base/duration.ts';
import {formatValue} from '../base/number-format.ts';
import {type Bound, boundText} from '../core/bound.ts';
import type {GuardrailPlan, Plan} from '../core/plan.ts';
import {formatDuration as promDuration} from '../promql/duration.ts';
import {breachText, silenceText} from './expression.ts';
import {settingsText} from './settings.ts';

/** One alerting rule, with the keys of a rule file. */
export type AlertRule = {
	readonly alert: string;
	readonly expr: string;
	readonly for?: string;
	readonly keep_firing_for?: string;
	readonly labels: Readonly<Record<string, string>>;
	readonly annotations: Readonly<Record<string, string>>;
};

export type RuleGroup = {readonly name: string; readonly rules: readonly AlertRule[]};

export type ExportedRules = {
	readonly groups: readonly RuleGroup[];
	/** What a rule file can't say, one sentence each. */
	readonly notes: readonly string[];
};

/** `level` of an alert: the bound, the severe bound, or silence. Read back by the import. */
type Level = 'bound' | 'severe' | 'no-data';

/** The alerting rules of a plan: one alert for each bound, severe bound, and silence that counts as a breach. */
export function exportRules(plan: Plan): ExportedRules {
	const exported = plan.guardrails.filter(({origin, bound}) => origin === 'query' && bound !== undefined);
	const names = [...new Set(exported.map(({group}) => group || plan.profile))];
	const groups = names.map(name => ({
		name,
		rules: exported.filter(({group}) => (group || plan.profile) === name).flatMap(one => alertsOf(one, plan)),
	}));
	return {groups, notes: [...plan.guardrails.flatMap(whyLeftOut), ...overriddenIn(plan)]};
}

/** The same as an object of the Prometheus operator. */
export function prometheusRule(plan: Plan, labels: Readonly<Record<string, string>> = {}) {
	const name = `canary-${plan.profile}`.replaceAll(/[^a-z0-9.-]+/g, '-').replaceAll(/^[.-]+|[.-]+$/g, '');
	return {
		apiVersion: 'monitoring.coreos.com/v1',
		kind: 'PrometheusRule',
		metadata: {name, labels: {'app.kubernetes.io/managed-by': 'canary-console', ...labels}},
		spec: {groups: exportRules(plan).groups},
	};
}

/** `error-rate` → `ErrorRate`: what Prometheus' users call alerts. */
export const alertName = (id: string): string =>
	id
		.split(/[^A-Za-z0-9]+/)
		.map(part => part.charAt(0).toUpperCase() + part.slice(1))
		.join('');

function alertsOf(guardrail: GuardrailPlan, plan: Plan): AlertRule[] {
	const {id, bound, severe, forMs, noData, noDataAfterMs} = guardrail;
	if (!bound) return [];
	const name = alertName(id);
	const outside = (level: Level, limit: Bound, waitMs: number): AlertRule => ({
		alert: level === 'severe' ? `${name}Severe` : name,
		expr: breachText(guardrail, limit),
		...times(guardrail, waitMs),
		labels: labelsOf(guardrail, plan, level),
		annotations: annotationsOf(guardrail, plan, level, `{{ $value }}${lasting(waitMs)} (healthy ${limitText(guardrail, limit)})`),
	});
	return [
		outside('bound', bound, forMs),
		...(severe ? [outside('severe', severe.bound, severe.forMs)] : []),
		...(noData === 'fail'
			? [
					{
						alert: `${name}NoData`,
						expr: silenceText(guardrail),
						...times(guardrail, noDataAfterMs),
						labels: labelsOf(guardrail, plan, 'no-data'),
						annotations: annotationsOf(guardrail, plan, 'no-data', 'no data, which counts as a breach'),
					},
				]
			: []),
	];
}

const times = ({keepFiringForMs}: GuardrailPlan, waitMs: number) => ({
	...(waitMs > 0 && {for: promDuration(waitMs)}),
	...(keepFiringForMs > 0 && {keep_firing_for: promDuration(keepFiringForMs)}),
});

/** In the guardrail's own unit, as the value is. */
const limitText = ({unit}: GuardrailPlan, bound: Bound): string => boundText(bound, value => formatValue(value, unit, value));

const lasting = (waitMs: number): string => (waitMs > 0 ? ` for ${formatDuration(waitMs)}` : '');

/** `canary_action` tells a console that listens to Alertmanager what it may do. */
const labelsOf = ({id, severity, onBreach, security}: GuardrailPlan, {profile}: Plan, level: Level) => ({
	severity,
	canary: profile,
	canary_guardrail: id,
	canary_level: level,
	...(onBreach === 'rollback' && {canary_action: security ? 'SECURITY_ROLLBACK' : 'AUTO_ROLLBACK'}),
});

function annotationsOf(guardrail: GuardrailPlan, plan: Plan, level: Level, what: string) {
	const title = withoutTemplates(guardrail.title);
	return {
		title: level === 'bound' ? title : `${title} (${level === 'severe' ? 'severe' : 'no data'})`,
		summary: `${title} of ${withoutTemplates(plan.candidate.name)}: ${what}`,
		...(level === 'bound' && {canary_settings: settingsText(guardrail)}),
	};
}

/** Prometheus expands templates in annotations; a text of ours holds none. */
const withoutTemplates = (text: string): string => text.replaceAll('{{', '{{ "{{" }}');

function whyLeftOut({id, origin, bound}: GuardrailPlan): string[] {
	if (origin === 'log') return [`${id} is left out: it stands on the error log, which Prometheus doesn't read`];
	return bound ? [] : [`${id} is left out: it has no bound, so it can't fire`];
}

function overriddenIn({stages}: Plan): string[] {
	return stages.flatMap(({name, overrides, first}) => {
		const ids = [...new Set([...Object.keys(overrides), ...Object.keys(first?.overrides ?? {})])];
		return ids.length === 0
			? []
			: [`the bounds that the stage "${name}" has of its own (${ids.join(', ')}) are left out: a rule file knows no stages`];
	});
}
