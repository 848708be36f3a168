import {assert} from '../base/assert.ts';
import type {AlertmanagerOptions} from '../core/alertmanager-options.ts';
import type {BurstOptions} from '../core/burst-options.ts';
import type {EvidenceOptions} from '../core/evidence-options.ts';
import type {InstanceOptions} from '../core/instance-options.ts';
import type {ReceiverOptions} from '../core/notify-options.ts';
import {observedRequestsId} from '../core/observed-split.ts';
import type {GuardrailPlan, Plan, Policies, Side, StagePlan} from '../core/plan.ts';
import type {PreflightCheck} from '../core/preflight-options.ts';
import type {RouterOptions} from '../core/router-options.ts';
import type {RunbookCommand} from '../core/runbook-options.ts';
import type {MetricsOptions} from '../core/source-options.ts';
import type {LogQuestion, TailOptions} from '../core/tail-options.ts';
import {compileAlertmanager} from './compile-alertmanager.ts';
import {compileArtifact} from './compile-artifacts.ts';
import {compileBurst} from './compile-burst.ts';
import {compileCommand, planOfCommand} from './compile-commands.ts';
import {compileCompare} from './compile-compare.ts';
import {compileAllowance, compileErrorClass} from './compile-errors.ts';
import {compileEvidence, evidenceTimesOf} from './compile-evidence.ts';
import {compileInstance, instancePlan} from './compile-instance.ts';
import {compileMetrics} from './compile-metrics.ts';
import {compileNotify} from './compile-notify.ts';
import {compileCheck} from './compile-preflight.ts';
import {compileRouter, routerText} from './compile-router.ts';
import {compileTrends} from './compile-trend.ts';
import type {LoadedProfile} from './load.ts';
import {largestRangeMs} from './ranges.ts';
import {counterRows, requestsId} from './requests.ts';
import {unitOfWord} from './schema/guardrail.ts';
import {defaultFields} from './schema/log.ts';
import type {GuardrailProfile, LogProfile, Profile, StageProfile} from './schema.ts';
import {soundBound, soundMs} from './sound.ts';

/** Everything a controller needs from a profile. */
export type CompiledProfile = {
	readonly plan: Plan;
	readonly metrics: MetricsOptions;
	readonly router: RouterOptions;
	/** For a rollback that the first router could not carry out. */
	readonly fallbackRouter?: RouterOptions;
	readonly logs: readonly TailOptions[];
	/** The guardrails that stand on the logs. */
	readonly logQuestions: readonly LogQuestion[];
	/** The checks before the first weight, in order. */
	readonly preflight: readonly PreflightCheck[];
	/** The candidate's own instance. */
	readonly instance?: InstanceOptions;
	/** How alerts come in. */
	readonly alertmanager?: AlertmanagerOptions;
	/** Who is told of what, and how. */
	readonly receivers: readonly ReceiverOptions[];
	readonly burst?: BurstOptions;
	/** What is gathered after a rollback. */
	readonly evidence: readonly EvidenceOptions[];
	/** What people may have run. */
	readonly commands: readonly RunbookCommand[];
	/** RE2 patterns of what is never shown or stored, besides what always is. */
	readonly redactPatterns: readonly string[];
};

