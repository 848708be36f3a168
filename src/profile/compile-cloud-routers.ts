import {assert} from '../base/assert.ts';
import type {ArgoRolloutsOptions, AwsAlbOptions, GatewayApiOptions, KubeAccess} from '../core/cloud-router-options.ts';
import type {RouterProfile} from './schema.ts';
import {soundMs} from './sound.ts';

type Kinds = NonNullable<RouterProfile['fallback']>;

export function compileAlb(alb: NonNullable<Kinds['aws-alb']>): AwsAlbOptions {
	const {rule, listener, baseline, candidate, profile, endpoint, totalWeight, timeout} = alb;
	assert(baseline !== undefined && candidate !== undefined, 'a loaded profile has both sides');
	const arn = rule ?? listener;
	assert(arn !== undefined, 'a loaded profile says which rule or listener');
	return {
		kind: 'aws-alb',
		at: rule === undefined ? {listener: arn} : {rule},
		baseline,
		candidate,
		region: alb.region ?? arn.split(':')[3] ?? '',
		...(profile !== undefined && {profile}),
		...(endpoint !== undefined && {endpoint}),
		totalWeight,
		timeoutMs: soundMs(timeout),
	};
}

export function compileGateway(gateway: NonNullable<Kinds['gateway-api']>): GatewayApiOptions {
	const {namespace, route, rules = [], baseline, candidate, totalWeight, timeout} = gateway;
	assert(baseline !== undefined && candidate !== undefined, 'a loaded profile has both sides');
	return {
		kind: 'gateway-api',
		access: accessOf(gateway),
		namespace,
		route,
		rules,
		baseline,
		candidate,
		totalWeight,
		timeoutMs: soundMs(timeout),
	};
}

export function compileArgo(argo: NonNullable<Kinds['argo-rollouts']>): ArgoRolloutsOptions {
	const {namespace, rollout, timeout} = argo;
	return {kind: 'argo-rollouts', access: accessOf(argo), namespace, rollout, timeoutMs: soundMs(timeout)};
}

type Access = {readonly kubeconfig?: string | undefined; readonly context?: string | undefined; readonly inCluster: boolean};

const accessOf = ({kubeconfig, context, inCluster}: Access): KubeAccess => ({
	...(kubeconfig !== undefined && {kubeconfig}),
	...(context !== undefined && {context}),
	inCluster,
});
