import {fail, ok, type Result} from '../base/result.ts';
import {sanitize} from '../base/text.ts';
import type {GatewayApiOptions} from '../core/cloud-router-options.ts';
import type {RouterError, Split} from '../core/split.ts';
import {BoundedRouter, kubeNames} from './bounded-router.ts';
import {type Deadline, pause} from './deadline.ts';
import {
	type Acceptance,
	acceptanceOf,
	type HttpRoute,
	missingSide,
	type OurRule,
	ourRules,
	ruleShare,
	rulesText,
	strangersOf,
	withShare,
} from './gateway-route.ts';
import {KubeClient} from './kube-client.ts';
import {endpointsOf} from './kube-endpoints.ts';
import type {Router} from './router.ts';
import {listText, percentText, quoted, routerError} from './router-error.ts';
import {isShareAsked} from './weights.ts';

const readAgainMs = {first: 50, most: 1_000} as const;
const conflictsMax = 8;
const textColumnsMax = 2_000;

type Seen = {readonly route: HttpRoute; readonly ours: readonly OurRule[]; readonly acceptance: Acceptance};
type Pools = NonNullable<Split['pools']>;

/** Moves traffic by the weights of two Services in an HTTPRoute. Nothing is asked before the first call. */
export function openGateway(options: GatewayApiOptions): Result<Router, RouterError> {
	const {baseline, candidate, totalWeight, timeoutMs} = options;
	if (baseline === candidate) return fail(routerError('bad-options', `The Service ${quoted(baseline)} stands on both sides.`));
	if (!(totalWeight >= 2 && totalWeight <= 1_000))
		return fail(routerError('bad-options', `The total weight is ${totalWeight}; it goes from 2 to 1000.`));
	if (!(timeoutMs > 0)) return fail(routerError('bad-options', `A time limit of ${timeoutMs} ms is none.`));
	return ok(new GatewayRouter(options));
}

class GatewayRouter extends BoundedRouter {
	readonly #options: GatewayApiOptions;
	readonly #client: KubeClient;
	readonly #object;

	constructor(options: GatewayApiOptions) {
		const {namespace, route, access, timeoutMs} = options;
		const name = {namespace, name: route};
		super({...kubeNames('gateway-api', 'HTTPRoute', name, access), timeoutMs});
		this.#options = options;
		this.#object = {group: 'gateway.networking.k8s.io', version: 'v1', plural: 'httproutes', ...name};
		this.#client = new KubeClient(access, this.where, timeoutMs);
	}

