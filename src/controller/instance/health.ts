import type {CheckResult} from '../../core/facts/preflight.ts';
import type {HealthOptions} from '../../core/instance-options.ts';
import type {HookPorts} from '../../hooks/ports.ts';
import {checkHttp} from '../../hooks/preflight/check-http.ts';
import type {ControllerClock} from '../clock.ts';

/** One question takes so long at most, however long the whole may take. */
const askMsMax = 5_000;
const againMs = 250;

/** One look at the page. Never rejects. */
export async function askHealth(
	{check}: HealthOptions,
	ports: HookPorts,
	signal: AbortSignal,
	timeoutMs = askMsMax,
): Promise<CheckResult> {
	try {
		return await checkHttp(check, ports, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
	} catch (fault) {
		return {ok: false, message: `the check itself failed: ${String(fault)}.`};
	}
}

export type HealthWait = {
	readonly clock: ControllerClock;
	readonly signal: AbortSignal;
	/** Whether there is still somebody to wait for. */
	readonly goesOn: () => boolean;
	/** Hears of each answer that is not the one before it. */
	readonly onNews: (result: CheckResult) => void;
};

/** Asks until the page is as it must be, or its time is over: then the last answer. Undefined when nobody waits any more. */
export async function awaitHealth(
	health: HealthOptions,
	ports: HookPorts,
	{clock, signal, goesOn, onNews}: HealthWait,
): Promise<CheckResult | undefined> {
	const untilMs = clock.monoMs() + health.withinMs;
	let told = '';
	while (!signal.aborted && goesOn()) {
		const result = await askHealth(health, ports, signal);
		if (signal.aborted || !goesOn()) return undefined;
		if (result.ok || clock.monoMs() >= untilMs) return result;
		if (result.message !== told) onNews(result);
		told = result.message;
		await clock.sleep(againMs, signal);
	}
	return undefined;
}
