import type {Action} from '@aws-sdk/client-elastic-load-balancing-v2';
import {fail, ok, type Result} from '../base/result.ts';
import {sanitize} from '../base/text.ts';
import type {AwsAlbOptions} from '../core/cloud-router-options.ts';
import type {RouterError, Split} from '../core/split.ts';
import {
	actionsText,
	candidateShare,
	forwardOf,
	groupName,
	groupsOf,
	sameGroups,
	stickySeconds,
	strangersOf,
	weightedGroups,
	weightIn,
	withGroups,
} from './alb-actions.ts';
import {AlbClient} from './alb-client.ts';
import {type GroupHealth, healthOf, healthTrouble} from './alb-health.ts';
import {BoundedRouter} from './bounded-router.ts';
import {type Deadline, pause, startDeadline} from './deadline.ts';
import type {Router} from './router.ts';
import {listText, percentText, routerError} from './router-error.ts';
import {isShareAsked} from './weights.ts';

/** Between two reads while a change spreads: the API answers from copies that may be a moment old. */
const readAgainMs = {first: 50, most: 1_000} as const;

/** How long a finished change waits to see an older one end, and how often it is made again behind one. */
const settleMs = 1_000;
const reassertionsMax = 3;

const textColumnsMax = 2_000;

type Seen = {readonly actions: readonly Action[]; readonly forward: Action};
type Read = {readonly seen: Seen; readonly health: GroupHealth};

/** Moves traffic by the weights of two target groups in one rule of an application load balancer. Nothing is asked before the first call. */
export function openAlb(options: AwsAlbOptions): Result<Router, RouterError> {
	const {baseline, candidate, totalWeight, timeoutMs} = options;
	if (baseline === candidate)
		return fail(routerError('bad-options', `The target group ${groupName(baseline)} stands on both sides.`));
	if (!(totalWeight >= 2 && totalWeight <= 999))
		return fail(routerError('bad-options', `The total weight is ${totalWeight}, but weights of target groups go to 999.`));
	if (!(timeoutMs > 0)) return fail(routerError('bad-options', `A time limit of ${timeoutMs} ms is none.`));
	return ok(new AlbRouter(options));
}

class AlbRouter extends BoundedRouter {
	readonly #options: AwsAlbOptions;
	readonly #client: AlbClient;

	constructor(options: AwsAlbOptions) {
		const {at, region, timeoutMs} = options;
		const place = 'rule' in at ? `rule ${shortArn(at.rule)}` : `default action of ${shortArn(at.listener)}`;
		const target = sanitize(`aws-alb ${'rule' in at ? at.rule : at.listener}`, 400);
		super({target, where: `ALB ${place} in ${region}`, timeoutMs});
		this.#options = options;
		this.#client = new AlbClient(options, this.where);
	}

