import {formatDuration} from '../base/duration.ts';
import {fail, ok, type Result} from '../base/result.ts';
import {type Severity, severities} from '../core/plan.ts';
import type {Expr} from '../promql/ast.ts';
import {unparen} from '../promql/ast.ts';
import {parseDuration} from '../promql/duration.ts';
import {parseQuery} from '../promql/parse.ts';
import {healthyBoundOf} from '../promql/split.ts';
import {orList} from './did-you-mean.ts';
import {faultAt, type Issue, type ProfileFault, type SourceText, toFault} from './fault.ts';
import {listOf, mapOf, type PlainMap, textOf} from './lenient.ts';
import {slug, slugOfAlert} from './names.ts';
import {exportedAlert, exportedSettings, unwrapped} from './rules-exported.ts';
import {guardrail as guardrailSchema} from './schema/guardrail.ts';
import type {GuardrailProfile} from './schema.ts';
import {type Path, type Plain, plainOf} from './tree.ts';
import {parseYaml} from './yaml-tree.ts';

export type ImportedRules = {
	readonly guardrails: readonly GuardrailProfile[];
	readonly faults: readonly ProfileFault[];
	/** Names of the alerts in the file, also of those left out. */
	readonly alerts: readonly string[];
	/** What was passed over or guessed, one sentence each. */
	readonly notes: readonly string[];
};

/** Which alerts are wanted. */
export type RuleChoice = {readonly include?: readonly string[] | undefined; readonly exclude?: readonly string[] | undefined};

type Alert = {readonly name: string; readonly group: string; readonly path: Path; readonly keys: PlainMap};

/**
 * Alerting rules of a Prometheus rule file (or of a Kubernetes PrometheusRule object) as guardrails: `expr` is split at its
 * top-level comparison. Nothing is substituted in the file: `$labels` belongs to Prometheus.
 */
export function importRules(source: SourceText, choice: RuleChoice): ImportedRules {
	const {root, faults} = parseYaml(source, undefined);
	if (!root) return {guardrails: [], faults: faults.length > 0 ? faults : [noGroups(source)], alerts: [], notes: []};
	const {groups, path} = groupsOf(plainOf(root));
	if (groups === undefined) return {guardrails: [], faults: [...faults, noGroups(source)], alerts: [], notes: []};
	const {alerts, recorded} = rulesOf(groups, path);
	const wanted = alerts.filter(({name}) => (choice.include?.includes(name) ?? true) && !choice.exclude?.includes(name));
	const {mains, levels} = joinLevels(wanted);
	const read = mains.map(alert => guardrailOf(alert, levels(alert)));
	const notes =
		recorded.length > 0
			? [
					`${source.file}: passed over ${recorded.length} recording rule${recorded.length > 1 ? 's' : ''} (${shortList(recorded)})`,
				]
			: [];
	return {
		guardrails: withUniqueIds(read.flatMap(result => (result.ok ? [result.value.guardrail] : []))),
		faults: [...faults, ...read.flatMap(result => (result.ok ? [] : [toFault(source, root, result.error)]))],
		alerts: alerts.map(({name}) => name),
		notes: [
			...notes,
			...read.flatMap(result => (result.ok && result.value.note ? [`${source.file}: ${result.value.note}`] : [])),
		],
	};
}

const shortList = (names: readonly string[]): string =>
	names.length > 5 ? `${names.slice(0, 5).join(', ')}, …` : names.join(', ');

const noGroups = (source: SourceText): ProfileFault =>
	faultAt(
		source,
		{start: 0, end: 1},
		'groups',
		'this is no rule file: it has no list "groups" (nor "spec.groups", as a PrometheusRule object has).',
	);

/** `groups` of a rule file, `spec.groups` of a PrometheusRule object. */
function groupsOf(plain: Plain): {groups: readonly Plain[] | undefined; path: Path} {
	const top = mapOf(plain);
	const spec = mapOf(top?.['spec']);
	const [groups, path]: [Plain | undefined, Path] =
		top?.['groups'] === undefined && spec ? [spec['groups'], ['spec', 'groups']] : [top?.['groups'], ['groups']];
	return {groups: Array.isArray(groups) ? listOf(groups) : undefined, path};
}

