import {GraphThresholdsStyleMode} from '@grafana/grafana-foundation-sdk/common';
import {
	type Dashboard,
	DashboardBuilder,
	DatasourceVariableBuilder,
	RowBuilder,
	type Threshold,
	ThresholdsConfigBuilder,
	ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import {DataqueryBuilder} from '@grafana/grafana-foundation-sdk/prometheus';
import {PanelBuilder} from '@grafana/grafana-foundation-sdk/timeseries';
import type {Unit} from '../base/number-format.ts';
import type {Bound} from '../core/bound.ts';
import type {GuardrailPlan, Plan} from '../core/plan.ts';

/** Grafana's words for our units. */
const unitWords: Readonly<Record<Unit, string>> = {
	ms: 'ms',
	s: 's',
	'%': 'percent',
	ratio: 'percentunit',
	bytes: 'bytes',
	count: 'short',
	'/s': 'cps',
	none: 'none',
};

// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana puts its variable there.
const fromSource = {type: 'prometheus', uid: '${datasource}'} as const;

/** The same for every export of a profile, so that a dashboard that was pushed before is replaced. Grafana takes 40 characters. */
export const dashboardUid = (profile: string): string => `canary-${profile.replaceAll(/[^A-Za-z0-9_-]+/g, '-')}`.slice(0, 40);

/** One dashboard of a plan: a row for each group of guardrails, a panel for each guardrail with a query, thresholds from its bounds. */
export function grafanaDashboard(plan: Plan): Dashboard {
	const shown = plan.guardrails.filter(({origin}) => origin === 'query');
	const builder = new DashboardBuilder(`Canary ${plan.title}`)
		.uid(dashboardUid(plan.profile))
		.description(`${plan.candidate.name} beside ${plan.baseline.name}, as the guardrails of the profile ${plan.profile} see it.`)
		.tags(['canary', plan.profile])
		.refresh('10s')
		.time({from: 'now-1h', to: 'now'})
		.withVariable(new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'));
	if (plan.observedShareQuery !== undefined) {
		builder
			.withRow(new RowBuilder('Traffic'))
			.withPanel(panel('Share of the candidate, seen', plan.observedShareQuery, '%').min(0).max(100));
	}
	for (const group of new Set(shown.map(one => one.group))) {
		builder.withRow(new RowBuilder(group || 'Guardrails'));
		for (const one of shown) if (one.group === group) builder.withPanel(guardrailPanel(one));
	}
	const dashboard = builder.build();
	return {...dashboard, panels: (dashboard.panels ?? []).map((each, index) => ({...each, id: index + 1}))};
}

const panel = (title: string, query: string, unit: Unit): PanelBuilder =>
	new PanelBuilder()
		.title(title)
		.datasource(fromSource)
		.unit(unitWords[unit])
		.withTarget(new DataqueryBuilder().refId('A').datasource(fromSource).expr(query).legendFormat('__auto'));

function guardrailPanel(guardrail: GuardrailPlan): PanelBuilder {
	const {title, query, unit, bound} = guardrail;
	const one = panel(title, query, unit).description(descriptionOf(guardrail));
	if (!bound) return one;
	return one
		.thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(thresholdSteps(guardrail)))
		.thresholdsStyle({build: () => ({mode: GraphThresholdsStyleMode.LineAndArea})});
}

function descriptionOf({bound, severe, forMs, severity, onBreach}: GuardrailPlan): string {
	if (!bound) return 'Shown only: it has no bound.';
	const worse = severe ? `; severe: not ${severe.bound.op} ${severe.bound.value} for ${severe.forMs / 1_000} s` : '';
	return `Healthy ${bound.op} ${bound.value}, for ${forMs / 1_000} s${worse}. ${severity}, on a breach: ${onBreach}.`;
}

type Colour = 'green' | 'yellow' | 'red' | 'dark-red';
type Step = {readonly value: number | null; readonly color: Colour};

/** Colours by value: where each begins, from below. Grafana's first step begins at minus infinity, which it writes as null. */
export function thresholdSteps({bound, warn, severe}: Pick<GuardrailPlan, 'bound' | 'warn' | 'severe'>): Threshold[] {
	if (!bound) return [];
	if (bound.op === '=' || bound.op === '!=') {
		const [at, around]: [Colour, Colour] = bound.op === '=' ? ['green', 'red'] : ['red', 'green'];
		return steps([
			{value: null, color: around},
			{value: bound.value, color: at},
			{value: justAbove(bound), color: around},
		]);
	}
	const limits = [
		...(warn ? [{limit: warn.value, color: 'yellow' as const}] : []),
		{limit: bound.value, color: 'red' as const},
		...(severe ? [{limit: severe.bound.value, color: 'dark-red' as const}] : []),
	];
	if (bound.op.startsWith('<'))
		return steps([{value: null, color: 'green'}, ...limits.map(({limit, color}) => ({value: limit, color}))]);
	const fromBelow = limits.toReversed();
	return steps([
		...fromBelow.map(({color}, index) => ({value: fromBelow[index - 1]?.limit ?? null, color})),
		{value: fromBelow.at(-1)?.limit ?? null, color: 'green'},
	]);
}

/** The smallest difference that is not lost beside the bound. */
const justAbove = ({value}: Bound): number => value + Math.max(1e-9, Math.abs(value) * 1e-12);

const steps = (list: readonly Step[]): Threshold[] => list as unknown as Threshold[];
