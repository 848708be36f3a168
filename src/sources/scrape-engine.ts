import {fail, ok, type Result} from '../base/result.ts';
import {describeParseError, parseQuery} from '../promql/parse.ts';
import {defaultSettings, evaluateInstant, type Query, type Answer as QueryAnswer, type Settings} from '../promql/query.ts';
import type {SampleStore} from '../promql/store.ts';
import {type Answer, seriesMax, warningsMax} from './prometheus-answer.ts';
import {type Fault, fault, quoted} from './prometheus-fault.ts';

/** Texts are asked again and again; those of a session are far fewer. */
const parsedMax = 2_000;
/** Keeps one query below some 30 ms. */
const touchedMax = 5_000_000;

/** Answers PromQL from the samples in memory, in the words of a server's answers. */
export class Engine {
	readonly #store: SampleStore;
	readonly #settings: Settings;
	readonly #parsed = new Map<string, Result<Query, Fault>>();

	constructor(store: SampleStore, dialect: '2.x' | '3.x') {
		this.#store = store;
		this.#settings = {...defaultSettings, dialect, touchedMax};
	}

	answer(text: string, timeMs: number): Result<Answer, Fault> {
		const query = this.#parse(text);
		if (!query.ok) return query;
		const evaluated = this.evaluate(query.value, timeMs);
		return evaluated.ok ? answerOf(evaluated.value, timeMs) : evaluated;
	}

	evaluate(query: Query, timeMs: number): Result<QueryAnswer, Fault> {
		const evaluated = evaluateInstant(query, this.#store, timeMs, this.#settings);
		if (evaluated.ok) return evaluated;
		const {kind, message} = evaluated.error;
		return fail(fault(kind === 'limit' ? 'too-large' : 'bad-query', quoted(message)));
	}

	#parse(text: string): Result<Query, Fault> {
		const known = this.#parsed.get(text);
		if (known) return known;
		const parsed = parseQuery(text);
		const query = parsed.ok ? ok({text, expr: parsed.value}) : fail(fault('bad-query', quoted(describeParseError(parsed.error))));
		if (this.#parsed.size >= parsedMax) this.#parsed.clear();
		this.#parsed.set(text, query);
		return query;
	}
}

function answerOf({value, warnings: said, infos}: QueryAnswer, timeMs: number): Result<Answer, Fault> {
	const warnings = [...said, ...infos].slice(0, warningsMax).map(text => quoted(text, 200));
	switch (value.type) {
		case 'scalar':
			return ok({samples: [{labels: {}, value: value.value}], evaluatedAtMs: timeMs, warnings});
		case 'vector': {
			const {samples} = value;
			if (samples.length > seriesMax)
				return fail(fault('too-large', `${samples.length} series, more than ${seriesMax}: aggregate them in the query`));
			const plain = samples.map(({labels, value: number}) => ({labels: labels.toObject(), value: number}));
			return ok({samples: plain, ...(plain.length > 0 && {evaluatedAtMs: timeMs}), warnings});
		}
		case 'matrix':
			return fail(
				fault('unsupported', 'the query answers with a range of samples; wrap it in rate(), avg_over_time() or the like'),
			);
		case 'string':
			return fail(fault('unsupported', 'the query answers with a text, not a number'));
	}
}
