import {fail, ok, type Result} from '../base/result.ts';
import type {Fact} from '../core/event.ts';
import type {Intent} from '../core/intent.ts';
import {percentText} from '../core/reduce-split.ts';
import {type RouterError, type Split, sameSplit} from '../core/split.ts';
import type {Router} from '../routers/router.ts';
import type {ControllerClock} from './clock.ts';
import {type Answer, callRouter, type Stragglers} from './router-call.ts';

export type SetWeight = Extract<Intent, {type: 'set-weight'}>;

export type ActionLimits = {
	/** The backstop for one read and one write; routers have shorter limits of their own. */
	readonly readMs: number;
	readonly writeMs: number;
	/** A rollback's read before is only for the record: it waits this long at most. */
	readonly urgentReadMs: number;
	/** How long the record may take before a step forward fails, and before a rollback goes without it. */
	readonly syncMs: number;
	readonly urgentSyncMs: number;
};

export const defaultLimits: ActionLimits = {
	readMs: 15_000,
	writeMs: 60_000,
	urgentReadMs: 1_000,
	syncMs: 3_000,
	urgentSyncMs: 250,
};

export type ActionPorts = {
	/** Never empty; behind the first the fallbacks, which serve rollbacks only. */
	readonly routers: readonly Router[];
	readonly take: (fact: Fact) => void;
	readonly sync: (timeoutMs: number) => Promise<Result<void, string>>;
	/** Asked before each write: whether the target is still ours to move. */
	readonly mayWrite: (urgent: boolean) => Result<void, string>;
	readonly clock: ControllerClock;
	/** A fault of ours, for the controller's log. */
	readonly complain: (fault: unknown) => void;
	readonly limits?: Partial<ActionLimits>;
};

/** The one writer to the router. */
export type Actions = {
	/** Records the intent at once and carries it out in order. An urgent one ends what is under way and goes next. */
	perform(intent: SetWeight): void;
	readonly isBusy: boolean;
	/** Counts the actions begun: a split read before one began says nothing after it. */
	readonly begun: number;
	/** Resolves when nothing is under way any more. */
	idle(): Promise<void>;
	/** Gives up what is under way, and takes nothing more. */
	stop(): void;
};

/** Steps forward are tried this often in all; a rollback for ever. */
const forwardAttemptsMax = 3;
const forwardRetryMs = 500;
const rollbackRetryMs = 100;
const rollbackRetryMsMax = 5_000;
/** So often the first router is tried before the fallbacks take turns with it. */
const primaryAttempts = 2;

type Running = {readonly intent: SetWeight; readonly calls: AbortController; readonly waits: AbortController};

