import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {GatewayApiOptions} from '../../src/core/cloud-router-options.ts';
import {openRouter} from '../../src/routers/registry.ts';
import {type Fields, fields, items, type KubeStub, startKubeStub} from '../helpers/kube-stub.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import type {Rig} from './contract.ts';
import {noSecrets} from './rigs.ts';

export const routePath = '/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes/shop';
const slicesPath = '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices';

export const ref = (name: string, weight?: number): Fields => ({name, port: 8080, ...(weight !== undefined && {weight})});

const condition = (type: string, status: string, observedGeneration: number): Fields => ({
	type,
	status,
	reason: type,
	message: '',
	observedGeneration,
	lastTransitionTime: '2026-01-01T00:00:00Z',
});

export const statusOf = (generation: number, more: Readonly<Record<string, string>> = {}): Fields => {
	const states = {Accepted: 'True', ResolvedRefs: 'True', ...more};
	const conditions = Object.entries(states).map(([type, status]) => condition(type, status, generation));
	return {parents: [{controllerName: 'example.com/gateway', parentRef: {name: 'public'}, conditions}]};
};

export const httpRoute = (...rules: readonly (readonly Fields[])[]): Fields => ({
	apiVersion: 'gateway.networking.k8s.io/v1',
	kind: 'HTTPRoute',
	metadata: {name: 'shop', namespace: 'shop'},
	spec: {
		hostnames: ['shop.example.com'],
		rules: rules.map((backendRefs, index) => ({
			matches: [{path: {type: 'PathPrefix', value: `/${index}`}}],
			backendRefs: [...backendRefs],
		})),
	},
	status: statusOf(1),
});

const slice = (service: string, addresses: Readonly<Record<string, boolean>>): Fields => ({
	kind: 'EndpointSlice',
	metadata: {labels: {'kubernetes.io/service-name': service}},
	endpoints: Object.entries(addresses).map(([address, ready]) => ({addresses: [address], conditions: {ready}})),
});

/** A gateway that takes each new generation after a moment. */
export const takesAfter =
	(ms: number) =>
	(object: Fields): void => {
		const generation = Number(fields(object['metadata'])['generation']);
		if (ms === 0) object['status'] = statusOf(generation);
		else setTimeout(() => Object.assign(object, {status: statusOf(generation)}), ms).unref();
	};

export function weightsOf(stub: KubeStub, rule = 0): Readonly<Record<string, number>> {
	const spec = fields(stub.objects.get(routePath)?.['spec']);
	const refs = items(items(spec['rules'])[rule]?.['backendRefs']);
	return Object.fromEntries(refs.map(({name, weight = 1}) => [String(name), Number(weight)]));
}

export type GatewayRig = Rig & {readonly stub: KubeStub; readonly kubeconfig: string};

export async function startGatewayRig(
	more: Partial<GatewayApiOptions> = {},
	by: Parameters<KubeStub['kubeconfig']> = ['certificate'],
): Promise<GatewayRig> {
	const stub = await startKubeStub();
	const folder = createTempFolder('kube');
	const kubeconfig = join(folder.path, 'config');
	writeFileSync(kubeconfig, stub.kubeconfig(...by));
	stub.put(routePath, httpRoute([ref('shop-v1', 100), ref('shop-v2', 0)]));
	stub.put(`${slicesPath}/a`, slice('shop-v1', {'10.0.0.1': true, '10.0.0.2': true}));
	stub.put(`${slicesPath}/b`, slice('shop-v2', {'10.0.0.3': true, '10.0.0.4': false}));
	stub.react = takesAfter(5);
	const opened = openRouter(
		{
			kind: 'gateway-api',
			access: {kubeconfig, inCluster: false},
			namespace: 'shop',
			route: 'shop',
			rules: [],
			baseline: 'shop-v1',
			candidate: 'shop-v2',
			totalWeight: 100,
			timeoutMs: 5_000,
			...more,
		},
		noSecrets,
	);
	if (!opened.ok) throw new Error(opened.error.message);
	const router = opened.value;
	return {
		stub,
		kubeconfig,
		router,
		actualPercent: async () => {
			const {'shop-v1': stable = 0, 'shop-v2': canary = 0} = weightsOf(stub);
			return (canary / (stable + canary)) * 100;
		},
		async [Symbol.asyncDispose]() {
			await router.close();
			await stub[Symbol.asyncDispose]();
			folder.remove();
		},
	};
}

export const removeSlices = (stub: KubeStub, service: string): void => {
	stub.put(`${slicesPath}/${service === 'shop-v1' ? 'a' : 'b'}`, slice(service, {}));
};
