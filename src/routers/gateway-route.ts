/** What stands in an HTTPRoute (gateway.networking.k8s.io/v1) as far as it shares traffic out. Pure. */
import type {GatewayApiOptions} from '../core/cloud-router-options.ts';
import {shareOut} from './weights.ts';

export type BackendRef = {readonly name: string; readonly namespace?: string; readonly kind?: string; readonly weight?: number};
export type RouteRule = {readonly name?: string; readonly backendRefs?: readonly BackendRef[]};
export type Condition = {
	readonly type: string;
	readonly status: string;
	readonly reason?: string;
	readonly message?: string;
	readonly observedGeneration?: number;
};
export type HttpRoute = {
	readonly metadata: {readonly resourceVersion: string; readonly generation?: number};
	readonly spec?: {readonly rules?: readonly RouteRule[]};
	readonly status?: {
		readonly parents?: readonly {readonly controllerName?: string; readonly conditions?: readonly Condition[]}[];
	};
};

type Sides = Pick<GatewayApiOptions, 'baseline' | 'candidate' | 'namespace'>;

/** Finer weights than this read as noise to people; the API takes up to a million. */
export const routeWeightMax = 1_000;

/** A weight that is not written is 1. */
const weightOf = ({weight = 1}: BackendRef): number => weight;

const isService = ({kind = 'Service', namespace}: BackendRef, own: string): boolean =>
	kind === 'Service' && (namespace === undefined || namespace === own);

const refTo = (rule: RouteRule, name: string, own: string): BackendRef | undefined =>
	rule.backendRefs?.find(ref => ref.name === name && isService(ref, own));

export type OurRule = {readonly index: number; readonly label: string; readonly rule: RouteRule};

/** The rules to move, or the sentence that says what is wrong with the choice. */
export function ourRules(route: HttpRoute, options: GatewayApiOptions): readonly OurRule[] | string {
	const {rules: wanted, baseline, candidate, namespace} = options;
	const all = (route.spec?.rules ?? []).map((rule, index) => ({index, label: rule.name ?? `rule ${index}`, rule}));
	const missing = wanted.find(one => !all.some(({index, rule}) => one === index || one === rule.name));
	if (missing !== undefined) return `it has no rule ${JSON.stringify(missing)}, but ${all.length} rules`;
	const named = all.filter(({index, rule}) => wanted.some(one => one === index || one === rule.name));
	const ours =
		wanted.length > 0 ? named : all.filter(({rule}) => refTo(rule, baseline, namespace) || refTo(rule, candidate, namespace));
	if (ours.length === 0) return `none of its ${all.length} rules has ${baseline} or ${candidate} among its backendRefs`;
	const strange = ours.find(({rule}) => !refTo(rule, baseline, namespace) && !refTo(rule, candidate, namespace));
	return strange ? `its ${strange.label} has neither ${baseline} nor ${candidate} among its backendRefs` : ours;
}

/** The candidate's share of one rule in percent. */
export function ruleShare({rule}: OurRule, {candidate, namespace}: Sides): number {
	const all = (rule.backendRefs ?? []).reduce((sum, ref) => sum + weightOf(ref), 0);
	const ref = refTo(rule, candidate, namespace);
	return all === 0 || !ref ? 0 : (weightOf(ref) / all) * 100;
}

/** Services that are neither side and get traffic of a rule. */
export const strangersOf = ({rule}: OurRule, {baseline, candidate, namespace}: Sides): readonly string[] =>
	(rule.backendRefs ?? []).flatMap(ref =>
		weightOf(ref) > 0 && !(isService(ref, namespace) && [baseline, candidate].includes(ref.name)) ? [ref.name] : [],
	);

/** Which of the two is not among the rule's backendRefs: its port is not known to us, so it can't be added. */
export const missingSide = ({rule}: OurRule, {baseline, candidate, namespace}: Sides): string | undefined =>
	[candidate, baseline].find(name => !refTo(rule, name, namespace));

/** All rules as they are to be written: lists are replaced whole, so each stands here; only two weights of ours are others. */
export function withShare(
	route: HttpRoute,
	ours: readonly OurRule[],
	percent: number,
	options: GatewayApiOptions,
): readonly RouteRule[] {
	const {baseline, candidate, namespace, totalWeight} = options;
	const weights = shareOut(percent, {baseline: 1, candidate: 1}, {preferredSum: totalWeight, weightMax: routeWeightMax});
	return (route.spec?.rules ?? []).map((rule, index) => {
		if (!ours.some(our => our.index === index)) return rule;
		const backendRefs = (rule.backendRefs ?? []).map(ref => {
			if (!isService(ref, namespace)) return ref;
			if (ref.name === candidate) return {...ref, weight: weights.candidate};
			return ref.name === baseline ? {...ref, weight: weights.baseline} : ref;
		});
		return {...rule, backendRefs};
	});
}

/** `rule 0: shop-v1=95 shop-v2=5; api: …`. */
export const rulesText = (ours: readonly OurRule[]): string =>
	ours
		.map(({label, rule}) => `${label}: ${(rule.backendRefs ?? []).map(ref => `${ref.name}=${weightOf(ref)}`).join(' ')}`)
		.join('; ');

/** Where a gateway stands with the newest generation. `waiting`: it has not looked at it, or is still at it. */
export type Acceptance =
	| {readonly kind: 'taken'; readonly unresolved?: string}
	| {readonly kind: 'waiting' | 'rejected'; readonly text: string};

/**
 * Every parent (gateway) has to have accepted this generation. `ResolvedRefs` that is false names a Service that is missing, whose
 * share of requests gets 500; conditions of other kinds that a gateway adds (`Programmed`) have to be true as well.
 */
export function acceptanceOf({metadata: {generation = 0}, status}: HttpRoute): Acceptance {
	const parents = status?.parents ?? [];
	if (parents.length === 0) return {kind: 'waiting', text: 'no gateway has taken the route'};
	let unresolved: string | undefined;
	for (const {controllerName = 'the gateway', conditions = []} of parents) {
		const accepted = conditions.find(({type}) => type === 'Accepted');
		if (!accepted || (accepted.observedGeneration ?? 0) < generation)
			return {
				kind: 'waiting',
				text: `${controllerName} has seen generation ${accepted?.observedGeneration ?? 0} of ${generation}`,
			};
		if (accepted.status === 'False') return {kind: 'rejected', text: conditionText(controllerName, accepted)};
		const late = conditions.find(({type, status: state, observedGeneration = generation}) => {
			return ['Accepted', 'Programmed'].includes(type) && (state !== 'True' || observedGeneration < generation);
		});
		if (late) return {kind: 'waiting', text: conditionText(controllerName, late)};
		const refs = conditions.find(({type, status: state}) => type === 'ResolvedRefs' && state === 'False');
		unresolved ??= refs && conditionText(controllerName, refs);
	}
	return {kind: 'taken', ...(unresolved !== undefined && {unresolved})};
}

const conditionText = (controller: string, {type, status, reason = '', message = ''}: Condition): string =>
	`${controller} says ${type} ${status}${reason === '' ? '' : ` (${reason})`}${message === '' ? '' : `: ${message}`}`;
