import type {Outcome} from './prometheus-reading.ts';

/** Answers PromQL at one time, whoever does it: a server, or this process. Never rejects; the same query is asked once. */
export interface Asking {
	ask(query: string): Promise<Outcome>;
	/** As `ask`, for what stands beside the values and must not take anything away from them. */
	askBeside(query: string): Promise<Outcome>;
}
