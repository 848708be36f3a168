import type {Unit} from '../base/number-format.ts';
import type {RequiredArtifact} from './artifact-options.ts';
import {type Bound, isHealthy} from './bound.ts';
import type {Allowance} from './budget.ts';
import type {ErrorClass} from './error-class.ts';
import type {EvidenceTime} from './evidence-options.ts';
import type {GradualDefaults} from './gradual-options.ts';
import type {InstancePlan} from './instance-options.ts';
import type {Comparison} from './judge/comparison.ts';
import type {Told} from './notify-options.ts';
import type {PreflightPlan} from './preflight-options.ts';
import type {RunbookPlan} from './runbook-options.ts';
import type {TrendGate} from './trend.ts';

/**
 * What a session sets out to do: the profile, compiled. The journal's first event carries it whole, so that a replay reads no
 * profile. Plain JSON; every duration in milliseconds, every weight in percent of the traffic that goes to the candidate.
 */
export type Plan = {
	/** The profile's name: also part of the session folder's name. */
	readonly profile: string;
	readonly title: string;
	/** `production` is drawn in the frame. */
	readonly environment: string;
	readonly baseline: Side;
	readonly candidate: Side;
	readonly guardrails: readonly GuardrailPlan[];
	/** In order of weight; the last is always 100 % (the profile's compiler adds it where the profile stops short). */
	readonly stages: readonly StagePlan[];
	readonly policies: Policies;
	/** The poll's period: every guardrail is asked once in it. */
	readonly pollMs: number;
	/** What the router is and what it moves, for people: `haproxy unix:/run/haproxy.sock be_app/canary`. */
	readonly router: string;
	/** The query, if any, for the share of traffic seen in the metrics, 0–100. */
	readonly observedShareQuery?: string;
	/** The guardrail, without a bound, that counts the requests behind that share; and how far back its query looks. */
	readonly observedRequestsId?: string;
	readonly observedWindowMs?: number;
	/** What is compared between the sides, over each stage. */
	readonly compare?: readonly Comparison[];
	/** Names of what is gathered after a rollback, or, where it stands in `evidenceAfter`, at another time. */
	readonly evidence?: readonly string[];
	readonly evidenceAfter?: Readonly<Record<string, EvidenceTime>>;
	/** The checks before the first weight, in order. */
	readonly preflight?: readonly PreflightPlan[];
	/** The candidate's own instance, which the controller starts and stops. */
	readonly instance?: InstancePlan;
	/** Commands that people may have run. */
	readonly commands?: readonly RunbookPlan[];
	/** Names of the error logs that are followed. */
	readonly logs: readonly string[];
	/** What kinds of error lines there are, in the order in which they are tried. */
	readonly errorClasses?: readonly ErrorClass[];
	/** The guardrail, without a bound, that counts the candidate's requests. */
	readonly requestsId?: string;
	/** Alerts come in; whether they may roll back. */
	readonly alertmanager?: {readonly mayRollBack: boolean};
	/** Who is told of what. */
	readonly notify?: readonly Told[];
	/** Roles that must sign the decision. */
	readonly signOffs?: readonly string[];
	/** What the session's folder must hold before a report may say PASS. */
	readonly requiredArtifacts?: readonly RequiredArtifact[];
};

export type Side = {
	readonly name: string;
	/** What it was built from: a commit, a tag, a build's number. */
	readonly commit?: string;
};

/** `R0.5 (4f2c9d1)`. */
export const sideText = ({name, commit}: Side): string => (commit === undefined ? name : `${name} (${commit})`);

export const severities = ['critical', 'warning', 'info'] as const;
export type Severity = (typeof severities)[number];

export const breachActions = ['rollback', 'hold', 'warn'] as const;
export type BreachAction = (typeof breachActions)[number];

export const noDataPolicies = ['hold', 'fail', 'ok', 'zero'] as const;
export type NoDataPolicy = (typeof noDataPolicies)[number];

/** How a value is written; see base/number-format.ts. */
export {type Unit, units} from '../base/number-format.ts';

