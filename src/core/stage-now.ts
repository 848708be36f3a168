import type {StageOverride, StagePlan} from './plan.ts';
import type {SessionState} from './state.ts';

type Where = Pick<SessionState, 'plan' | 'stage' | 'lastTMs'>;

/** How long the stricter first minutes of the present stage still last, by session time; 0 when they are over or there are none. */
export function firstLeftMs({plan, stage, lastTMs}: Where): number {
	const first = plan?.stages[stage.index]?.first;
	return first ? Math.max(0, stage.enteredAtMs + first.forMs - lastTMs) : 0;
}

/** The stage the session is in with the bounds that hold now: in its first minutes theirs are laid over its own. */
export function stageNow(state: Where): StagePlan | undefined {
	const planned = state.plan?.stages[state.stage.index];
	return planned && firstLeftMs(state) > 0 ? firstMinutes(planned) : planned;
}

/** A stage with the bounds of its first minutes laid over its own; without any it is as it was. */
export function firstMinutes(planned: StagePlan): StagePlan {
	if (!planned.first) return planned;
	const {overrides} = planned.first;
	const laid = Object.entries(overrides).map(([id, first]) => [id, over(planned.overrides[id], first)] as const);
	return {...planned, overrides: {...planned.overrides, ...Object.fromEntries(laid)}};
}

/** What the first minutes say goes before what the stage says. */
function over(own: StageOverride = {}, first: StageOverride): StageOverride {
	const {off: _, ...rest} = own;
	return first.off ? {off: true} : {...rest, ...first};
}
