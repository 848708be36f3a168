import {GraphThresholdsStyleMode} from '@grafana/grafana-foundation-sdk/common';
import {
	type Dashboard,
	DashboardBuilder,
	DashboardLinkBuilder,
	DashboardLinkType,
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

/** Where a query that no group was named for stands. */
const noGroup = 'Guardrails';

/**
 * The same for every export of a profile (and of a group of its), so that a dashboard that was pushed before is replaced.
 * Grafana takes 40 characters: of a longer one the end is a number of the whole, so that two groups never share one.
 */
export function dashboardUid(profile: string, group?: string): string {
	const whole = `canary-${group === undefined ? profile : `${profile}-${group}`}`;
	const uid = whole.replaceAll(/[^A-Za-z0-9_-]+/g, '-');
	if (uid.length <= 40 && (group === undefined || uid === whole)) return uid;
	return `${uid.slice(0, 32)}-${checksum(whole).toString(36).padStart(7, '0')}`;
}

/** FNV-1a, 32 bits: to tell names apart, not to keep a secret. */
const checksum = (text: string): number =>
	[...text].reduce((sum, letter) => Math.imul(sum ^ (letter.codePointAt(0) ?? 0), 0x01_00_01_93) >>> 0, 0x81_1c_9d_c5);

/** Groups of a plan's guardrails that have a query, in the profile's order. */
export const dashboardGroups = ({guardrails}: Plan): readonly string[] => [
	...new Set(guardrails.filter(({origin}) => origin === 'query').map(({group}) => group || noGroup)),
];

/** One dashboard for each group, each with the share of the candidate on top and links to the others of the profile. */
export const grafanaDashboards = (plan: Plan): readonly Dashboard[] =>
	dashboardGroups(plan).map(group => {
		const builder = dashboardOf(plan, `Canary ${plan.title}: ${group}`, dashboardUid(plan.profile, group)).link(
			new DashboardLinkBuilder(`Canary ${plan.title}`)
				.type(DashboardLinkType.Dashboards)
				.tags(['canary', plan.profile])
				.includeVars(true)
				.keepTime(true),
		);
		return numbered(withGroup(withShare(builder, plan), plan, group).build());
	});

/** All of a plan in one dashboard: a row for each group of guardrails, a panel for each guardrail with a query, thresholds from its bounds. */
export function grafanaDashboard(plan: Plan): Dashboard {
	const builder = withShare(dashboardOf(plan, `Canary ${plan.title}`, dashboardUid(plan.profile)), plan);
	for (const group of dashboardGroups(plan)) withGroup(builder, plan, group);
	return numbered(builder.build());
}

const dashboardOf = (plan: Plan, title: string, uid: string): DashboardBuilder =>
	new DashboardBuilder(title)
		.uid(uid)
		.description(`${plan.candidate.name} beside ${plan.baseline.name}, as the guardrails of the profile ${plan.profile} see it.`)
		.tags(['canary', plan.profile])
		.refresh('10s')
		.time({from: 'now-1h', to: 'now'})
		.withVariable(new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'));

function withShare(builder: DashboardBuilder, {observedShareQuery}: Plan): DashboardBuilder {
	if (observedShareQuery === undefined) return builder;
	return builder
		.withRow(new RowBuilder('Traffic'))
		.withPanel(panel('Share of the candidate, seen', observedShareQuery, '%').min(0).max(100));
}

function withGroup(builder: DashboardBuilder, {guardrails}: Plan, group: string): DashboardBuilder {
	builder.withRow(new RowBuilder(group));
	for (const one of guardrails)
		if (one.origin === 'query' && (one.group || noGroup) === group) builder.withPanel(guardrailPanel(one));
	return builder;
}

const numbered = (dashboard: Dashboard): Dashboard => ({
	...dashboard,
	panels: (dashboard.panels ?? []).map((each, index) => ({...each, id: index + 1})),
});

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
