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
