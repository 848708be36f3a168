import {fail, ok, type Result} from '../base/result.ts';
import {sanitize} from '../base/text.ts';
import type {ArgoRolloutsOptions} from '../core/cloud-router-options.ts';
import type {RouterError, Split} from '../core/split.ts';
import {
	abortPatch,
	argoShare,
	goToStep,
	isBoundFor,
	isUnderWay,
	passingOf,
	type Rollout,
	rolloutText,
	standsOf,
	unfit,
	unpausePatch,
} from './argo-rollout.ts';
import {BoundedRouter, kubeNames} from './bounded-router.ts';
import {type Deadline, pause, startDeadline} from './deadline.ts';
import {KubeClient} from './kube-client.ts';
import type {Router} from './router.ts';
import {listText, percentText, quoted, routerError} from './router-error.ts';

const readAgainMs = {first: 100, most: 1_000} as const;
const conflictsMax = 8;
/** An abort that has not brought the weight to 0 after so long is asked for again: Argo is known to pass over one. */
const abortAgainMs = 2_000;
const textColumnsMax = 2_000;

type Pools = NonNullable<Split['pools']>;
type ReplicaSets = {
	readonly items?: readonly {readonly spec?: {replicas?: number}; readonly status?: {availableReplicas?: number}}[];
};

/** Moves an Argo Rollout between the weights of its own steps. Nothing is asked before the first call. */
export function openArgo(options: ArgoRolloutsOptions): Result<Router, RouterError> {
	if (!(options.timeoutMs > 0)) return fail(routerError('bad-options', `A time limit of ${options.timeoutMs} ms is none.`));
	return ok(new ArgoRouter(options));
}

class ArgoRouter extends BoundedRouter {
	readonly #options: ArgoRolloutsOptions;
	readonly #client: KubeClient;
	readonly #object;
	/** The candidate as it was last seen under way. */
	#candidateHash: string | undefined;

	constructor(options: ArgoRolloutsOptions) {
		const {namespace, rollout, access, timeoutMs} = options;
		const name = {namespace, name: rollout};
		super({...kubeNames('argo-rollouts', 'Rollout', name, access), timeoutMs});
		this.#options = options;
		this.#object = {group: 'argoproj.io', version: 'v1alpha1', plural: 'rollouts', ...name};
		this.#client = new KubeClient(access, this.where, timeoutMs);
	}

	protected async read(deadline: Deadline): Promise<Result<Split, RouterError>> {
		const rollout = await this.#read(deadline);
		return rollout.ok ? ok(await this.#split(rollout.value, deadline)) : rollout;
	}

	protected set(percent: number, deadline: Deadline): Promise<Result<Split, RouterError>> {
		return percent === 0 ? this.#leave(deadline) : this.#goTo(percent, deadline);
	}

	protected async remarks(deadline: Deadline): Promise<readonly string[]> {
		const rollout = await this.#read(deadline);
		if (!rollout.ok) return [rollout.error.message];
		const passing = passingOf(rollout.value);
		return [
			...(passing.length > 0
				? [
						`Argo leaves ${listText(passing.map(percentText))} by itself: put "pause: {}" behind each weight that a stage stays at.`,
					]
				: []),
			...(rollout.value.status?.abort ? ['It is aborted: the first weight takes it up again, as "retry rollout" does.'] : []),
			...(isUnderWay(rollout.value) ? [] : ['No new version is under way: deploy it first, so that Argo has a canary.']),
			'What runs as Argo analysis goes on beside the guardrails, and may abort by itself.',
		];
	}

	cannot(percents: readonly number[], signal: AbortSignal): Promise<readonly string[]> {
		const find = async (deadline: Deadline): Promise<readonly string[]> => {
			const rollout = await this.#read(deadline);
			if (!rollout.ok) return [];
			const odd = percents.filter(percent => percent !== 0 && !standsOf(rollout.value).some(({weight}) => weight === percent));
			return odd.map(percent => sanitize(`${percentText(percent)}: ${this.#unreachable(rollout.value)}`, 400));
		};
		return this.within(signal, find, () => []);
	}

	#unreachable(rollout: Rollout): string {
		const stands = standsOf(rollout).map(({weight}) => percentText(weight));
		const known =
			stands.length === 0 ? 'has no weight with a pause without duration behind it' : `stands still at ${listText(stands)} only`;
		return `Argo can't set any weight, only go through the steps of the Rollout, which ${known}`;
	}

