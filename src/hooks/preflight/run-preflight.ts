import type {CheckResult, PreflightFact} from '../../core/facts/preflight.ts';
import type {PreflightCheck} from '../../core/preflight-options.ts';
import type {HookPorts} from '../ports.ts';
import {checkCapacity, checkCooldown, checkPromql, checkSplit} from './check-canary.ts';
import {checkCommand} from './check-command.ts';
import {checkHttp, checkMetricsPage} from './check-http.ts';
import {checkPostgres} from './check-postgres.ts';

export type PreflightRun = {
	readonly checks: readonly PreflightCheck[];
	readonly ports: HookPorts;
	/** A person's reason to pass over a cooldown. */
	readonly overrideCooldown?: string;
	/** Hears of each step. */
	readonly tell: (fact: PreflightFact) => void;
};

/**
 * Runs the checks one after the other, all of them, so that a person sees everything there is to mend at once. Gives whether all
 * passed; undefined when `signal` ended it, and then nothing is told of the end. Never rejects.
 */
export async function runPreflight(
	{checks, ports, overrideCooldown, tell}: PreflightRun,
	signal: AbortSignal,
): Promise<boolean | undefined> {
	const startedMs = ports.monoMs();
	const failed: string[] = [];
	tell({type: 'preflight-started', checks: checks.length});
	for (const [index, check] of checks.entries()) {
		const beganMs = ports.monoMs();
		const result = await bounded(check, ports, overrideCooldown, signal);
		if (signal.aborted) return undefined;
		const {title, kind} = check;
		if (!result.ok) failed.push(title);
		const {remedy = '', ...rest} = result;
		const tookMs = Math.round(ports.monoMs() - beganMs);
		tell({type: 'preflight-checked', index, title, kind, tookMs, ...rest, ...(remedy !== '' && {remedy})});
	}
	const passed = failed.length === 0;
	tell({type: 'preflight-finished', passed, failed, tookMs: Math.round(ports.monoMs() - startedMs)});
	return passed;
}

/** A check that breaks its promise to end must not keep the others waiting. */
const graceMs = 1_000;

async function bounded(
	check: PreflightCheck,
	ports: HookPorts,
	override: string | undefined,
	caller: AbortSignal,
): Promise<CheckResult> {
	const late = new AbortController();
	const {promise: over, resolve} = Promise.withResolvers<CheckResult>();
	const seconds = check.timeoutMs / 1_000;
	const tooLate: CheckResult = {
		ok: false,
		unreachable: true,
		message: `no result within ${seconds} s.`,
		remedy: 'Give the check a longer "timeout".',
	};
	const soft = setTimeout(() => late.abort(), check.timeoutMs);
	const hard = setTimeout(() => resolve(tooLate), check.timeoutMs + graceMs);
	const onAbort = (): void => resolve({ok: false, message: 'called off.'});
	caller.addEventListener('abort', onAbort, {once: true});
	try {
		const work = carryOut(check, ports, override, AbortSignal.any([caller, late.signal])).catch(
			(fault: unknown): CheckResult => ({ok: false, message: `the check itself failed: ${String(fault)}.`}),
		);
		return await Promise.race([work, over]);
	} finally {
		clearTimeout(soft);
		clearTimeout(hard);
		caller.removeEventListener('abort', onAbort);
	}
}

async function carryOut(
	check: PreflightCheck,
	ports: HookPorts,
	override: string | undefined,
	signal: AbortSignal,
): Promise<CheckResult> {
	switch (check.kind) {
		case 'command':
			return checkCommand(check, check.timeoutMs, ports, signal);
		case 'http':
			return checkHttp(check, ports, signal);
		case 'promql':
			return checkPromql(check, check.timeoutMs, ports, signal);
		case 'metricsPage':
			return checkMetricsPage(check, ports, signal);
		case 'postgres':
			return checkPostgres(check, check.timeoutMs, ports, signal);
		case 'capacity':
			return checkCapacity(check, ports, signal);
		case 'split':
			return checkSplit(check, ports, signal);
		case 'cooldown':
			return checkCooldown(check, ports, override);
	}
}