function rulesOf(groups: readonly Plain[], path: Path): {alerts: Alert[]; recorded: string[]} {
	const alerts: Alert[] = [];
	const recorded: string[] = [];
	for (const [groupIndex, group] of groups.entries()) {
		const map = mapOf(group);
		for (const [ruleIndex, rule] of listOf(map?.['rules']).entries()) {
			const keys = mapOf(rule) ?? {};
			const name = textOf(keys['alert']);
			const record = textOf(keys['record']);
			if (record !== undefined) recorded.push(record);
			else
				alerts.push({
					name: name ?? '',
					group: textOf(map?.['name']) ?? '',
					path: [...path, groupIndex, 'rules', ruleIndex],
					keys,
				});
		}
	}
	return {alerts, recorded};
}

/** A guardrail that was exported has an alert for each of its bounds; they come back as one. */
function joinLevels(alerts: readonly Alert[]): {mains: readonly Alert[]; levels: (main: Alert) => readonly Alert[]} {
	const mainOf = (alert: Alert): Alert | undefined => {
		const ours = exportedAlert(alert.keys);
		if (!ours || ours.level === 'bound') return undefined;
		return alerts.find(({keys}) => {
			const other = exportedAlert(keys);
			return other?.id === ours.id && other.level === 'bound';
		});
	};
	return {
		mains: alerts.filter(alert => mainOf(alert) === undefined),
		levels: main => alerts.filter(alert => mainOf(alert) === main),
	};
}

type Imported = {readonly guardrail: GuardrailProfile; readonly note?: string};

function guardrailOf({name, group, path, keys}: Alert, levels: readonly Alert[] = []): Result<Imported, Issue> {
	if (name === '')
		return fail({path, message: 'a rule needs a name: "alert" for an alerting rule, "record" for a recording rule.'});
	const expr = textOf(keys['expr']);
	if (expr === undefined) return fail({path, message: `the alert ${name} has no "expr".`});
	const parsed = parseQuery(expr);
	if (!parsed.ok)
		return fail({
			path: [...path, 'expr'],
			message: `the expression is no PromQL: ${parsed.error.message}.`,
			within: parsed.error.span,
		});
	const healthy = healthyBoundOf(parsed.value);
	if (!healthy)
		return fail({
			path: [...path, 'expr'],
			message: `the alert ${name} can't become a guardrail: ${whyNotSplit(parsed.value)} Write a guardrail of your own for it, and list the alert under "exclude".`,
		});
	const {severity, note} = severityOf(name, mapOf(keys['labels'])?.['severity']);
	const durations = readDurations(keys, path);
	if (!durations.ok) return durations;
	const annotations = mapOf(keys['annotations']);
	const ours = exportedAlert(keys);
	const made = guardrailSchema.safeParse({
		id: ours?.id ?? slugOfAlert(name),
		title: titleOf(name, annotations),
		...(ours ? unwrapped(healthy.left) : {query: healthy.left}),
		healthy: boundText(healthy),
		severity,
		...(group !== '' && {group: group.slice(0, 60)}),
		...durations.value,
		...severeOf(levels),
		...(ours && exportedSettings(annotations)),
	});
	if (!made.success)
		return fail({path, message: `the alert ${name} can't become a guardrail: ${made.error.issues[0]?.message ?? ''}`});
	return ok({guardrail: made.data, ...(note && {note})});
}

const boundText = ({op, value}: {readonly op: string; readonly value: number}): string =>
	`${op === '==' ? '=' : op} ${plainNumber(value)}`;

/** The severe bound, where an alert of its own holds it. */
function severeOf(levels: readonly Alert[]): {severe?: {healthy: string; for: string}} {
	const severe = levels.find(({keys}) => exportedAlert(keys)?.level === 'severe');
	const parsed = severe && parseQuery(textOf(severe.keys['expr']) ?? '');
	const healthy = parsed?.ok ? healthyBoundOf(parsed.value) : undefined;
	if (!severe || !healthy) return {};
	const durations = readDurations(severe.keys, severe.path);
	return {severe: {healthy: boundText(healthy), for: (durations.ok && durations.value.for) || '0s'}};
}

