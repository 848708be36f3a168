import type {GuardrailPlan} from '../../src/core/plan.ts';
import type {Reading} from '../../src/core/reading.ts';
import type {MetricsSource, TickAnswers} from '../../src/sources/source.ts';
import {values} from './given.ts';

export type ScriptedSource = MetricsSource & {
	/** What every guardrail answers from now on; `errors` when only a value is given. */
	value: number | Reading;
	/** Takes the place of the answer, once. */
	next(answering: (deadlineMs: number, signal: AbortSignal) => Promise<TickAnswers>): void;
	readonly asked: number;
	readonly isClosed: boolean;
};

/** A metrics source in memory, for tests of order in time. */
export function createScriptedSource(guardrails: readonly Pick<GuardrailPlan, 'id'>[] = [{id: 'errors'}]): ScriptedSource {
	const scripts: ((deadlineMs: number, signal: AbortSignal) => Promise<TickAnswers>)[] = [];
	let asked = 0;
	let isClosed = false;
	const source: ScriptedSource = {
		target: 'scripted source',
		value: 1,
		async ask(deadlineMs, signal) {
			asked++;
			const script = scripts.shift();
			if (script) return await script(deadlineMs, signal);
			const reading = typeof source.value === 'number' ? values(source.value) : source.value;
			return {readings: Object.fromEntries(guardrails.map(({id}) => [id, reading]))};
		},
		next: answering => void scripts.push(answering),
		lint: async () => [],
		async close() {
			isClosed = true;
		},
		get asked() {
			return asked;
		},
		get isClosed() {
			return isClosed;
		},
	};
	return source;
}
