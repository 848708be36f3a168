import {ok, type Result} from '../base/result.ts';
import type {RouterError} from '../core/split.ts';
import type {Deadline} from './deadline.ts';
import type {KubeClient} from './kube-client.ts';

type Slices = {
	readonly items?: readonly {
		readonly endpoints?: readonly {
			readonly addresses?: readonly string[];
			readonly conditions?: {readonly ready?: boolean | null; readonly terminating?: boolean | null};
		}[];
	}[];
};

/** How many addresses of a Service can take traffic, of how many; those on their way out don't count. An unknown readiness is ready. */
export async function endpointsOf(
	client: KubeClient,
	service: {readonly namespace: string; readonly name: string},
	deadline: Deadline,
): Promise<Result<readonly [number, number], RouterError>> {
	const kind = {group: 'discovery.k8s.io', version: 'v1', plural: 'endpointslices', namespace: service.namespace};
	const slices = await client.list<Slices>(kind, `kubernetes.io/service-name=${service.name}`, deadline);
	if (!slices.ok) return slices;
	const states = new Map<string, boolean>();
	for (const {endpoints} of slices.value.items ?? []) {
		for (const {addresses = [], conditions} of endpoints ?? []) {
			if (conditions?.terminating) continue;
			// An address may stand in several slices, one a port.
			for (const address of addresses) states.set(address, (states.get(address) ?? true) && conditions?.ready !== false);
		}
	}
	return ok([[...states.values()].filter(Boolean).length, states.size]);
}
