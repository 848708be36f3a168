import {systemClock} from '../controller/clock.ts';
import type {EvidenceCollectors} from '../controller/evidence.ts';
import type {GivenInstance} from '../controller/instance/context.ts';
import type {RunPreflight} from '../controller/preflight.ts';
import type {Runbook} from '../controller/runbook.ts';
import type {PromqlCheck} from '../core/preflight-options.ts';
import type {Reading} from '../core/reading.ts';
import {collect} from '../hooks/evidence/collect.ts';
import type {HookPorts} from '../hooks/ports.ts';
import {guardrailOf} from '../hooks/preflight/check-canary.ts';
import {runPreflight} from '../hooks/preflight/run-preflight.ts';
import {resolveAll} from '../hooks/values.ts';
import {sessionsFolder} from '../journal/home.ts';
import {listSessions} from '../journal/sessions.ts';
import type {CompiledProfile} from '../profile/compile.ts';
import {secretResolver} from '../profile/secrets.ts';
import {runProcess} from '../routers/run-process.ts';
import {openSource} from '../sources/registry.ts';
import {learnSecret, ownMask} from './own-mask.ts';
import type {Parts} from './parts.ts';

/** What the hooks need of everything else, for a profile whose parts are open. */
export function hookPorts(compiled: CompiledProfile, {routers: [router]}: Parts): HookPorts {
	const resolve = secretResolver(process.env, learnSecret);
	const {profile} = compiled.plan;
	return {
		run: runProcess,
		resolve,
		redact: ownMask.redact,
		ask: (check, deadlineMs, signal) => askOne(compiled, check, deadlineMs, signal),
		readSplit: signal => router.readSplit(signal),
		lastRollback: () => lastRollback(profile),
		nowMs: systemClock.nowMs,
		monoMs: systemClock.monoMs,
	};
}

/** One question to a source of its own: the session's is opened for its guardrails alone. */
async function askOne({metrics}: CompiledProfile, check: PromqlCheck, deadlineMs: number, signal: AbortSignal): Promise<Reading> {
	const guardrail = guardrailOf(check);
	const broken = (message: string): Reading => ({kind: 'error', error: 'internal', message, tookMs: 0});
	const patient = metrics.kind === 'prometheus' ? {...metrics, timeoutMs: deadlineMs} : metrics;
	const ports = {resolve: secretResolver(process.env, learnSecret), clock: systemClock};
	const source = await openSource(patient, {guardrails: [guardrail]}, ports);
	if (!source.ok) return broken(`${source.error.message} ${source.error.remedy}`);
	try {
		const {readings} = await source.value.ask(deadlineMs, signal);
		return readings[guardrail.id] ?? broken('it was not answered');
	} finally {
		await source.value.close();
	}
}

function lastRollback(profile: string): {session: string; atMs: number} | undefined {
	const last = listSessions(sessionsFolder()).find(
		({header, outcome, lastAtMs}) => header?.profile === profile && outcome === 'rolled-back' && lastAtMs !== undefined,
	);
	return last?.lastAtMs === undefined ? undefined : {session: last.name, atMs: last.lastAtMs};
}

/** The profile's pre-flight; undefined where it has none. */
export function preflightOf(compiled: CompiledProfile, parts: Parts, overrideCooldown?: string): RunPreflight | undefined {
	const {preflight: checks} = compiled;
	if (checks.length === 0) return undefined;
	const ports = hookPorts(compiled, parts);
	const override = overrideCooldown === undefined ? {} : {overrideCooldown};
	return (tell, signal) => runPreflight({checks, ports, tell, ...override}, signal);
}

/** The candidate's own instance; undefined where the profile has none. */
export function instanceOf({instance: options, ...compiled}: CompiledProfile, parts: Parts): GivenInstance | undefined {
	return options && {options, ports: hookPorts(compiled, parts)};
}

/** What the profile has gathered after a rollback. */
export function evidenceOf({evidence: list, ...compiled}: CompiledProfile, parts: Parts): EvidenceCollectors {
	const ports = hookPorts({...compiled, evidence: list}, parts);
	return {list, collect: (options, errorCodes, signal) => collect(options, {...ports, errorCodes}, signal)};
}

/** The commands of the profile that people may have run. */
export function runbookOf({commands}: CompiledProfile): Runbook {
	const resolve = secretResolver(process.env, learnSecret);
	return {commands, resolve: env => resolveAll(env, resolve)};
}