/** Bounds have no infinities; `1e21` is one they know. */
const plainNumber = (value: number): string => (Number.isFinite(value) ? String(value) : value > 0 ? '1e308' : '-1e308');

function whyNotSplit(expr: Expr): string {
	const top = unparen(expr);
	if (top.kind === 'call' && /^absent/.test(top.name))
		return `it fires when ${top.name}() finds nothing; a guardrail has "noData: fail" for that.`;
	if (top.kind !== 'binary') return 'it has no comparison with a number on top, so there is no bound to take out.';
	if (top.op === 'and' || top.op === 'or' || top.op === 'unless')
		return `it joins two conditions by "${top.op}", and a guardrail has one value and one bound.`;
	if (top.bool) return 'its comparison has "bool", which answers 0 or 1 and filters nothing.';
	if (/^(?:[<>]=?|[!=]=)$/.test(top.op))
		return 'it compares two queries; a guardrail compares with a number. Divide or subtract one by the other.';
	return 'it has no comparison with a number on top, so there is no bound to take out.';
}

function readDurations(keys: PlainMap, path: Path): Result<{for?: string; keepFiringFor?: string}, Issue> {
	const durations: {for?: string; keepFiringFor?: string} = {};
	for (const [theirs, ours] of [
		['for', 'for'],
		['keep_firing_for', 'keepFiringFor'],
	] as const) {
		const value = keys[theirs];
		if (value === undefined || value === null) continue;
		const ms = typeof value === 'string' ? parseDuration(value) : undefined;
		if (ms === undefined)
			return fail({
				path: [...path, theirs],
				message: `${JSON.stringify(value)} is no duration of Prometheus: write 30s, 5m, 1h.`,
			});
		durations[ours] = formatDuration(ms);
	}
	return ok(durations);
}

/** What alerts call their severities in the field. */
const severityWords: Readonly<Record<string, Severity>> = {
	critical: 'critical',
	page: 'critical',
	error: 'critical',
	high: 'critical',
	emergency: 'critical',
	fatal: 'critical',
	warning: 'warning',
	warn: 'warning',
	ticket: 'warning',
	medium: 'warning',
	info: 'info',
	low: 'info',
	none: 'info',
};

function severityOf(alert: string, label: Plain | undefined): {severity: Severity; note?: string} {
	if (label === undefined)
		return {severity: 'warning', note: `the alert ${alert} has no label "severity": taken as warning, so it does not roll back`};
	const word = String(label).toLowerCase();
	const known = Object.hasOwn(severityWords, word) ? severityWords[word] : undefined;
	if (known) return {severity: known};
	return {
		severity: 'warning',
		note: `the alert ${alert} has the severity ${JSON.stringify(String(label).slice(0, 40))}, which is not ${orList(severities)}: taken as warning, so it does not roll back`,
	};
}

/** A text for people that holds no template of Prometheus; else the name in words. */
function titleOf(name: string, annotations: PlainMap | undefined): string {
	const [text] = ['title', 'summary']
		.map(key => textOf(annotations?.[key]))
		.filter(value => value !== undefined && !value.includes('{{') && value.trim() !== '');
	return (text?.trim() ?? slugOfAlert(name).replaceAll('-', ' ')).slice(0, 120);
}

/** The same alert often stands twice, as warning and as critical: then the severity joins the id, then a number. */
function withUniqueIds(guardrails: readonly GuardrailProfile[]): GuardrailProfile[] {
	const count = (id: string | undefined): number => guardrails.filter(other => other.id === id).length;
	const taken = new Set<string>();
	return guardrails.map(guardrail => {
		const base = count(guardrail.id) > 1 ? `${guardrail.id}-${guardrail.severity}` : (guardrail.id ?? '');
		let id = base || slug(guardrail.title ?? 'alert');
		for (let number = 2; taken.has(id); number++) id = `${base}-${number}`;
		taken.add(id);
		return {...guardrail, id};
	});
}
