import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {ArgoRolloutsOptions} from '../../src/core/cloud-router-options.ts';
import {openRouter} from '../../src/routers/registry.ts';
import {type Fields, fields, items, type KubeStub, type Reaction, startKubeStub} from '../helpers/kube-stub.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import type {Rig} from './contract.ts';
import {noSecrets} from './rigs.ts';

export const rolloutPath = '/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/shop';

/** Each weight with a pause that only a promotion ends. */
export const standing = (...weights: readonly number[]): Fields[] =>
	weights.flatMap(weight => [{setWeight: weight}, {pause: {}}]);

export const rollout = (steps: readonly Fields[], more: Fields = {}): Fields => ({
	apiVersion: 'argoproj.io/v1alpha1',
	kind: 'Rollout',
	metadata: {name: 'shop', namespace: 'shop'},
	spec: {replicas: 4, strategy: {canary: {steps: [...steps], trafficRouting: {plugins: {}}}}},
	status: {
		currentPodHash: 'new1',
		stableRS: 'old1',
		currentStepIndex: 1,
		phase: 'Paused',
		message: 'CanaryPauseStep',
		controllerPause: true,
		pauseConditions: [{reason: 'CanaryPauseStep'}],
		canary: {weights: {canary: {weight: 0}, stable: {weight: 100}, verified: true}},
		...more,
	},
});

/**
 * What Argo's controller does with a Rollout that was written (rollout/canary.go, rollout/pause.go): nothing while the spec is paused;
 * an abort brings the weight to 0 and the index to the start, but for a full promotion, before which it is passed over; else it goes
 * through the steps up to a pause whose conditions nobody has cleared.
 */
export const reconcile: Reaction = object => {
	const status = fields(object['status']);
	const spec = fields(object['spec']);
	const steps = items(fields(fields(spec['strategy'])['canary'])['steps']);
	const setWeight = (weight: number): void => {
		status['canary'] = {weights: {canary: {weight}, stable: {weight: 100 - weight}, verified: true}};
	};
	if (spec['paused'] === true) return;
	if (status['promoteFull'] === true) {
		Object.assign(status, {
			stableRS: status['currentPodHash'] ?? '',
			phase: 'Healthy',
			promoteFull: null,
			abort: false,
			currentStepIndex: steps.length,
		});
		return setWeight(0);
	}
	if (status['abort'] === true) {
		Object.assign(status, {
			currentStepIndex: 0,
			pauseConditions: null,
			controllerPause: false,
			phase: 'Degraded',
			message: 'aborted',
		});
		return setWeight(0);
	}
	for (let index = Number(status['currentStepIndex'] ?? 0); index < steps.length; index++) {
		status['currentStepIndex'] = index;
		const {setWeight: weight, pause} = steps[index] ?? {};
		if (typeof weight === 'number') {
			setWeight(weight);
			status['controllerPause'] = false;
		} else if (pause !== undefined && !(status['controllerPause'] === true && (status['pauseConditions'] ?? null) === null)) {
			Object.assign(status, {
				controllerPause: true,
				pauseConditions: [{reason: 'CanaryPauseStep'}],
				phase: 'Paused',
				message: 'CanaryPauseStep',
			});
			return;
		} else status['controllerPause'] = false;
	}
};

export const later =
	(react: Reaction, ms = 8): Reaction =>
	(object, part) =>
		void setTimeout(() => react(object, part), ms).unref();

export type ArgoRig = Rig & {readonly stub: KubeStub; readonly kubeconfig: string};

export async function startArgoRig(more: Partial<ArgoRolloutsOptions> = {}): Promise<ArgoRig> {
	const stub = await startKubeStub();
	const folder = createTempFolder('argo');
	const kubeconfig = join(folder.path, 'config');
	writeFileSync(kubeconfig, stub.kubeconfig('token'));
	stub.put(rolloutPath, rollout(standing(0, 1, 5, 25, 50, 99, 100)));
	for (const [hash, available] of [
		['old1', 4],
		['new1', 1],
	] as const) {
		stub.put(`/apis/apps/v1/namespaces/shop/replicasets/${hash}`, {
			kind: 'ReplicaSet',
			metadata: {labels: {'rollouts-pod-template-hash': hash}},
			spec: {replicas: hash === 'old1' ? 4 : 2},
			status: {availableReplicas: available},
		});
	}
	stub.react = later(reconcile);
	const options = {
		kind: 'argo-rollouts',
		access: {kubeconfig, inCluster: false},
		namespace: 'shop',
		rollout: 'shop',
		timeoutMs: 5_000,
	} as const;
	const opened = openRouter({...options, ...more}, noSecrets);
	if (!opened.ok) throw new Error(opened.error.message);
	const router = opened.value;
	return {
		stub,
		kubeconfig,
		router,
		actualPercent: async () => weightIn(stub),
		async [Symbol.asyncDispose]() {
			await router.close();
			await stub[Symbol.asyncDispose]();
			folder.remove();
		},
	};
}

export const statusIn = (stub: KubeStub): Fields => fields(stub.objects.get(rolloutPath)?.['status']);

export const weightIn = (stub: KubeStub): number =>
	Number(fields(fields(fields(statusIn(stub)['canary'])['weights'])['canary'])['weight']);