	protected async read(deadline: Deadline): Promise<Result<Split, RouterError>> {
		const [seen, pools] = await Promise.all([this.#read(deadline), this.#pools(deadline)]);
		return seen.ok ? ok(this.#split(seen.value, pools)) : seen;
	}

	protected async remarks(deadline: Deadline): Promise<readonly string[]> {
		const seen = await this.#read(deadline);
		if (!seen.ok) return [seen.error.message];
		return seen.value.ours.flatMap(our => {
			const missing = missingSide(our, this.#options);
			return missing === undefined ? [] : [sanitize(`${our.label} has no backendRef to ${missing}; add it with weight 0.`, 300)];
		});
	}

	protected async set(percent: number, deadline: Deadline): Promise<Result<Split, RouterError>> {
		const pools = this.#pools(deadline);
		for (let conflicts = 0; ; conflicts++) {
			const seen = await this.#read(deadline);
			if (!seen.ok) return seen;
			const trouble = percent === 0 ? undefined : this.#whyNot(percent, seen.value, await pools);
			if (trouble) return fail(trouble);
			const {route, ours} = seen.value;
			if (ours.every(our => isShareAsked(percent, ruleShare(our, this.#options)))) break;
			const rules = withShare(route, ours, percent, this.#options);
			// One patch moves all rules at once; the version makes it fail when anything else was written in between.
			const body = {metadata: {resourceVersion: route.metadata.resourceVersion}, spec: {rules}};
			const patched = await this.#client.patch<HttpRoute>(this.#object, body, deadline);
			if (patched.ok) break;
			if (patched.error !== 'conflict') return fail(patched.error);
			if (conflicts >= conflictsMax) {
				const remedy = 'Does an operator or a GitOps tool write this route again and again?';
				return fail(routerError('refused', `${this.where}: changed by others ${conflicts + 1} times while we tried.`, remedy));
			}
			await pause(readAgainMs.first * (conflicts + 1), deadline.signal);
		}
		return await this.#untilTaken(percent, deadline, pools);
	}

	#whyNot(percent: number, {route, ours}: Seen, pools: Pools | string): RouterError | undefined {
		const {candidate} = this.#options;
		const nothing = 'Nothing was changed.';
		for (const our of ours) {
			const missing = missingSide(our, this.#options);
			if (missing !== undefined)
				return routerError(
					'refused',
					`${this.where}: ${quoted(our.label)} has no backendRef to ${missing}. ${nothing}`,
					'Add it, with its port and weight 0.',
				);
			const strangers = strangersOf(our, this.#options);
			if (strangers.length > 0) {
				const what = `${quoted(our.label)} also gives traffic to ${listText(strangers)}`;
				return routerError('refused', `${this.where}: ${what}. ${nothing}`, 'Set its weight to 0, or leave the rule out.');
			}
		}
		if (typeof pools !== 'string' && pools.candidate[0] === 0)
			return routerError(
				'refused',
				`${this.where}: no ready endpoint behind the candidate ${candidate}. ${nothing}`,
				'See its pods become ready first.',
			);
		const planned = {...route, spec: {rules: withShare(route, ours, percent, this.#options)}};
		const shares = ourRules(planned, this.#options);
		const off =
			typeof shares === 'string' ? undefined : shares.find(our => !isShareAsked(percent, ruleShare(our, this.#options)));
		return off && routerError('refused', `${this.where}: ${percentText(percent)} can't be spelled in its weights. ${nothing}`);
	}

	/** The route is what was asked for; now the gateways have to take it. */
	async #untilTaken(percent: number, deadline: Deadline, pools: Promise<Pools | string>): Promise<Result<Split, RouterError>> {
		let last: Seen | undefined;
		for (let waitMs: number = readAgainMs.first; ; waitMs = Math.min(waitMs * 2, readAgainMs.most)) {
			const seen = await this.#read(deadline);
			// The read that the end of the time cut short says nothing beside one that was whole.
			if (!seen.ok && (last === undefined || deadline.reason() !== 'timeout')) return seen;
			if (seen.ok) last = seen.value;
			const isOurs = last?.ours.every(our => isShareAsked(percent, ruleShare(our, this.#options))) ?? false;
			if (last && seen.ok && isOurs && last.acceptance.kind === 'taken') {
				const {unresolved} = last.acceptance;
				if (unresolved !== undefined && percent > 0) return fail(this.#notTaken(percent, unresolved));
				return ok(this.#split(last, await pools));
			}
			if (last && isOurs && last.acceptance.kind === 'rejected') return fail(this.#notTaken(percent, last.acceptance.text));
			await pause(waitMs, deadline.signal);
			if (deadline.signal.aborted) break;
		}
		const seen = await this.#read(deadline);
		if (!seen.ok && deadline.reason() === 'aborted') return seen;
		const {acceptance} = last ?? {acceptance: {kind: 'taken'} as const};
		const why = acceptance.kind === 'taken' ? `it reads ${rulesText(last?.ours ?? [])}` : acceptance.text;
		return fail(this.#notTaken(percent, `after ${this.#options.timeoutMs} ms ${why}`));
	}

	#notTaken(percent: number, why: string): RouterError {
		const remedy = `kubectl -n ${this.#options.namespace} describe httproute ${this.#options.route} shows its conditions; is the gateway's controller running?`;
		return routerError('not-applied', `${this.where} took ${percentText(percent)}, but ${quoted(why)}.`, remedy);
	}

	async #read(deadline: Deadline): Promise<Result<Seen, RouterError>> {
		const route = await this.#client.get<HttpRoute>(this.#object, deadline);
		if (!route.ok) return route;
		const ours = ourRules(route.value, this.#options);
		if (typeof ours !== 'string') return ok({route: route.value, ours, acceptance: acceptanceOf(route.value)});
		return fail(
			routerError('refused', `${this.where}: ${sanitize(ours, 400)}.`, 'Correct rules, baseline and candidate in the profile.'),
		);
	}

	/** A text where it can't be known. */
	async #pools(deadline: Deadline): Promise<Pools | string> {
		const {namespace, baseline, candidate} = this.#options;
		const [ours, theirs] = await Promise.all([
			endpointsOf(this.#client, {namespace, name: baseline}, deadline),
			endpointsOf(this.#client, {namespace, name: candidate}, deadline),
		]);
		if (!ours.ok) return ours.error.message;
		return theirs.ok ? {baseline: ours.value, candidate: theirs.value} : theirs.error.message;
	}

	#split({route, ours, acceptance}: Seen, pools: Pools | string): Split {
		const shares = ours.map(our => ruleShare(our, this.#options));
		// Rules that differ are as far from leaving as the one with the most.
		const most = Math.max(...shares);
		const strangers = ours.flatMap(our => strangersOf(our, this.#options));
		const unresolved = acceptance.kind === 'taken' ? acceptance.unresolved : acceptance.text;
		const warnings = [
			...(shares.some(share => !isShareAsked(share, most)) ? [`its rules differ: ${rulesText(ours)}`] : []),
			...(strangers.length > 0 ? [`${listText(strangers)} gets traffic and is on neither side`] : []),
			...(unresolved === undefined ? [] : [unresolved]),
			...(typeof pools === 'string' ? [`endpoints can't be read: ${pools}`] : []),
			...(typeof pools !== 'string' && pools.baseline[0] === 0 && most < 100 ? ['no ready endpoint behind the baseline'] : []),
		];
		const state = acceptance.kind === 'taken' ? 'accepted' : acceptance.kind;
		return {
			weightPercent: most,
			...(typeof pools !== 'string' && {pools}),
			text: sanitize(`${rulesText(ours)} (generation ${route.metadata.generation ?? 0}, ${state})`, textColumnsMax),
			...(warnings.length > 0 && {warnings: warnings.map(warning => sanitize(warning, 400))}),
		};
	}
}