	/** Up, or to another step: the index is written, as promote does, and the weight waited for. */
	async #goTo(percent: number, deadline: Deadline): Promise<Result<Split, RouterError>> {
		for (let conflicts = 0; ; conflicts++) {
			const rollout = await this.#read(deadline);
			if (!rollout.ok) return rollout;
			const stand = standsOf(rollout.value).find(({weight}) => weight === percent);
			const trouble = stand ? this.#whyNot(rollout.value) : this.#notAStep(rollout.value, percent);
			if (trouble || !stand) return trouble ? fail(trouble) : fail(this.#notAStep(rollout.value, percent));
			const isThere = argoShare(rollout.value, undefined) === percent && isVerified(rollout.value);
			if (isThere && isBoundFor(rollout.value, stand)) break;
			const patched = await this.#client.patch(this.#object, goToStep(rollout.value, stand.index), deadline, 'status');
			if (patched.ok) {
				if (!rollout.value.spec?.paused) break;
				const unpaused = await this.#client.patch(this.#object, unpausePatch, deadline);
				if (unpaused.ok) break;
				if (unpaused.error !== 'conflict') return fail(unpaused.error);
			} else if (patched.error !== 'conflict') return fail(patched.error);
			if (conflicts >= conflictsMax) {
				return fail(routerError('refused', `${this.where}: changed by others ${conflicts + 1} times while we tried.`));
			}
			await pause(readAgainMs.first * (conflicts + 1), deadline.signal);
		}
		return await this.#until(percent, deadline);
	}