/** Texts to numbers. Total: what `loadProfile` let through compiles. */
export function compilePlan({profile}: LoadedProfile): CompiledProfile {
	const {fallback} = profile.router;
	const router = compileRouter(profile.router);
	const preflight = profile.preflight.map(compileCheck);
	const receivers = compileNotify(profile);
	const alertmanager = compileAlertmanager(profile);
	const instance = profile.instance && compileInstance(profile.instance);
	const commands = profile.commands.map(compileCommand);
	const plan: Plan = {
		profile: profile.name,
		title: profile.title ?? profile.name,
		environment: profile.environment,
		baseline: sideOf(profile.baseline),
		candidate: sideOf(profile.candidate),
		guardrails: [...profile.guardrails, ...counterRows(profile)].map(compileGuardrail),
		stages: profile.stages.map(stage => compileStage(stage, profile)),
		policies: compilePolicies(profile.policies),
		pollMs: soundMs(profile.poll),
		router: routerText(router),
		logs: profile.logs.map(({name = ''}) => name),
		...(profile.compare.length > 0 && {compare: compileCompare(profile)}),
		...(profile.errors.length > 0 && {errorClasses: profile.errors.map(compileErrorClass)}),
		...(profile.requests !== undefined && {requestsId}),
		...(profile.alertmanager && {alertmanager: {mayRollBack: profile.alertmanager.mayRollBack}}),
		...(receivers.length > 0 && {
			notify: receivers.map(({name, on, to}) => ({name, on, ...(to.kind === 'bell' && {bell: true as const})})),
		}),
		...(profile.signOffs.length > 0 && {signOffs: profile.signOffs}),
		...(profile.requiredArtifacts.length > 0 && {requiredArtifacts: profile.requiredArtifacts.map(compileArtifact)}),
		...(profile.evidence.length > 0 && {evidence: profile.evidence.map(({name}) => name)}),
		...evidenceTimesOf(profile),
		...(commands.length > 0 && {commands: commands.map(planOfCommand)}),
		...(preflight.length > 0 && {preflight: preflight.map(({title, kind}) => ({title, kind}))}),
		...(instance && {instance: instancePlan(instance)}),
		...(profile.observedShare !== undefined && {
			observedShareQuery: profile.observedShare,
			observedWindowMs: largestRangeMs(profile.observedShare),
		}),
		...(profile.observedRequests !== undefined && {observedRequestsId}),
	};
	return {
		plan,
		metrics: compileMetrics(profile.metrics),
		router,
		...(fallback && {fallbackRouter: compileRouter(fallback)}),
		logs: profile.logs.map(compileLog),
		logQuestions: profile.guardrails.flatMap(questionOf),
		preflight,
		receivers: receivers.filter(({to}) => to.kind !== 'bell'),
		evidence: profile.evidence.map(compileEvidence),
		commands,
		...(profile.burst && {burst: compileBurst(profile.burst)}),
		...(alertmanager && {alertmanager}),
		...(instance && {instance}),
		redactPatterns: profile.redact,
	};
}

function sideOf(side: Profile['baseline']): Side {
	assert(side !== undefined, 'a loaded profile has both sides');
	const {name, commit} = side;
	return {name, ...(commit !== undefined && {commit})};
}

const compileSevere = (severe: NonNullable<GuardrailProfile['severe']>): NonNullable<GuardrailPlan['severe']> => ({
	bound: soundBound(severe.healthy),
	forMs: soundMs(severe.for),
});

function compileGuardrail(guardrail: GuardrailProfile): GuardrailPlan {
	const {id, title, onBreach, staleAfter, healthy, warn, severe, minRequests} = guardrail;
	assert(id !== undefined && title !== undefined && onBreach !== undefined, 'a loaded guardrail has its defaults');
	return {
		id,
		title,
		unit: unitOfWord[guardrail.unit ?? 'none'],
		query: guardrail.query ?? logText(guardrail),
		origin: guardrail.log ? 'log' : 'query',
		...(healthy !== undefined && {bound: soundBound(healthy)}),
		forMs: soundMs(guardrail.for),
		...(severe && {severe: compileSevere(severe)}),
		...(warn !== undefined && {warn: soundBound(warn)}),
		keepFiringForMs: soundMs(guardrail.keepFiringFor),
		severity: guardrail.severity,
		onBreach,
		security: guardrail.security,
		noData: guardrail.noData,
		noDataAfterMs: soundMs(guardrail.noDataAfter),
		staleAfterMs: soundMs(staleAfter ?? '1m'),
		...(minRequests && {minRequests}),
		windowMs: soundMs(guardrail.window ?? '0s'),
		group: guardrail.group,
	};
}

/** What of the logs is counted, for people: `count of lines with code QUERY_TIMEOUT over 1m in app.log`. */
function logText({log}: GuardrailProfile): string {
	assert(log !== undefined, 'a guardrail stands on a query or on the logs');
	const which = [
		log.level === undefined ? '' : `of level ${log.level}`,
		log.code === undefined ? '' : `with code ${log.code}`,
		log.match === undefined ? '' : `that match /${log.match}/`,
	].filter(text => text !== '');
	const where = log.logs ? ` in ${log.logs.join(', ')}` : '';
	return `${log.measure} of ${['lines', ...which].join(' ')} over ${log.window}${where}`;
}