export function createActions(ports: ActionPorts): Actions {
	const {take, clock} = ports;
	const limits = {...defaultLimits, ...ports.limits};
	const stragglers: Stragglers = new Set();
	let queue: SetWeight[] = [];
	let running: Running | undefined;
	let draining: Promise<void> | undefined;
	let isStopped = false;
	let begun = 0;

	function perform(intent: SetWeight): void {
		if (isStopped) return;
		begun++;
		if (intent.urgent) makeWay(intent);
		// Logged before the router hears of it: after a crash we know what may have been done.
		const {id: intentId, purpose, toPercent, stageIndex, reason, by} = intent;
		take({type: 'action-intended', intentId, purpose, toPercent, stageIndex, reason, by});
		queue.push(intent);
		start();
	}

	function start(): void {
		draining ??= drain().finally(() => {
			draining = undefined;
			// What was asked for after its last look.
			if (queue.length > 0 && !isStopped) start();
		});
	}

	/** A rollback aborts a call under way; but one to the same weight only cuts its pauses short: aborting that would be a step back. */
	function makeWay(next: SetWeight): void {
		for (const {id} of queue) take({type: 'action-aborted', intentId: id, reason: 'a rollback goes first'});
		queue = [];
		if (!running || running.waits.signal.aborted) return;
		const {intent, calls, waits} = running;
		const isSame = intent.urgent && sameSplit(intent.toPercent, next.toPercent);
		take({type: 'action-aborted', intentId: intent.id, reason: isSame ? 'asked for again' : 'a rollback goes first'});
		waits.abort();
		if (!isSame) calls.abort();
	}

	async function drain(): Promise<void> {
		for (let intent = queue.shift(); intent && !isStopped; intent = queue.shift()) {
			running = {intent, calls: new AbortController(), waits: new AbortController()};
			await carryOut(running).catch(ports.complain);
			running = undefined;
		}
	}

	async function carryOut({intent, calls, waits}: Running): Promise<void> {
		const recorded = ports.sync(intent.urgent ? limits.urgentSyncMs : limits.syncMs);
		if (!intent.urgent) {
			const kept = await recorded;
			// Without a record a crash would leave a step nobody knows of. A rollback needs no record to be right.
			if (!kept.ok) {
				giveUp(intent, `${kept.error}. The step was not begun; the split is as it was.`);
				return;
			}
		}
		for (let attempt = 1; !waits.signal.aborted; attempt++) {
			const router = routerFor(intent, attempt);
			const startedMs = clock.monoMs();
			const answer = await attemptOnce(intent, router, attempt, recorded, calls.signal);
			if (waits.signal.aborted) return;
			const tookMs = Math.round(clock.monoMs() - startedMs);
			const about = {intentId: intent.id, router: router.target, attempt, tookMs};
			if (answer.ok) {
				take({type: 'action-verified', ...about, split: answer.value});
				void ports.sync(limits.syncMs);
				void lookAgainAfterStragglers(router);
				return;
			}
			const retryInMs = retryAfter(intent, attempt, answer.error);
			take({type: 'action-failed', ...about, error: answer.error, ...(retryInMs !== undefined && {retryInMs})});
			if (retryInMs === undefined) return;
			await clock.sleep(retryInMs, waits.signal);
		}
	}

	async function attemptOnce(
		intent: SetWeight,
		router: Router,
		attempt: number,
		recorded: Promise<unknown>,
		signal: AbortSignal,
	): Promise<Answer<Split>> {
		const {urgent, toPercent} = intent;
		const may = ports.mayWrite(urgent);
		if (!may.ok) return fail({kind: 'refused', message: may.error});
		if (attempt === 1) {
			const before = await call(router, 'read', urgent ? limits.urgentReadMs : limits.readMs, signal, router.readSplit);
			if (signal.aborted) return before;
			if (before.ok) take({type: 'action-read-before', intentId: intent.id, router: router.target, split: before.value});
			// Nobody goes forward from an unknown place; but down is down from everywhere.
			else if (!urgent) return before;
		}
		// A rollback is read before while its record is on the way to the disk; it is there before the write, or was waited for.
		await recorded;
		if (signal.aborted) return fail({kind: 'aborted', message: 'given up before the write'});
		const write = (stop: AbortSignal): Promise<Answer<Split>> => router.setWeight(toPercent, stop);
		const after = await call(router, `set ${percentText(toPercent)}`, limits.writeMs, signal, write);
		if (!after.ok || sameSplit(after.value.weightPercent, toPercent)) return after;
		const seen = percentText(after.value.weightPercent);
		return fail({kind: 'not-applied', message: `${router.target}: ${percentText(toPercent)} was asked, ${seen} is read back.`});
	}

	function call(
		router: Router,
		what: string,
		timeoutMs: number,
		signal: AbortSignal,
		act: (signal: AbortSignal) => Promise<Answer<Split>>,
	): Promise<Answer<Split>> {
		const options = {what: `${router.target} (${what})`, timeoutMs, signal, clock, stragglers};
		return callRouter(stop => act.call(router, stop), options);
	}

	function routerFor({urgent}: SetWeight, attempt: number): Router {
		const [primary, ...fallbacks] = ports.routers;
		const turn = attempt - primaryAttempts - 1;
		const isFallback = urgent && turn >= 0 && turn % 2 === 0 && fallbacks.length > 0;
		return (isFallback ? fallbacks[(turn / 2) % fallbacks.length] : primary) as Router;
	}

	const giveUp = ({id: intentId}: SetWeight, message: string): void =>
		void take({
			type: 'action-failed',
			intentId,
			router: ports.routers[0]?.target ?? '',
			error: {kind: 'refused', message},
			attempt: 1,
			tookMs: 0,
		});

	/** A call that was given up may still have its effect: look when it has ended. What is seen is a fact, and decides. */
	async function lookAgainAfterStragglers(router: Router): Promise<void> {
		if (stragglers.size === 0) return;
		const begunThen = begun;
		await Promise.allSettled(stragglers);
		if (begun !== begunThen || isStopped) return;
		const split = await call(router, 'read', limits.readMs, new AbortController().signal, router.readSplit);
		if (begun === begunThen && split.ok) take({type: 'split-read', split: split.value});
	}

	return {
		perform,
		get isBusy() {
			return running !== undefined || queue.length > 0;
		},
		get begun() {
			return begun;
		},
		async idle() {
			while (draining) await draining;
		},
		stop() {
			isStopped = true;
			running?.waits.abort();
			running?.calls.abort();
		},
	};
}

function retryAfter({urgent}: SetWeight, attempt: number, {kind}: RouterError): number | undefined {
	if (urgent) return Math.min(rollbackRetryMsMax, rollbackRetryMs * 2 ** Math.min(attempt - 1, 10));
	return attempt >= forwardAttemptsMax || kind === 'bad-options' ? undefined : forwardRetryMs * attempt;
}

/** For a controller that holds no lease, such as in tests. */
export const always = (): Result<void, string> => ok(undefined);
