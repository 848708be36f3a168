/** What stands in the actions of a rule of an application load balancer. Pure; the shapes are the API's (version 2015-12-01). */
import type {Action, TargetGroupTuple} from '@aws-sdk/client-elastic-load-balancing-v2';
import type {AwsAlbOptions} from '../core/cloud-router-options.ts';
import {shareOut} from './weights.ts';

type Sides = Pick<AwsAlbOptions, 'baseline' | 'candidate'>;

/** The largest weight of a target group that the API takes. */
export const albWeightMax = 999;

/** The action that shares the traffic out; a rule has one at most. */
export const forwardOf = (actions: readonly Action[]): Action | undefined => actions.find(({Type}) => Type === 'forward');

/** The target groups of a forward action; the short spelling with one ARN is one group that has everything. */
export function groupsOf({ForwardConfig, TargetGroupArn}: Action): readonly TargetGroupTuple[] {
	const groups = ForwardConfig?.TargetGroups ?? [];
	return groups.length === 0 && TargetGroupArn !== undefined ? [{TargetGroupArn, Weight: 1}] : groups;
}

/** A group without a weight weighs 1. */
export const weightIn = (groups: readonly TargetGroupTuple[], arn: string): number => {
	const group = groups.find(({TargetGroupArn}) => TargetGroupArn === arn);
	return group ? (group.Weight ?? 1) : 0;
};

const sumOf = (groups: readonly TargetGroupTuple[]): number => groups.reduce((sum, {Weight = 1}) => sum + Weight, 0);

/** The candidate's share in percent; 0 where nothing weighs anything. */
export function candidateShare(groups: readonly TargetGroupTuple[], {candidate}: Sides): number {
	const all = sumOf(groups);
	return all === 0 ? 0 : (weightIn(groups, candidate) / all) * 100;
}

/** Target groups that are neither side and get traffic. */
export const strangersOf = (groups: readonly TargetGroupTuple[], {baseline, candidate}: Sides): readonly string[] =>
	groups.flatMap(({TargetGroupArn = '', Weight = 1}) =>
		Weight > 0 && TargetGroupArn !== baseline && TargetGroupArn !== candidate ? [TargetGroupArn] : [],
	);

/** The groups with the weights that spell the share; whatever else stands there is kept, with its weight. */
export function weightedGroups(
	groups: readonly TargetGroupTuple[],
	percent: number,
	{baseline, candidate, totalWeight}: Sides & Pick<AwsAlbOptions, 'totalWeight'>,
): readonly TargetGroupTuple[] {
	const weights = shareOut(percent, {baseline: 1, candidate: 1}, {preferredSum: totalWeight, weightMax: albWeightMax});
	const others = groups.filter(({TargetGroupArn}) => TargetGroupArn !== baseline && TargetGroupArn !== candidate);
	return [
		{TargetGroupArn: baseline, Weight: weights.baseline},
		{TargetGroupArn: candidate, Weight: weights.candidate},
		...others,
	];
}

export const sameGroups = (left: readonly TargetGroupTuple[], right: readonly TargetGroupTuple[]): boolean =>
	[...left, ...right].every(({TargetGroupArn = ''}) => weightIn(left, TargetGroupArn) === weightIn(right, TargetGroupArn));

/**
 * The whole list of actions to write back: a list is replaced, never merged. Everything but the target groups stays as it was read.
 * Two things can't be written as they are read: the short spelling of one target group beside several, and the secret of an OIDC
 * client, which is never told and has to be kept by name.
 */
export const withGroups = (actions: readonly Action[], groups: readonly TargetGroupTuple[]): Action[] =>
	actions.map(action => {
		if (action.Type === 'authenticate-oidc' && action.AuthenticateOidcConfig) {
			const {ClientSecret: _, ...config} = action.AuthenticateOidcConfig;
			return {...action, AuthenticateOidcConfig: {...config, UseExistingClientSecret: true}};
		}
		if (action.Type !== 'forward') return action;
		const {TargetGroupArn: _, ...rest} = action;
		return {...rest, ForwardConfig: {...action.ForwardConfig, TargetGroups: [...groups]}};
	});

/** `shop-v1` of `arn:aws:elasticloadbalancing:…:targetgroup/shop-v1/6d0ecf831eec9f09`. */
export const groupName = (arn: string): string => /targetgroup\/([^/]+)\//.exec(arn)?.[1] ?? arn;

/** One line for the record: `forward shop-v1=95 shop-v2=5, sticky 3600 s; authenticate-oidc`. */
export function actionsText(actions: readonly Action[]): string {
	return actions
		.map(action => {
			if (action.Type !== 'forward') return action.Type ?? '';
			const groups = groupsOf(action).map(({TargetGroupArn = '', Weight = 1}) => `${groupName(TargetGroupArn)}=${Weight}`);
			const seconds = stickySeconds(action);
			return `forward ${groups.join(' ')}${seconds === undefined ? '' : `, sticky ${seconds} s`}`;
		})
		.join('; ');
}

/** How long a client keeps its target group; undefined when it doesn't. */
export function stickySeconds({ForwardConfig}: Action): number | undefined {
	const {Enabled, DurationSeconds} = ForwardConfig?.TargetGroupStickinessConfig ?? {};
	return Enabled ? DurationSeconds : undefined;
}
