/**
 * What stands in a Rollout (argoproj.io/v1alpha1) as far as its canary shares traffic out, and the patches that move it: those of
 * `kubectl argo rollouts promote` and `abort`. Pure.
 */
export type ArgoStep = {readonly setWeight?: number; readonly pause?: {readonly duration?: number | string}};
export type Rollout = {
	readonly metadata: {readonly resourceVersion: string; readonly generation?: number};
	readonly spec?: {
		readonly paused?: boolean;
		readonly strategy?: {
			readonly canary?: {readonly steps?: readonly ArgoStep[]; readonly trafficRouting?: unknown};
			readonly blueGreen?: unknown;
		};
	};
	readonly status?: {
		readonly abort?: boolean;
		readonly phase?: string;
		readonly message?: string;
		readonly currentStepIndex?: number;
		readonly currentPodHash?: string;
		readonly stableRS?: string;
		readonly promoteFull?: boolean;
		readonly pauseConditions?: readonly {readonly reason?: string}[] | null;
		readonly canary?: {
			readonly weights?: {readonly canary?: {readonly weight?: number}; readonly verified?: boolean | null} | null;
		};
	};
};

export const stepsOf = ({spec}: Rollout): readonly ArgoStep[] => spec?.strategy?.canary?.steps ?? [];

/** A step at which Argo stands still until somebody promotes: a weight, and behind it a pause without an end. */
export type Stand = {readonly index: number; readonly weight: number};

/** Where Argo can be sent and stays. A weight whose pause has a duration, or that has none, is only passed through. */
export function standsOf(rollout: Rollout): readonly Stand[] {
	const steps = stepsOf(rollout);
	return steps.flatMap(({setWeight}, index) => {
		if (setWeight === undefined) return [];
		const next = steps.findIndex((step, at) => at > index && step.setWeight !== undefined);
		const behind = steps.slice(index + 1, next === -1 ? undefined : next);
		const first = behind.find(({pause}) => pause !== undefined);
		return first?.pause !== undefined && first.pause.duration === undefined ? [{index, weight: setWeight}] : [];
	});
}

/**
 * Whether Argo is, or is on its way, to that weight and no other: its index lies between the weight and the next one. The weight alone
 * doesn't tell: an index that was written a moment ago, by a change that was given up, is carried out later.
 */
export function isBoundFor(rollout: Rollout, {index}: Stand): boolean {
	const {currentStepIndex, abort} = rollout.status ?? {};
	if (currentStepIndex === undefined || abort) return false;
	const next = stepsOf(rollout).findIndex((step, at) => at > index && step.setWeight !== undefined);
	return currentStepIndex >= index && (next === -1 || currentStepIndex < next);
}

/** Weights that Argo sets and leaves again by itself. */
export const passingOf = (rollout: Rollout): readonly number[] => {
	const stands = standsOf(rollout);
	return stepsOf(rollout).flatMap(({setWeight}, index) =>
		setWeight === undefined || setWeight === 0 || stands.some(stand => stand.index === index) ? [] : [setWeight],
	);
};

/** Whether a candidate is on its way; otherwise what runs is one version alone. */
export const isUnderWay = ({status}: Rollout): boolean =>
	status?.currentPodHash !== undefined &&
	status.stableRS !== undefined &&
	status.stableRS !== '' &&
	status.currentPodHash !== status.stableRS;

/**
 * The candidate's share. `promotedHash`: the candidate as it was seen under way; once it is the stable version, it has everything,
 * though Argo's own "canary weight" reads 0 then.
 */
export function argoShare(rollout: Rollout, promotedHash: string | undefined): number {
	const {status} = rollout;
	if (!isUnderWay(rollout)) return promotedHash !== undefined && status?.stableRS === promotedHash ? 100 : 0;
	return status?.canary?.weights?.canary?.weight ?? 0;
}

/** Why the Rollout can't be moved by us at all. */
export function unfit({spec}: Rollout): string | undefined {
	const {canary, blueGreen} = spec?.strategy ?? {};
	if (blueGreen !== undefined) return 'its strategy is blueGreen, which knows all or nothing';
	if (canary === undefined) return 'it has no canary strategy';
	return canary.trafficRouting === undefined
		? 'it has no trafficRouting: Argo then only counts pods, and no share of the traffic can be set or read'
		: undefined;
}

/** As `promote` goes to a step: pauses cleared, the index written; with `retry` where it was aborted. The version keeps a patch that was given up from being made later. */
export const goToStep = ({metadata: {resourceVersion}, status}: Rollout, index: number) => ({
	metadata: {resourceVersion},
	status: {pauseConditions: null, currentStepIndex: index, ...(status?.abort && {abort: false})},
});

/** As `abort`; a full promotion asked for before would make Argo pass over it. */
export const abortPatch = ({status}: Rollout) => ({status: {abort: true, ...(status?.promoteFull && {promoteFull: false})}});

/** Argo does nothing while a person has paused the whole Rollout. */
export const unpausePatch = {spec: {paused: false}};

/** One line for the record: `canary 25 %, step 2/6, Paused (CanaryPauseStep)`. */
export function rolloutText(rollout: Rollout): string {
	const {abort, phase = 'unknown', message = '', currentStepIndex = 0, canary} = rollout.status ?? {};
	const steps = `step ${Math.min(currentStepIndex + 1, stepsOf(rollout).length)}/${stepsOf(rollout).length}`;
	const words = [
		isUnderWay(rollout) ? `canary ${canary?.weights?.canary?.weight ?? 0} %` : 'no canary under way',
		steps,
		`${phase}${message === '' ? '' : ` (${message})`}`,
	];
	return [...words, ...(abort ? ['aborted'] : [])].join(', ');
}
