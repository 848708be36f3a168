import type {Result} from '../base/result.ts';
import {sameSplit} from '../core/split.ts';
import type {Router} from '../routers/router.ts';
import {
	type ActionLimits,
	type AttemptPorts,
	createAttempts,
	defaultLimits,
	retryAfter,
	routerFor,
	type SetWeight,
} from './attempt.ts';
import type {Stragglers} from './router-call.ts';

export type {ActionLimits, SetWeight} from './attempt.ts';

export type ActionPorts = AttemptPorts & {
	readonly sync: (timeoutMs: number) => Promise<Result<void, string>>;
	/** A fault of ours, for the controller's log. */
	readonly complain: (fault: unknown) => void;
	readonly limits?: Partial<ActionLimits>;
};

/** The one writer to the router: actions in the order they were decided, but for a rollback, which goes first. */
export interface Actions {
	/** Records the intent at once and carries it out in order. An urgent one ends what is under way and goes next. */
	perform(intent: SetWeight): void;
	readonly isBusy: boolean;
	/** Counts the actions begun: a split read before one began says nothing after it. */
	readonly begun: number;
	/** Resolves when nothing is under way any more. */
	idle(): Promise<void>;
	/** Gives up what is under way, and takes nothing more but ways down: leaving is allowed for as long as somebody can ask. */
	onlyDown(): void;
	/** Gives up what is under way, and takes nothing more. */
	stop(): void;
}

/** `calls` ends the call under way, `waits` the action: no further attempt, and its pause is cut short. */
type Running = {readonly intent: SetWeight; readonly calls: AbortController; readonly waits: AbortController};

export const createActions = (ports: ActionPorts): Actions => new ActionQueue(ports);

class ActionQueue implements Actions {
	readonly #ports: ActionPorts;
	readonly #limits: ActionLimits;
	readonly #stragglers: Stragglers = new Set();
	readonly #attempts: ReturnType<typeof createAttempts>;
	#queue: SetWeight[] = [];
	#running: Running | undefined;
	#draining: Promise<void> | undefined;
	#isStopped = false;
	#isOnlyDown = false;
	#begun = 0;

	constructor(ports: ActionPorts) {
		this.#ports = ports;
		this.#limits = {...defaultLimits, ...ports.limits};
		this.#attempts = createAttempts(ports, this.#limits, this.#stragglers);
	}

	get isBusy(): boolean {
		return this.#running !== undefined || this.#queue.length > 0;
	}

	get begun(): number {
		return this.#begun;
	}

	perform(intent: SetWeight): void {
		if (this.#isStopped || (this.#isOnlyDown && !intent.urgent)) return;
		this.#begun++;
		if (intent.urgent) this.#makeWay(intent);
		// Logged before the router hears of it: after a crash we know what may have been done.
		const {id: intentId, purpose, toPercent, stageIndex, reason, by, endsGradual} = intent;
		const about = {intentId, purpose, toPercent, stageIndex, reason, by, ...(endsGradual && {endsGradual})};
		this.#ports.take({type: 'action-intended', ...about});
		this.#queue.push(intent);
		this.#start();
	}

	async idle(): Promise<void> {
		while (this.#draining) await this.#draining;
	}

	onlyDown(): void {
		this.#isOnlyDown = true;
		this.#giveUpRunning();
	}

	stop(): void {
		this.#isStopped = true;
		this.#giveUpRunning();
	}

	#giveUpRunning(): void {
		this.#running?.waits.abort();
		this.#running?.calls.abort();
	}

	#start(): void {
		this.#draining ??= this.#drain().finally(() => {
			this.#draining = undefined;
			// What was asked for after its last look.
			if (this.#queue.length > 0 && !this.#isStopped) this.#start();
		});
	}

	/** A rollback aborts a call under way; but one to the same weight only cuts its pauses short: aborting that would be a step back. */
	#makeWay(next: SetWeight): void {
		const {take} = this.#ports;
		for (const {id} of this.#queue) take({type: 'action-aborted', intentId: id, reason: 'a rollback goes first'});
		this.#queue = [];
		if (!this.#running || this.#running.waits.signal.aborted) return;
		const {intent, calls, waits} = this.#running;
		const isSame = intent.urgent && sameSplit(intent.toPercent, next.toPercent);
		take({type: 'action-aborted', intentId: intent.id, reason: isSame ? 'asked for again' : 'a rollback goes first'});
		waits.abort();
		if (!isSame) calls.abort();
	}

	async #drain(): Promise<void> {
		for (let intent = this.#queue.shift(); intent && !this.#isStopped; intent = this.#queue.shift()) {
			this.#running = {intent, calls: new AbortController(), waits: new AbortController()};
			await this.#carryOut(this.#running).catch(this.#ports.complain);
			this.#running = undefined;
		}
	}

	async #carryOut(running: Running): Promise<void> {
		const {urgent} = running.intent;
		const recorded = this.#ports.sync(urgent ? this.#limits.urgentSyncMs : this.#limits.syncMs);
		if (!urgent) {
			const kept = await recorded;
			// Without a record a crash would leave a step nobody knows of. A rollback needs no record to be right.
			if (!kept.ok) {
				this.#giveUp(running.intent, `${kept.error}. The step was not begun; the split is as it was.`);
				return;
			}
		}
		for (let number = 1; !running.waits.signal.aborted; number++) {
			const retryInMs = await this.#attempt(running, number, recorded);
			if (retryInMs === undefined) return;
			await this.#ports.clock.sleep(retryInMs, running.waits.signal);
		}
	}

	/** One attempt and what it came to. Gives the time until the next, if there is to be one. */
	async #attempt({intent, calls, waits}: Running, number: number, recorded: Promise<unknown>): Promise<number | undefined> {
		const {take, clock, routers, sync} = this.#ports;
		const router = routerFor(routers, intent, number);
		const startedMs = clock.monoMs();
		const answer = await this.#attempts.once({intent, router, number, recorded, signal: calls.signal});
		if (waits.signal.aborted) return undefined;
		const tookMs = Math.round(clock.monoMs() - startedMs);
		const about = {intentId: intent.id, router: router.target, attempt: number, tookMs};
		if (answer.ok) {
			take({type: 'action-verified', ...about, split: answer.value});
			void sync(this.#limits.syncMs);
			void this.#lookAgain(router);
			return undefined;
		}
		const retryInMs = retryAfter(intent, number, answer.error);
		take({type: 'action-failed', ...about, error: answer.error, ...(retryInMs !== undefined && {retryInMs})});
		return retryInMs;
	}

	#giveUp({id: intentId}: SetWeight, message: string): void {
		const router = this.#ports.routers[0]?.target ?? '';
		const error = {kind: 'refused', message} as const;
		this.#ports.take({type: 'action-failed', intentId, router, error, attempt: 1, tookMs: 0});
	}

	/** A call that was given up may still have its effect: look when it has ended. What is seen is a fact, and decides. */
	async #lookAgain(router: Router): Promise<void> {
		if (this.#stragglers.size === 0) return;
		const begun = this.#begun;
		await Promise.allSettled(this.#stragglers);
		if (this.#begun !== begun || this.#isStopped) return;
		const split = await this.#attempts.read(router);
		if (this.#begun === begun && split.ok) this.#ports.take({type: 'split-read', split: split.value});
	}
}
