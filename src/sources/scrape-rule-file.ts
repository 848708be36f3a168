import {parse as parseYaml} from 'yaml';
import {fail, ok, type Result} from '../base/result.ts';
import {nameLabel} from '../promql/ast.ts';
import {parseDuration} from '../promql/duration.ts';
import {describeParseError, parseQuery} from '../promql/parse.ts';
import type {Query} from '../promql/query.ts';

export type RuleGroup = {
	readonly name: string;
	/** Absent: the scrape interval. */
	readonly intervalMs?: number;
	readonly rules: readonly Rule[];
};

export type Rule = RecordingRule | AlertingRule;

export type RecordingRule = {
	readonly kind: 'record';
	/** The name of the series it makes. */
	readonly name: string;
	readonly query: Query;
	readonly labels: Readonly<Record<string, string>>;
};

export type AlertingRule = {
	readonly kind: 'alert';
	readonly name: string;
	readonly query: Query;
	readonly labels: Readonly<Record<string, string>>;
	readonly forMs: number;
	readonly keepFiringForMs: number;
};

type Plain = Readonly<Record<string, unknown>>;

const isMap = (value: unknown): value is Plain => typeof value === 'object' && value !== null && !Array.isArray(value);

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * Reads the text of a Prometheus rule file, or of a Kubernetes PrometheusRule object
 * (https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/). The error is a clause that names group and rule.
 */
export function readRules(text: string): Result<readonly RuleGroup[], string> {
	let root: unknown;
	try {
		root = parseYaml(text, {maxAliasCount: 100});
	} catch (error) {
		return fail(`it is no YAML: ${String((error as Error).message).split('\n')[0]}`);
	}
	const top = isMap(root) && root['groups'] === undefined && isMap(root['spec']) ? root['spec'] : root;
	const groups = isMap(top) ? top['groups'] : undefined;
	if (!Array.isArray(groups)) return fail('it has no list "groups" (nor "spec.groups", as a PrometheusRule object has)');
	return all(groups.map((group, i) => readGroup(isMap(group) ? group : {}, i)));
}

function all<Value>(results: readonly Result<Value, string>[]): Result<readonly Value[], string> {
	const values: Value[] = [];
	for (const result of results) {
		if (!result.ok) return result;
		values.push(result.value);
	}
	return ok(values);
}

function readGroup(group: Plain, index: number): Result<RuleGroup, string> {
	const name = typeof group['name'] === 'string' ? group['name'] : `number ${index + 1}`;
	const interval = readDuration(group['interval'], 'interval');
	if (!interval.ok) return fail(`group ${name}: ${interval.error}`);
	const rules = Array.isArray(group['rules']) ? group['rules'] : [];
	const read = all(rules.map((rule, i) => readRule(isMap(rule) ? rule : {}, i)));
	if (!read.ok) return fail(`group ${name}: ${read.error}`);
	return ok({name, rules: read.value, ...(interval.value !== undefined && {intervalMs: interval.value})});
}

function readRule(rule: Plain, index: number): Result<Rule, string> {
	const {record, alert, expr} = rule;
	const name = typeof record === 'string' ? record : alert;
	if (typeof name !== 'string' || name === '') return fail(`rule ${index + 1} has neither "record" nor "alert"`);
	if (typeof record === 'string' && !metricName.test(record))
		return fail(`the rule ${record} records under a name that no metric may have`);
	if (typeof expr !== 'string' && typeof expr !== 'number') return fail(`the rule ${name} has no "expr"`);
	const text = String(expr);
	const parsed = parseQuery(text);
	if (!parsed.ok) return fail(`the rule ${name}: ${describeParseError(parsed.error)}`);
	const labels = readLabels(rule['labels']);
	if (!labels.ok) return fail(`the rule ${name}: ${labels.error}`);
	const common = {name, query: {text, expr: parsed.value}, labels: labels.value};
	if (typeof record === 'string') return ok({kind: 'record', ...common});
	const [forMs, keepMs] = [readDuration(rule['for'], 'for'), readDuration(rule['keep_firing_for'], 'keep_firing_for')];
	if (!forMs.ok) return fail(`the alert ${name}: ${forMs.error}`);
	if (!keepMs.ok) return fail(`the alert ${name}: ${keepMs.error}`);
	return ok({kind: 'alert', ...common, forMs: forMs.value ?? 0, keepFiringForMs: keepMs.value ?? 0});
}

function readDuration(value: unknown, key: string): Result<number | undefined, string> {
	if (value === undefined || value === null) return ok(undefined);
	const ms = typeof value === 'string' || typeof value === 'number' ? parseDuration(String(value)) : undefined;
	return ms === undefined ? fail(`"${key}" is no duration of Prometheus: ${JSON.stringify(value)}`) : ok(ms);
}

function readLabels(value: unknown): Result<Readonly<Record<string, string>>, string> {
	if (value === undefined || value === null) return ok({});
	if (!isMap(value)) return fail('"labels" is no map');
	const wrong = Object.keys(value).find(name => !labelName.test(name) || name === nameLabel);
	if (wrong !== undefined) return fail(`no label may be called ${JSON.stringify(wrong)}`);
	return ok(Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)])));
}