const compileOverrides = (overrides: StageProfile['overrides'] = {}): StagePlan['overrides'] =>
	Object.fromEntries(
		Object.entries(overrides).map(([id, {healthy, for: forText, severe, off}]) => [
			id,
			{
				...(healthy !== undefined && {bound: soundBound(healthy)}),
				...(forText !== undefined && {forMs: soundMs(forText)}),
				...(severe && {severe: compileSevere(severe)}),
				...(off !== undefined && {off}),
			},
		]),
	);

function compileStage(planned: StageProfile, profile: Profile): StagePlan {
	// Loaded profiles end at 100 %; a stage there that lasts by itself and a bake can't both stand.
	const bake = planned.weight === 100 ? profile.policies.bake : undefined;
	const stage = bake === undefined ? planned : {...planned, duration: bake};
	const durationMs = soundMs(stage.duration);
	return {
		name: stage.name ?? '',
		weightPercent: stage.weight,
		durationMs,
		promote: stage.promote ?? 'auto',
		...(stage.burst !== undefined &&
			stage.burst !== false && {burstAfterMs: stage.burst === true ? 0 : soundMs(stage.burst.after)}),
		checkpointsMs: stage.checkpoints
			? sorted(stage.checkpoints.map(soundMs))
			: plannedCheckpoints(profile.checkpoints, durationMs),
		overrides: compileOverrides(stage.overrides),
		...(stage.first && {first: {forMs: soundMs(stage.first.for), overrides: compileOverrides(stage.first.overrides)}}),
		...(bake !== undefined && {bake: true}),
		gates: Object.fromEntries(Object.entries(stage.gates ?? {}).map(([id, text]) => [id, soundBound(text)])),
		...(stage.compare && {compare: stage.compare}),
		...(stage.trends && {trends: compileTrends(stage, profile)}),
		...(stage.budget && {
			budget: Object.fromEntries(Object.entries(stage.budget).map(([name, value]) => [name, compileAllowance(value)])),
		}),
		...(stage.signOffs && {signOffs: stage.signOffs}),
	};
}

/** A short period in a long stage must not fill the disk: `every` gives at most this many. */
const checkpointsMax = 500;

function plannedCheckpoints({at, every, stageEnd}: Profile['checkpoints'], durationMs: number): number[] {
	const everyMs = every === undefined ? 0 : soundMs(every);
	const count = everyMs === 0 ? 0 : Math.min(checkpointsMax, Math.floor(durationMs / everyMs));
	const multiples = Array.from({length: count}, (_, index) => (index + 1) * everyMs);
	const end = stageEnd && durationMs > 0 ? [durationMs] : [];
	return sorted([...at.map(soundMs).filter(time => time <= durationMs), ...multiples, ...end]);
}

const sorted = (times: readonly number[]): number[] => [...new Set(times)].sort((a, b) => a - b);

const compilePolicies = (policies: Profile['policies']): Policies => ({
	autoRollback: policies.autoRollback,
	start: policies.start,
	onControllerStop: policies.onControllerStop,
	onResume: policies.onResume,
	unguardedMaxMs: soundMs(policies.unguardedMax),
	watchAfterEndMs: soundMs(policies.watchAfterEnd),
	splitReadEveryMs: soundMs(policies.splitReadEvery),
	metricsCheckEveryMs: soundMs(policies.metricsCheckEvery),
	gradualRollback: {durationMs: soundMs(policies.gradualRollback.duration), steps: policies.gradualRollback.steps},
});

function compileLog({name = '', paths = [], side, format, pattern, levels, include, exclude, fields}: LogProfile): TailOptions {
	assert(side !== 'canary' && side !== 'stable', 'a loaded profile has one name for each side');
	return {
		name,
		paths,
		side,
		format:
			format === 'plain'
				? {kind: 'plain', ...(pattern !== undefined && {pattern})}
				: {kind: format, fields: fields ?? defaultFields},
		levels,
		...(include !== undefined && {include}),
		...(exclude !== undefined && {exclude}),
	};
}

function questionOf({id = '', log}: GuardrailProfile): LogQuestion[] {
	if (!log) return [];
	const {match, code, level, logs = [], measure, window} = log;
	return [
		{
			guardrailId: id,
			logs,
			...(match !== undefined && {match}),
			...(code !== undefined && {code}),
			...(level !== undefined && {level: level.toLowerCase()}),
			measure,
			windowMs: soundMs(window),
		},
	];
}
