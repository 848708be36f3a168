import type {Span} from './ast.ts';

/** Why a query gave no answer. */
export type QueryError = {
	/** `limit`: it would have touched or returned too much. `query`: it makes no sense on these series. */
	readonly kind: 'limit' | 'query';
	readonly message: string;
};

/** Thrown inside the evaluator only; the functions of query.ts turn it into a Result. */
export class EvalFailure extends Error {
	readonly kind: QueryError['kind'];

	constructor(message: string, kind: QueryError['kind'] = 'query') {
		super(message);
		this.kind = kind;
	}
}

/** What Prometheus would warn of, each once, with its place in the query. */
export class Annotations {
	private readonly warnings = new Set<string>();
	private readonly infos = new Set<string>();
	private readonly place: (span: Span) => string;

	/** `place` writes where a span stands in the query, such as `1:5`. */
	constructor(place: (span: Span) => string) {
		this.place = place;
	}

	warn(message: string, span: Span): void {
		this.warnings.add(`PromQL warning: ${message} (${this.place(span)})`);
	}

	info(message: string, span: Span): void {
		this.infos.add(`PromQL info: ${message} (${this.place(span)})`);
	}

	toJson(): {readonly warnings: readonly string[]; readonly infos: readonly string[]} {
		return {warnings: [...this.warnings], infos: [...this.infos]};
	}
}
