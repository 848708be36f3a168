import type {TargetHealthDescription} from '@aws-sdk/client-elastic-load-balancing-v2';
import {fail, ok, type Result} from '../base/result.ts';
import type {AwsAlbOptions} from '../core/cloud-router-options.ts';
import type {RouterError} from '../core/split.ts';
import type {AlbClient} from './alb-client.ts';
import type {Deadline} from './deadline.ts';

export type SideHealth = {
	/** Targets that can take traffic, of how many are registered; those on their way out don't count. */
	readonly pool: readonly [number, number];
	/** The load balancer does not look at them yet, because no rule forwards to their group. */
	readonly unwatched: number;
};

/** An error where it can't be read: the split is known all the same. */
export type GroupHealth = Result<{readonly baseline: SideHealth; readonly candidate: SideHealth}, RouterError>;

export async function healthOf(client: AlbClient, options: AwsAlbOptions, deadline: Deadline): Promise<GroupHealth> {
	const of = (TargetGroupArn: string) =>
		client.ask('DescribeTargetHealth', deadline, (api, abortSignal) => api.describeTargetHealth({TargetGroupArn}, {abortSignal}));
	const [baseline, candidate] = await Promise.all([of(options.baseline), of(options.candidate)]);
	if (!baseline.ok) return fail(baseline.error);
	if (!candidate.ok) return fail(candidate.error);
	return ok({
		baseline: sideHealth(baseline.value.TargetHealthDescriptions ?? []),
		candidate: sideHealth(candidate.value.TargetHealthDescriptions ?? []),
	});
}

/** `unavailable` is a target whose health is not checked (Lambda): it takes traffic. */
export function sideHealth(targets: readonly TargetHealthDescription[]): SideHealth {
	const states = targets.map(({TargetHealth}) => TargetHealth?.State);
	const count = (...wanted: readonly (string | undefined)[]): number => states.filter(state => wanted.includes(state)).length;
	const leaving = count('draining', 'unhealthy.draining');
	return {pool: [count('healthy', 'unavailable'), states.length - leaving], unwatched: count('unused')};
}

/** Why a side can't take traffic; undefined when it can, or when nobody has looked yet. */
export function healthTrouble({pool: [able, all], unwatched}: SideHealth): string | undefined {
	if (all === 0) return 'it has no registered target';
	return able === 0 && unwatched === 0 ? `none of its ${all} targets is healthy` : undefined;
}