	protected async read(deadline: Deadline): Promise<Result<Split, RouterError>> {
		const read = await this.#read(deadline);
		return read.ok ? ok(this.#split(read.value)) : read;
	}

	protected async remarks(deadline: Deadline): Promise<readonly string[]> {
		const seen = await this.#actions(deadline);
		return seen.ok ? lintActions(seen.value, this.#options) : [seen.error.message];
	}

	override async close(): Promise<void> {
		this.#client.close();
	}

	protected async set(percent: number, deadline: Deadline): Promise<Result<Split, RouterError>> {
		for (let round = 0; ; round++) {
			const before = await this.#read(deadline);
			if (!before.ok) return before;
			const trouble = this.#whyNot(percent, before.value);
			if (trouble) return fail(trouble);
			const {actions, forward} = before.value.seen;
			const groups = weightedGroups(groupsOf(forward), percent, this.#options);
			const share = candidateShare(groups, this.#options);
			if (!isShareAsked(percent, share)) return fail(this.#notSpelled(percent, share));
			if (!sameGroups(groups, groupsOf(forward))) {
				const written = await this.#write(withGroups(actions, groups), deadline);
				if (!written.ok) return written;
			}
			const seen = await this.#readUntil(percent, deadline);
			if (!seen.ok || !this.#client.isWriteUnderWay || round >= reassertionsMax) return seen;
			// A change given up earlier may still be made behind ours: see it end, then look again.
			using settle = startDeadline(deadline.signal, settleMs);
			await this.#client.writesEnded(settle.signal);
			if (this.#client.isWriteUnderWay) return ok(withWarning(seen.value, lateWrite));
		}
	}

	/** What stands against a weight that is no rollback; a rollback is never refused. */
	#whyNot(percent: number, {seen, health}: Read): RouterError | undefined {
		if (percent === 0) return undefined;
		const {candidate} = this.#options;
		const strangers = strangersOf(groupsOf(seen.forward), this.#options);
		if (strangers.length > 0) {
			const what = `${listText(strangers.map(groupName))} gets traffic of it too, and is neither the baseline nor the candidate`;
			return routerError('refused', `${this.where}: ${what}.`, 'Set its weight to 0, or name it in the profile.');
		}
		const trouble = health.ok ? healthTrouble(health.value.candidate) : undefined;
		if (trouble === undefined) return undefined;
		const what = `the candidate ${groupName(candidate)} can't take traffic: ${trouble}`;
		return routerError(
			'refused',
			`${this.where}: ${what}. Nothing was changed.`,
			'Register targets and see their health checks pass.',
		);
	}

	#notSpelled(percent: number, share: number): RouterError {
		const what = `${percentText(percent)} can't be spelled in weights up to 999 (the closest is ${percentText(share)})`;
		return routerError('refused', `${this.where}: ${what}. Nothing was changed.`, 'Choose another weight for the stage.');
	}

	async #readUntil(percent: number, deadline: Deadline): Promise<Result<Split, RouterError>> {
		let last: Split | undefined;
		for (let waitMs: number = readAgainMs.first; ; waitMs = Math.min(waitMs * 2, readAgainMs.most)) {
			const read = await this.#read(deadline);
			// The read that the end of the time cut short says nothing beside one that was whole.
			if (!read.ok && (last === undefined || deadline.reason() !== 'timeout')) return read;
			if (read.ok) {
				last = this.#split(read.value);
				if (isShareAsked(percent, last.weightPercent)) return ok(last);
			}
			if (deadline.signal.aborted) break;
			await pause(waitMs, deadline.signal);
		}
		const seen = percentText(last?.weightPercent ?? 0);
		const what = `took the change to ${percentText(percent)}, but still reads ${seen} after ${this.#options.timeoutMs} ms`;
		const remedy = 'Does something else (a deployment, Terraform, a controller) write this rule as well?';
		return fail(routerError('not-applied', `${this.where} ${what}.`, remedy));
	}

	async #write(actions: Action[], deadline: Deadline): Promise<Result<unknown, RouterError>> {
		const {at} = this.#options;
		return 'rule' in at
			? this.#client.ask(
					'ModifyRule',
					deadline,
					(client, abortSignal) => client.modifyRule({RuleArn: at.rule, Actions: actions}, {abortSignal}),
					true,
				)
			: this.#client.ask(
					'ModifyListener',
					deadline,
					(client, abortSignal) => client.modifyListener({ListenerArn: at.listener, DefaultActions: actions}, {abortSignal}),
					true,
				);
	}

	async #read(deadline: Deadline): Promise<Result<Read, RouterError>> {
		const [seen, health] = await Promise.all([this.#actions(deadline), healthOf(this.#client, this.#options, deadline)]);
		return seen.ok ? ok({seen: seen.value, health}) : seen;
	}

	async #actions(deadline: Deadline): Promise<Result<Seen, RouterError>> {
		const found = await this.#describe(deadline);
		if (!found.ok) return found;
		const forward = found.value === undefined ? undefined : forwardOf(found.value);
		if (found.value === undefined || forward === undefined) {
			const what = found.value === undefined ? 'does not exist' : 'does not forward to target groups';
			const remedy = 'Name the rule, or the listener, that forwards to the two target groups.';
			return fail(routerError('refused', `${this.where} ${what}.`, remedy));
		}
		const {baseline, candidate} = this.#options;
		const arns = groupsOf(forward).map(({TargetGroupArn}) => TargetGroupArn);
		if (arns.includes(baseline) || arns.includes(candidate)) return ok({actions: found.value, forward});
		const names = listText(arns.map(arn => groupName(arn ?? '')));
		const remedy = `Forward it to ${groupName(baseline)} first, or correct the ARNs in the profile.`;
		return fail(routerError('refused', `${this.where} forwards to ${names}: neither the baseline nor the candidate.`, remedy));
	}

	async #describe(deadline: Deadline): Promise<Result<readonly Action[] | undefined, RouterError>> {
		const {at} = this.#options;
		if ('rule' in at) {
			const rules = await this.#client.ask('DescribeRules', deadline, (client, abortSignal) =>
				client.describeRules({RuleArns: [at.rule]}, {abortSignal}),
			);
			return rules.ok ? ok(rules.value.Rules?.[0]?.Actions) : rules;
		}
		const listeners = await this.#client.ask('DescribeListeners', deadline, (client, abortSignal) =>
			client.describeListeners({ListenerArns: [at.listener]}, {abortSignal}),
		);
		return listeners.ok ? ok(listeners.value.Listeners?.[0]?.DefaultActions) : listeners;
	}

	#split({seen, health}: Read): Split {
		const {baseline} = this.#options;
		const groups = groupsOf(seen.forward);
		const strangers = strangersOf(groups, this.#options);
		const warnings = [
			...(strangers.length > 0 ? [`${listText(strangers.map(groupName))} gets traffic and is on neither side`] : []),
			...(health.ok ? [] : [`target health can't be read: ${health.error.message}`]),
			...(health.ok && weightIn(groups, baseline) > 0 && healthTrouble(health.value.baseline) !== undefined
				? [`the baseline ${groupName(baseline)}: ${healthTrouble(health.value.baseline)}`]
				: []),
		];
		return {
			weightPercent: candidateShare(groups, this.#options),
			...(health.ok && {pools: {baseline: health.value.baseline.pool, candidate: health.value.candidate.pool}}),
			text: sanitize(actionsText(seen.actions), textColumnsMax),
			...(warnings.length > 0 && {warnings: warnings.map(warning => sanitize(warning, 400))}),
		};
	}
}

const lateWrite = 'an earlier change got no answer and may still be made: the split has to be watched';

const withWarning = (split: Split, warning: string): Split => ({...split, warnings: [...(split.warnings ?? []), warning]});

/** `app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee`. */
const shortArn = (arn: string): string => arn.replace(/^.*:listener(?:-rule)?\//, '');

function lintActions({forward}: Seen, options: AwsAlbOptions): readonly string[] {
	const groups = groupsOf(forward);
	const seconds = stickySeconds(forward);
	const missing = [options.baseline, options.candidate].filter(arn => !groups.some(({TargetGroupArn}) => TargetGroupArn === arn));
	return [
		...missing.map(arn => `The rule does not name the target group ${groupName(arn)} yet; the first change adds it.`),
		...(seconds === undefined
			? []
			: [`Target group stickiness is on: a client may keep to the candidate for up to ${seconds} s after a rollback.`]),
		...('listener' in options.at
			? ['The default action of a listener only gets what no rule of the listener takes: see that no rule goes before it.']
			: []),
	];
}
