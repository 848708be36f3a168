import {fail, ok, type Result} from '../base/result.ts';
import type {BuiltinOptions} from '../core/router-options.ts';
import type {RouterError, Split} from '../core/split.ts';
import {type Asked, askProxy, type NoProxy} from './builtin-client.ts';
import {builtinTrouble, type ProxyConfig, type ProxyState, sameServers, sameSticky} from './builtin-config.ts';
import {launchProxy} from './builtin-launch.ts';
import {lintBuiltin} from './builtin-lint.ts';
import {pause} from './deadline.ts';
import type {Router} from './router.ts';
import {listText, notAShare, percentText, routerError, unexpectedError} from './router-error.ts';

const endAskedEveryMs = 20;

/**
 * Moves traffic with a small proxy of our own, a process that outlives this one. It is started by the first call that finds none
 * and adopted where it runs already; `close` ends it only where the options say so, or where it was started in vain. No connection
 * is made and nothing started before the first call.
 */
export function openBuiltin(options: BuiltinOptions): Result<Router, RouterError> {
	const trouble = builtinTrouble(options);
	return trouble === undefined ? ok(new BuiltinRouter(options)) : fail(routerError('bad-options', trouble));
}

class BuiltinRouter implements Router {
	readonly target: string;
	readonly #options: BuiltinOptions;
	readonly #subject: string;
	/** The proxy as it was last seen; undefined before the first answer. */
	#last: ProxyState | undefined;
	/** Process number of the proxy that this router started. */
	#startedPid: number | undefined;
	#hasSet = false;
	#restartedNote: string | undefined;
	#ticket = 0n;

	constructor(options: BuiltinOptions) {
		this.#options = options;
		this.#subject = `The builtin router on ${options.listen}`;
		this.target = `builtin ${options.listen}`;
	}