export type GuardrailPlan = {
	/** Unique in the plan; the key of everything said about it. */
	readonly id: string;
	readonly title: string;
	readonly unit: Unit;
	/** What is asked: a PromQL text, or what of the error log is counted. */
	readonly query: string;
	readonly origin: 'query' | 'log';
	/** Without a bound the value is only shown. */
	readonly bound?: Bound;
	/** How long a breach must last before it counts. 0 is at once. */
	readonly forMs: number;
	/** A second, far worse bound that needs less waiting to be believed. */
	readonly severe?: {readonly bound: Bound; readonly forMs: number};
	/** A bound for people only: outside it the row says "warn". */
	readonly warn?: Bound;
	/** How long a breach that has cleared still counts. */
	readonly keepFiringForMs: number;
	readonly severity: Severity;
	readonly onBreach: BreachAction;
	/** A breach of this one is a security matter: the rollback says so. */
	readonly security: boolean;
	readonly noData: NoDataPolicy;
	/** How long no data is only waited for, before the policy holds. */
	readonly noDataAfterMs: number;
	/** An answer whose newest sample is older than this is not believed when it looks healthy. */
	readonly staleAfterMs: number;
	/** Below this rate of requests the value proves nothing, either way. */
	readonly minRequests?: {readonly query: string; readonly min: number};
	/** The range the query looks over, for people ("20 s of 5 m"). 0 when it has none. */
	readonly windowMs: number;
	/** The group it is drawn under; empty is none. */
	readonly group: string;
};

export type StagePlan = {
	readonly name: string;
	readonly weightPercent: number;
	/** How long it must be watched, by the stage clock (which stands still while held). 0 for a mere step. */
	readonly durationMs: number;
	/** What ends the stage when its time is over and all is well. */
	readonly promote: 'auto' | 'manual';
	/** The load burst, if it is part of the stage: so long after its weight was verified. */
	readonly burstAfterMs?: number;
	/** Times of checkpoints, by session time since the stage began. */
	readonly checkpointsMs: readonly number[];
	/** Bounds of this stage, by guardrail id. */
	readonly overrides: Readonly<Record<string, StageOverride>>;
	/** Bounds that must hold at the stage's end, by guardrail id: stricter than the alerts. */
	readonly gates: Readonly<Record<string, Bound>>;
	/** Stop rules for the first minutes: other bounds, by guardrail id, since the stage began. */
	readonly first?: {readonly forMs: number; readonly overrides: Readonly<Record<string, StageOverride>>};
	/** At 100 %: the baseline stands by, and the session guards on until the stage has been watched for its time. */
	readonly bake?: boolean;
	/** How fast values may change over the stage, by guardrail id; judged at its end. */
	readonly trends?: Readonly<Record<string, TrendGate>>;
	/** Comparisons, by id, that must not be worse when it is left. */
	readonly compare?: readonly string[];
	/** How many errors of a class it may have. */
	readonly budget?: Readonly<Record<string, Allowance>>;
	/** Roles that must have signed, in this stage, before it can be left. */
	readonly signOffs?: readonly string[];
};

export type StageOverride = {
	readonly bound?: Bound;
	readonly forMs?: number;
	readonly severe?: {readonly bound: Bound; readonly forMs: number};
	/** The guardrail is only shown in this stage. */
	readonly off?: boolean;
};

export type Policies = {
	/** `advisory` shows what it would do and leaves it to a person. */
	readonly autoRollback: 'armed' | 'advisory';
	/** The first weight: set as soon as the split and the metrics answer, or when a person says so. */
	readonly start: 'auto' | 'manual';
	/** What the controller does with the split when it must stop unasked (SIGTERM): leave it as it is, or roll back. */
	readonly onControllerStop: 'leave' | 'rollback';
	/** What resume does when it finds the candidate has traffic and nobody was guarding for longer than `unguardedMaxMs`. */
	readonly onResume: 'hold' | 'rollback';
	readonly unguardedMaxMs: number;
	/** How long the split is watched for drift after the end before the controller leaves. */
	readonly watchAfterEndMs: number;
	/** How often the configured split is read back between actions. */
	readonly splitReadEveryMs: number;
	/** Every so often all guardrails are written as a line of METRICS_CHECKS.log. */
	readonly metricsCheckEveryMs: number;
	/** How a gradual rollback goes down where nobody says otherwise. */
	readonly gradualRollback?: GradualDefaults;
};

/**
 * A guardrail with the overrides of a stage laid over it. `off` leaves it without a bound, and its silence is no breach either. A
 * severe bound that would be stricter than the stage's own bound does not hold in that stage.
 */
export function guardrailInStage(guardrail: GuardrailPlan, stage: StagePlan | undefined): GuardrailPlan {
	const override = stage?.overrides[guardrail.id];
	if (!override) return guardrail;
	const {bound: _, severe: __, ...shown} = guardrail;
	if (override.off) return shown.noData === 'fail' ? {...shown, noData: 'hold'} : shown;
	const bound = override.bound ?? guardrail.bound;
	const isLooser = override.bound !== undefined && guardrail.severe && isHealthy(override.bound, guardrail.severe.bound.value);
	const severe = override.severe ?? (isLooser ? undefined : guardrail.severe);
	return {
		...shown,
		forMs: override.forMs ?? guardrail.forMs,
		...(bound && {bound}),
		...(severe && {severe}),
	};
}
