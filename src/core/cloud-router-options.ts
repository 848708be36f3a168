/** An AWS application load balancer: one listener rule, or a listener's default action, that forwards to weighted target groups. */
export type AwsAlbOptions = {
	readonly kind: 'aws-alb';
	/** ARN of a listener rule, or of a listener whose default action is meant. */
	readonly at: {readonly rule: string} | {readonly listener: string};
	/** ARNs of the two target groups; not the same. */
	readonly baseline: string;
	readonly candidate: string;
	readonly region: string;
	/** A profile of AWS' own shared configuration; absent: the SDK's default chain. */
	readonly profile?: string;
	/** Another address of the API: a VPC endpoint, a proxy. */
	readonly endpoint?: string;
	/** 2–999: what the two weights add up to where that spells the share. */
	readonly totalWeight: number;
	/** The longest one call may take, with everything that is read before and after a change. */
	readonly timeoutMs: number;
};

/** How a Kubernetes API server is found and signed in to. */
export type KubeAccess = {
	/** A kubeconfig file; absent: KUBECONFIG, then ~/.kube/config, then the pod's own service account. */
	readonly kubeconfig?: string;
	/** A context of it; absent: the current one. */
	readonly context?: string;
	/** The pod's own service account, whatever kubeconfig there may be. */
	readonly inCluster: boolean;
	/** Where the pod's secrets are mounted, if not at the root. */
	readonly root?: string;
};

/** Gateway API: the weights of two Services among the backendRefs of one HTTPRoute. */
export type GatewayApiOptions = {
	readonly kind: 'gateway-api';
	readonly access: KubeAccess;
	readonly namespace: string;
	readonly route: string;
	/** Indices from 0, or names; empty: every rule that names the baseline or the candidate. */
	readonly rules: readonly (number | string)[];
	/** Names of Services. */
	readonly baseline: string;
	readonly candidate: string;
	/** 2–1000: what the two weights add up to where that spells the share. */
	readonly totalWeight: number;
	/** The longest one call may take, the wait for the gateway included. */
	readonly timeoutMs: number;
};

/** An Argo Rollout with a canary strategy and traffic routing: the weights are those of its own steps. */
export type ArgoRolloutsOptions = {
	readonly kind: 'argo-rollouts';
	readonly access: KubeAccess;
	readonly namespace: string;
	readonly rollout: string;
	/** The longest one call may take, until Argo's controller has done it. */
	readonly timeoutMs: number;
};