	#whyNot(rollout: Rollout): RouterError | undefined {
		if (!isUnderWay(rollout)) {
			const remedy = 'Deploy the new version first: Argo sets weights only while its pods are another ReplicaSet.';
			return routerError('refused', `${this.where}: no new version is under way. Nothing was changed.`, remedy);
		}
		return undefined;
	}

	#notAStep(rollout: Rollout, percent: number): RouterError {
		const what = `${percentText(percent)} can't be set: ${this.#unreachable(rollout)}`;
		const remedy = `Add "setWeight: ${percent}" and "pause: {}" to spec.strategy.canary.steps, or choose another weight for the stage.`;
		return routerError('refused', `${this.where}: ${what}. Nothing was changed.`, remedy);
	}

	/** Down: abort, and believe only the weight. An abort that was passed over is asked for again, with what stood in its way taken out. */
	async #leave(deadline: Deadline): Promise<Result<Split, RouterError>> {
		const first = await this.#read(deadline);
		if (!first.ok) return first;
		if (argoShare(first.value, this.#candidateHash) === 0) return ok(await this.#split(first.value, deadline));
		if (!isUnderWay(first.value)) return fail(this.#isStable());
		for (let again = 0; ; again++) {
			using turn = startDeadline(deadline.signal, abortAgainMs);
			const rollout: Result<Rollout, RouterError> = again === 0 ? first : await this.#read(deadline);
			if (!rollout.ok) return rollout;
			// Somebody's pause of the whole Rollout keeps Argo from carrying an abort out.
			if (rollout.value.spec?.paused) await this.#client.patch(this.#object, unpausePatch, deadline);
			const patched = await this.#client.patch(this.#object, abortPatch(rollout.value), deadline, 'status');
			if (!patched.ok && patched.error !== 'conflict') return fail(patched.error);
			const seen = await this.#until(0, {...deadline, signal: turn.signal, reason: () => deadline.reason() ?? turn.reason()});
			if (seen.ok || !['not-applied', 'timeout'].includes(seen.error.kind)) return seen;
			if (deadline.signal.aborted)
				return fail({...seen.error, kind: deadline.reason() === 'aborted' ? 'aborted' : seen.error.kind});
		}
	}

	#isStable(): RouterError {
		const {rollout, namespace} = this.#options;
		const remedy = `kubectl argo rollouts undo ${rollout} -n ${namespace} deploys the version before.`;
		return routerError(
			'refused',
			`${this.where}: Argo has made the candidate the stable version, so there is nothing to abort.`,
			remedy,
		);
	}

	async #until(percent: number, deadline: Deadline): Promise<Result<Split, RouterError>> {
		let last: Rollout | undefined;
		for (let waitMs: number = readAgainMs.first; !deadline.signal.aborted; waitMs = Math.min(waitMs * 2, readAgainMs.most)) {
			const rollout = await this.#read(deadline);
			if (!rollout.ok && (last === undefined || deadline.reason() === undefined)) return rollout;
			if (rollout.ok) {
				last = rollout.value;
				const isThere = argoShare(last, percent === 0 ? this.#candidateHash : undefined) === percent && isVerified(last);
				if (isThere) return ok(await this.#split(last, deadline));
				if (percent > 0 && last.status?.abort)
					return fail(
						routerError(
							'not-applied',
							`${this.where} was aborted on its way to ${percentText(percent)}: ${quoted(rolloutText(last))}.`,
						),
					);
			}
			await pause(waitMs, deadline.signal);
		}
		const seen = last ? `it says ${quoted(rolloutText(last))}` : 'it could not be read';
		const remedy =
			'Is the argo-rollouts controller running, and the traffic router that it drives? kubectl argo rollouts get rollout shows it.';
		const what = `${this.where} took the change to ${percentText(percent)}, but ${seen}`;
		return fail(routerError(deadline.reason() === 'aborted' ? 'aborted' : 'not-applied', `${what}.`, remedy));
	}

	async #read(deadline: Deadline): Promise<Result<Rollout, RouterError>> {
		const rollout = await this.#client.get<Rollout>(this.#object, deadline);
		if (!rollout.ok) return rollout;
		const why = unfit(rollout.value);
		if (why !== undefined)
			return fail(
				routerError('refused', `${this.where}: ${why}.`, 'Drive its traffic by another router: gateway-api, aws-alb, nginx.'),
			);
		if (isUnderWay(rollout.value)) this.#candidateHash = rollout.value.status?.currentPodHash;
		return rollout;
	}

	async #split(rollout: Rollout, deadline: Deadline): Promise<Split> {
		const pools = await this.#pools(rollout, deadline);
		const weightPercent = argoShare(rollout, this.#candidateHash);
		const {abort, canary, promoteFull} = rollout.status ?? {};
		const warnings = [
			...(abort && weightPercent > 0 ? ['it is aborted, but the candidate still has traffic'] : []),
			...(promoteFull ? ['a full promotion is under way: Argo passes over its steps'] : []),
			...(rollout.spec?.paused ? ['somebody has paused the whole Rollout'] : []),
			...(canary?.weights?.verified === false ? ["the traffic router has not confirmed Argo's weight yet"] : []),
		];
		return {
			weightPercent,
			...(pools && {pools}),
			text: sanitize(rolloutText(rollout), textColumnsMax),
			...(warnings.length > 0 && {warnings}),
		};
	}

	/** By the ReplicaSets of the two versions; absent where they can't be read, or only one version is there. */
	async #pools(rollout: Rollout, deadline: Deadline): Promise<Pools | undefined> {
		const {stableRS, currentPodHash} = rollout.status ?? {};
		if (!isUnderWay(rollout) || stableRS === undefined || currentPodHash === undefined) return undefined;
		const kind = {group: 'apps', version: 'v1', plural: 'replicasets', namespace: this.#options.namespace};
		const [baseline, candidate] = await Promise.all(
			[stableRS, currentPodHash].map(hash =>
				this.#client.list<ReplicaSets>(kind, `rollouts-pod-template-hash=${hash}`, deadline),
			),
		);
		return baseline?.ok && candidate?.ok ? {baseline: countOf(baseline.value), candidate: countOf(candidate.value)} : undefined;
	}
}

const isVerified = ({status}: Rollout): boolean => status?.canary?.weights?.verified !== false;

const countOf = ({items = []}: ReplicaSets): readonly [number, number] => [
	items.reduce((sum, {status}) => sum + (status?.availableReplicas ?? 0), 0),
	items.reduce((sum, {spec}) => sum + (spec?.replicas ?? 0), 0),
];
