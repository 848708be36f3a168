import {fail, ok} from '../../src/base/result.ts';
import type {Answer} from '../../src/controller/router-call.ts';
import type {RouterError, Split} from '../../src/core/split.ts';
import type {Router} from '../../src/routers/router.ts';

export type ScriptedCall = 'read' | `set ${number}`;

/** What a call does: answers, fails, throws, never answers, or answers when the test says so. */
type Answering = (signal: AbortSignal) => Promise<Answer<Split>>;

export type ScriptedRouter = Router & {
	/** Every call so far, in order. */
	readonly calls: readonly ScriptedCall[];
	/** The candidate's weight in force. */
	weightPercent: number;
	/** The next call of this kind does that instead of what a good router does. */
	next(call: 'read' | 'set', answering: Answering): void;
	/** Sets after this many good ones fail the test. */
	setsMax: number;
	readonly isClosed: boolean;
};

/**
 * A router in memory for tests of order in time, with nothing of its own to be right or wrong about: real balancers are tested by
 * the contract. A call beyond `setsMax` is one that nobody expected, and throws.
 */
export function createScriptedRouter(target = 'scripted', weightPercent = 0): ScriptedRouter {
	const calls: ScriptedCall[] = [];
	const scripts = {read: [] as Answering[], set: [] as Answering[]};
	let isClosed = false;
	const router: ScriptedRouter = {
		target,
		calls,
		weightPercent,
		setsMax: 100,
		async readSplit(signal) {
			calls.push('read');
			return await (scripts.read.shift()?.(signal) ?? ok({weightPercent: router.weightPercent}));
		},
		async setWeight(percent, signal) {
			calls.push(`set ${percent}`);
			if (calls.filter(call => call !== 'read').length > router.setsMax) throw new Error(`unexpected: set ${percent}`);
			const script = scripts.set.shift();
			if (script) return await script(signal);
			router.weightPercent = percent;
			return ok({weightPercent: percent});
		},
		next: (call, answering) => void scripts[call].push(answering),
		lint: async () => [],
		async close() {
			isClosed = true;
		},
		get isClosed() {
			return isClosed;
		},
	};
	return router;
}

export const fails =
	(message = 'made up', kind: RouterError['kind'] = 'unreachable'): Answering =>
	() =>
		Promise.resolve(fail({kind, message}));

/** Ends only when it is told to stop. */
export const hangs: Answering = signal =>
	new Promise(resolve => {
		signal.addEventListener('abort', () => resolve(fail({kind: 'aborted', message: 'stopped'})), {once: true});
	});

/** Takes no notice of being told to stop; does `act` when the test calls `land`. */
export function deaf(act: () => void): {readonly answering: Answering; land(): void} {
	const {promise, resolve} = Promise.withResolvers<Answer<Split>>();
	return {
		answering: () => promise,
		land() {
			act();
			resolve(ok({weightPercent: -1}));
		},
	};
}
