import {fail, type Result} from '../base/result.ts';
import type {Fact} from '../core/event.ts';
import type {Intent} from '../core/intent.ts';
import {percentText} from '../core/reduce-split.ts';
import {type RouterError, type Split, sameSplit} from '../core/split.ts';
import type {Router} from '../routers/router.ts';
import type {ControllerClock} from './clock.ts';
import {type Answer, callRouter, type Stragglers} from './router-call.ts';

export type SetWeight = Extract<Intent, {type: 'set-weight'}>;

export type ActionLimits = {
	/**
	 * Backstops for one read and one write, against a router that breaks its promise to end by itself. Longer than the longest that a
	 * profile may allow a router (ten minutes a command, two commands a write): a slow rollback must not be cut off for ever.
	 */
	readonly readMs: number;
	readonly writeMs: number;
	/** A rollback's read before is only for the record: it waits this long at most. */
	readonly urgentReadMs: number;
	/** How long the record may take before a step forward fails, and before a rollback goes without it. */
	readonly syncMs: number;
	readonly urgentSyncMs: number;
};

export const defaultLimits: ActionLimits = {
	readMs: 11 * 60_000,
	writeMs: 25 * 60_000,
	urgentReadMs: 1_000,
	syncMs: 3_000,
	urgentSyncMs: 250,
};

export type AttemptPorts = {
	/** Never empty; behind the first the fallbacks, which serve rollbacks only. */
	readonly routers: readonly Router[];
	readonly take: (fact: Fact) => void;
	/** Asked before each write: whether the target is still ours to move. */
	readonly mayWrite: (urgent: boolean) => Result<void, string>;
	readonly clock: ControllerClock;
};

/** One attempt of an action. `recorded` resolves when its intent is on the disk, or was waited for long enough. */
export type Attempt = {
	readonly intent: SetWeight;
	readonly router: Router;
	readonly number: number;
	readonly recorded: Promise<unknown>;
	readonly signal: AbortSignal;
};

/** Read before, write, read back: the part of the action protocol that talks to the router. */
export function createAttempts({take, mayWrite, clock}: AttemptPorts, limits: ActionLimits, stragglers: Stragglers) {
	function call(
		router: Router,
		what: string,
		act: (signal: AbortSignal) => Promise<Answer<Split>>,
		timeoutMs: number,
		signal: AbortSignal,
	) {
		return callRouter(act, {what: `${router.target} (${what})`, timeoutMs, signal, clock, stragglers});
	}

	const read = (router: Router, timeoutMs: number, signal: AbortSignal): Promise<Answer<Split>> =>
		call(router, 'read', stop => router.readSplit(stop), timeoutMs, signal);

	async function once({intent, router, number, recorded, signal}: Attempt): Promise<Answer<Split>> {
		const {urgent, toPercent, id: intentId} = intent;
		const may = mayWrite(urgent);
		if (!may.ok) return fail({kind: 'refused', message: may.error});
		if (number === 1) {
			const before = await read(router, urgent ? limits.urgentReadMs : limits.readMs, signal);
			if (signal.aborted) return before;
			if (before.ok) take({type: 'action-read-before', intentId, router: router.target, split: before.value});
			// Nobody goes forward from an unknown place; but down is down from everywhere.
			else if (!urgent) return before;
		}
		// A rollback is read before while its record is on the way to the disk; it is there before the write, or was waited for.
		await recorded;
		const set = `set ${percentText(toPercent)}`;
		const after = await call(router, set, stop => router.setWeight(toPercent, stop), limits.writeMs, signal);
		if (!after.ok || sameSplit(after.value.weightPercent, toPercent)) return after;
		const seen = percentText(after.value.weightPercent);
		return fail({kind: 'not-applied', message: `${router.target}: ${percentText(toPercent)} was asked, ${seen} is read back.`});
	}

	return {once, read: (router: Router) => read(router, limits.readMs, new AbortController().signal)};
}

/** So often the first router is tried before the fallbacks take turns with it. */
const primaryAttempts = 2;

/** Whose turn it is; attempts count from 1. */
export function routerFor(routers: readonly Router[], {urgent}: SetWeight, attempt: number): Router {
	const [primary, ...fallbacks] = routers;
	const turn = attempt - primaryAttempts - 1;
	const isFallback = urgent && turn >= 0 && turn % 2 === 0 && fallbacks.length > 0;
	return (isFallback ? fallbacks[(turn / 2) % fallbacks.length] : primary) as Router;
}

/** Steps forward are tried this often in all; a rollback for ever. */
const forwardAttemptsMax = 3;
const forwardRetryMs = 500;
const rollbackRetryMs = 100;
const rollbackRetryMsMax = 5_000;

/** How long to wait before the next attempt; undefined when there is none. */
export function retryAfter({urgent}: SetWeight, attempt: number, {kind}: RouterError): number | undefined {
	if (urgent) return Math.min(rollbackRetryMsMax, rollbackRetryMs * 2 ** Math.min(attempt - 1, 10));
	return attempt >= forwardAttemptsMax || kind === 'bad-options' ? undefined : forwardRetryMs * attempt;
}
