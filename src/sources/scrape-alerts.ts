import {nameLabel} from '../promql/ast.ts';
import {type Labels, labelsOf} from '../promql/labels.ts';
import {formatNumber} from '../promql/numeral.ts';
import type {AlertingRule} from './scrape-rule-file.ts';
import type {Made} from './scrape-rules.ts';

type Alert = {readonly labels: Labels; readonly sinceMs: number; firing: boolean; lastTrueMs: number};

/** The alerts of one rule, and the series `ALERTS` and `ALERTS_FOR_STATE` that Prometheus makes of them. */
export class AlertStates {
	readonly #rule: AlertingRule;
	readonly #alerts = new Map<string, Alert>();

	constructor(rule: AlertingRule) {
		this.#rule = rule;
	}

	/** `made`: what the rule's expression answered now. Gives the series as they are now. */
	take(made: readonly Made[], timeMs: number): readonly Made[] {
		const {forMs, keepFiringForMs} = this.#rule;
		for (const one of made) {
			const labels = this.#labelsOf(one);
			const alert = this.#alerts.get(labels.key) ?? {labels, sinceMs: timeMs, firing: false, lastTrueMs: timeMs};
			alert.lastTrueMs = timeMs;
			this.#alerts.set(labels.key, alert);
		}
		for (const [key, alert] of this.#alerts) {
			const isTrue = alert.lastTrueMs === timeMs;
			if (isTrue && timeMs - alert.sinceMs >= forMs) alert.firing = true;
			const isKept = alert.firing && keepFiringForMs > 0 && timeMs - alert.lastTrueMs < keepFiringForMs;
			if (!isTrue && !isKept) this.#alerts.delete(key);
		}
		return [...this.#alerts.values()].flatMap(seriesOf);
	}

	#labelsOf({labels, value}: Made): Labels {
		const own = Object.entries(this.#rule.labels).map(([name, text]) => [name, expand(text, labels, value)] as const);
		return labelsOf([...labels.filter(name => name !== nameLabel).entries(), ...own, ['alertname', this.#rule.name]]);
	}
}

const seriesOf = ({labels, sinceMs, firing}: Alert): readonly Made[] => [
	{labels: labelsOf([...labels.entries(), [nameLabel, 'ALERTS'], ['alertstate', firing ? 'firing' : 'pending']]), value: 1},
	{labels: labelsOf([...labels.entries(), [nameLabel, 'ALERTS_FOR_STATE']]), value: sinceMs / 1_000},
];

/** The two templates that labels of alerts have in practice; others stay as they are written. */
const expand = (text: string, labels: Labels, value: number): string =>
	text.replaceAll(/\{\{\s*\$(?:labels\.([a-zA-Z_][a-zA-Z0-9_]*)|(value))\s*\}\}/g, (_all, name: string | undefined) =>
		name === undefined ? formatNumber(value) : labels.get(name),
	);