	async readSplit(signal: AbortSignal): Promise<Result<Split, RouterError>> {
		try {
			const state = await this.#ensure(signal);
			return state.ok ? ok(this.#split(state.value)) : state;
		} catch (error) {
			return fail(unexpectedError(this.#subject, error));
		}
	}

	async setWeight(weightPercent: number, signal: AbortSignal): Promise<Result<Split, RouterError>> {
		if (!(weightPercent >= 0 && weightPercent <= 100)) return fail(notAShare(weightPercent));
		try {
			const found = await this.#ensure(signal);
			if (!found.ok) return found;
			const fields = {weightPercent, ticket: this.#nextTicket()};
			const state = await this.#ask({method: 'PUT', path: '/split', fields}, signal);
			if (!state.ok) return fail(this.#explain(state.error));
			this.#hasSet = true;
			this.#last = state.value;
			if (state.value.weightPercent === weightPercent) return ok(this.#split(state.value));
			const message = `${this.#subject} was asked for ${percentText(weightPercent)} and gives ${percentText(state.value.weightPercent)}.`;
			return fail(routerError('not-applied', message));
		} catch (error) {
			return fail(unexpectedError(this.#subject, error));
		}
	}

	async lint(signal: AbortSignal): Promise<readonly string[]> {
		try {
			const state = await this.#ask({method: 'GET', path: '/split'}, signal);
			return await lintBuiltin(this.#options, state.ok ? state.value : undefined, signal);
		} catch (error) {
			return [unexpectedError(this.#subject, error).message];
		}
	}

	async close(): Promise<void> {
		const {endWithSession, timeoutMs, controlSocket} = this.#options;
		const signal = AbortSignal.timeout(timeoutMs);
		if (endWithSession || (await this.#wasStartedInVain(signal))) await endBuiltin(controlSocket, signal, timeoutMs);
	}

	/** Started here, never set, and nobody sent it a request: `canary check` was all there was. */
	async #wasStartedInVain(signal: AbortSignal): Promise<boolean> {
		if (this.#startedPid === undefined || this.#hasSet) return false;
		const state = await this.#ask({method: 'GET', path: '/split'}, signal);
		if (!state.ok || state.value.pid !== this.#startedPid) return false;
		const {baseline, candidate} = state.value.counts;
		return baseline.requests + candidate.requests === 0;
	}

	/** The proxy with our servers, started when there is none. */
	async #ensure(signal: AbortSignal): Promise<Result<ProxyState, RouterError>> {
		const asked = await this.#ask({method: 'GET', path: '/split'}, signal);
		const state = asked.ok ? asked : asked.error.kind === 'none' ? await this.#start(asked.error, signal) : fail(asked.error);
		if (!state.ok) return state;
		const fitting = await this.#withOurTargets(state.value, signal);
		if (fitting.ok) this.#last = fitting.value;
		return fitting;
	}

	async #start({left}: NoProxy, signal: AbortSignal): Promise<Result<ProxyState, RouterError>> {
		const last = this.#last;
		if (last !== undefined && left === 'nothing') return fail(this.#explain({kind: 'none', left}));
		const {listen, metricsListen, controlSocket, baseline, candidate, sticky, timeoutMs} = this.#options;
		const config: ProxyConfig = {
			listen,
			controlSocket,
			baseline,
			candidate,
			...(metricsListen !== undefined && {metricsListen}),
			...(sticky && {sticky}),
			weightPercent: last?.weightPercent ?? 0,
		};
		const state = await launchProxy(config, signal, timeoutMs);
		if (!state.ok) return state;
		if (last === undefined) this.#startedPid = state.value.pid;
		else
			this.#restartedNote = `the proxy (process ${last.pid}) died and was started again at ${state.value.since}; until then nobody was served`;
		return state;
	}

	/** A proxy that still serves the servers of an older profile takes ours, if that moves no request. */
	async #withOurTargets(state: ProxyState, signal: AbortSignal): Promise<Result<ProxyState, RouterError>> {
		const {listen, baseline, candidate, sticky, controlSocket} = this.#options;
		if (state.listen !== listen) {
			const message = `The proxy at ${controlSocket} listens on ${state.listen}, not on ${listen}.`;
			return fail(routerError('refused', message, 'Name another control socket, or end that proxy.'));
		}
		const isOurs = sameServers(state.baseline, baseline) && sameServers(state.candidate, candidate);
		if (isOurs && sameSticky(state.sticky, sticky)) return ok(state);
		const fields = {baseline, candidate, ...(sticky && {sticky}), ticket: this.#nextTicket()};
		const taken = await this.#ask({method: 'PUT', path: '/targets', fields}, signal);
		if (taken.ok) return taken;
		if (taken.error.kind !== 'not-applied') return fail(this.#explain(taken.error));
		const servers = `${percentText(state.weightPercent)} of the requests go to ${listText(state.candidate)}, the rest to ${listText(state.baseline)}`;
		const message = `${this.#subject} runs with other servers: ${servers}. To take those of the profile would move traffic unasked.`;
		return fail(
			routerError(
				'refused',
				message,
				`Set it to 0 % or 100 % with the old profile first, or end the proxy (process ${state.pid}).`,
			),
		);
	}

	#ask(asked: Asked, signal: AbortSignal): Promise<Result<ProxyState, RouterError | NoProxy>> {
		return askProxy(this.#options.controlSocket, asked, signal, this.#options.timeoutMs);
	}

	/** The monotonic clock is the same for all processes of a machine: a later change has the larger ticket, whoever makes it. */
	#nextTicket(): string {
		const now = process.hrtime.bigint();
		this.#ticket = now > this.#ticket ? now : this.#ticket + 1n;
		return String(this.#ticket);
	}

	#explain(error: RouterError | NoProxy): RouterError {
		if (error.kind !== 'none') return error;
		return routerError(
			'unreachable',
			`${this.#subject} was ended on purpose: nobody is served there.`,
			'A new session starts it again.',
		);
	}

	#split(state: ProxyState): Split {
		const {weightPercent, baseline, candidate, silent} = state;
		const answering = (urls: readonly string[]): readonly [number, number] => [
			urls.filter(url => !silent.includes(url)).length,
			urls.length,
		];
		const warnings = [
			...[...baseline, ...candidate]
				.filter(url => silent.includes(url))
				.map(url => `${url} did not answer its latest request and keeps its share: its clients get 502`),
			...(this.#restartedNote === undefined ? [] : [this.#restartedNote]),
		];
		return {
			weightPercent,
			pools: {baseline: answering(baseline), candidate: answering(candidate)},
			text: `${percentText(weightPercent)} ${listText(candidate)} · ${percentText(100 - weightPercent)} ${listText(baseline)}`,
			...(warnings.length > 0 && {warnings}),
		};
	}
}

/** The proxy's state with its counts a side; undefined when none runs. Starts nothing. */
export async function readBuiltin(
	controlSocket: string,
	signal: AbortSignal,
	timeoutMs: number,
): Promise<ProxyState | undefined> {
	const state = await askProxy(controlSocket, {method: 'GET', path: '/split'}, signal, timeoutMs);
	return state.ok ? state.value : undefined;
}

/**
 * Ends the proxy: it takes no more connections, finishes what is under way (10 s at most), and goes. Resolves with true when it no
 * longer answers for the address; with false when it could not be asked.
 */
export async function endBuiltin(controlSocket: string, signal: AbortSignal, timeoutMs: number): Promise<boolean> {
	const asked = await askProxy(controlSocket, {method: 'POST', path: '/end'}, signal, timeoutMs);
	if (!asked.ok) return asked.error.kind === 'none';
	while (!signal.aborted) {
		const state = await askProxy(controlSocket, {method: 'GET', path: '/split'}, signal, timeoutMs);
		if (!state.ok && state.error.kind === 'none') return true;
		await pause(endAskedEveryMs, signal);
	}
	return false;
}
