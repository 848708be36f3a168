import {decide} from '../../src/core/decide.ts';
import type {Fact, SessionEvent} from '../../src/core/event.ts';
import type {Intent} from '../../src/core/intent.ts';
import {reduce} from '../../src/core/reduce.ts';
import {initialState, type SessionState} from '../../src/core/state.ts';

/** How the world answers the next change of weight. */
export type Answer = 'verified' | 'failed' | 'failed-for-good' | 'silent' | 'crash-before' | 'crash-after';

export type Step =
	| {readonly type: 'fact'; readonly fact: Fact; readonly tMs: number}
	/** Whatever change of weight is under way gets this answer. */
	| {readonly type: 'answer'; readonly answer: Answer};

export type Taken = {
	readonly before: SessionState;
	readonly event: SessionEvent;
	readonly after: SessionState;
	readonly intents: readonly Intent[];
};

/** The runtime without its I/O: facts in, intents carried out on a split kept in a variable. Every event that was taken comes back. */
export function simulate(steps: readonly Step[]): {readonly taken: readonly Taken[]; readonly splitPercent: number} {
	const taken: Taken[] = [];
	let state = initialState;
	let tMs = 0;
	let splitPercent = 0;

	const take = (fact: Fact): void => {
		const event = {...fact, seq: state.nextSeq, tMs, atMs: 1_700_000_000_000 + tMs} as SessionEvent;
		const before = state;
		state = reduce(before, JSON.parse(JSON.stringify(event)) as SessionEvent);
		const intents = decide(before, state, event);
		taken.push({before, event, after: state, intents});
		for (const intent of intents) perform(intent);
	};

	const perform = (intent: Intent): void => {
		if (intent.type === 'end-session') take({type: 'session-ended', outcome: intent.outcome, reason: intent.reason});
		if (intent.type === 'write-checkpoint') {
			take({type: 'checkpoint-written', intentId: intent.id, name: intent.name, trigger: intent.trigger, sha256: '', bytes: 0});
		}
		if (intent.type !== 'set-weight') return;
		const {id, purpose, toPercent, stageIndex, reason, by, endsGradual} = intent;
		if (state.action) take({type: 'action-aborted', intentId: state.action.intentId, reason: 'a newer one'});
		take({
			type: 'action-intended',
			...{intentId: id, purpose, toPercent, stageIndex, reason, by},
			...(endsGradual && {endsGradual}),
		});
	};

	const answer = (kind: Answer): void => {
		const {action} = state;
		if (kind === 'crash-before' || kind === 'crash-after') {
			if (action && kind === 'crash-after') splitPercent = action.toPercent;
			take({
				type: 'controller-resumed',
				by: 'ana',
				pid: 2,
				version: '0',
				unguardedMs: 1_000,
				split: {weightPercent: splitPercent},
			});
			return;
		}
		if (!action || kind === 'silent') return;
		const {intentId, toPercent, purpose} = action;
		if (kind === 'verified') {
			splitPercent = toPercent;
			take({type: 'action-verified', intentId, router: 'r', split: {weightPercent: toPercent}, attempt: 1, tookMs: 1});
			return;
		}
		const error = {kind: 'unreachable', message: 'nobody listens'} as const;
		const forGood = kind === 'failed-for-good' && purpose !== 'rollback' && purpose !== 'reassert';
		take({type: 'action-failed', intentId, router: 'r', error, attempt: 1, tookMs: 1, ...(!forGood && {retryInMs: 100})});
	};

	for (const step of steps) {
		if (step.type === 'answer') answer(step.answer);
		else {
			tMs = Math.max(tMs, step.tMs);
			take(step.fact.type === 'split-read' ? {type: 'split-read', split: {weightPercent: splitPercent}} : step.fact);
		}
	}
	return {taken, splitPercent};
}
