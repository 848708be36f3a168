import type {GuardrailPlan} from '../core/plan.ts';
import type {Labels as PlainLabels} from '../core/reading.ts';
import type {Labels} from '../promql/labels.ts';
import {parseQuery} from '../promql/parse.ts';
import {createBirthTracker, type Increase, planBirths} from './prometheus-births.ts';
import {type Test, testOf} from './scrape-wanted.ts';

/**
 * Counters whose births count as increases (see prometheus-births.ts). Here nobody needs to ask for them: who takes a page in sees
 * each series come, and with its very first value.
 */
export class BirthWatch {
	readonly #tracker;
	readonly #tests: readonly {readonly selector: string; readonly test: Test}[];

	constructor(guardrails: readonly GuardrailPlan[]) {
		const plans = guardrails.flatMap(guardrail => planBirths(guardrail) ?? []);
		this.#tracker = createBirthTracker(plans);
		this.#tests = [...new Set(plans.map(({selector}) => selector))].flatMap(selector => {
			this.#tracker.know(selector, []);
			const parsed = parseQuery(selector);
			return parsed.ok && parsed.value.kind === 'vector' ? [{selector, test: testOf(parsed.value.matchers)}] : [];
		});
	}

	/** The watched selectors that select a series. */
	selectorsOf(labels: Labels): readonly string[] {
		if (this.#tests.length === 0) return [];
		return this.#tests.filter(({test}) => test(labels)).map(({selector}) => selector);
	}

	know(selector: string, labels: PlainLabels): void {
		this.#tracker.know(selector, [labels]);
	}

	take(selector: string, labels: PlainLabels, value: number, timeMs: number): void {
		this.#tracker.take(selector, [{labels, value}], timeMs);
	}

	of(guardrailId: string, nowMs: number): readonly Increase[] {
		return this.#tracker.of(guardrailId, nowMs);
	}

	notes(guardrailId: string): readonly string[] {
		return this.#tracker.notes(guardrailId);
	}
}
