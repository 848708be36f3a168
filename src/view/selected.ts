import type {Status} from '../core/state.ts';
import {errorKey, errorOrder} from './error-rows.ts';
import type {Scene} from './scene.ts';

const worstFirst: readonly Status[] = ['breached', 'pending', 'error', 'no-data', 'ok'];

/** The guardrail under the cursor; without one, the first whose status fits, else (for any) the first of all. */
export function selectedGuardrail({ui, state}: Scene, fits: (status: Status) => boolean): string | undefined {
	const {cursor} = ui.panes.guardrails;
	const plans = state.plan?.guardrails ?? [];
	if (cursor !== undefined && plans.some(({id}) => id === cursor)) return cursor;
	const statusOf = (id: string): Status => state.guardrails[id]?.status ?? 'no-data';
	return plans
		.filter(({id}) => fits(statusOf(id)))
		.toSorted((left, right) => worstFirst.indexOf(statusOf(left.id)) - worstFirst.indexOf(statusOf(right.id)))[0]?.id;
}

/** The code of the error under the cursor; without one, of the first in the pane that has a code. */
export function selectedErrorCode({ui, state}: Scene): string | undefined {
	const groups = state.errors.groups.toSorted(errorOrder);
	const {cursor} = ui.panes.errors;
	return (groups.find(group => errorKey(group) === cursor) ?? groups.find(({code}) => code !== ''))?.code;
}
