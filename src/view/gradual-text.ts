import {formatCountdown} from '../base/duration.ts';
import {gradualNow} from '../core/reduce-gradual.ts';
import type {Scene} from './scene.ts';

/** `25 % → 0 %: step 2/6, next 20 % → 16 % in 4:10, r: at once`; undefined while none is under way. */
export function gradualLine({state, now}: Pick<Scene, 'state' | 'now'>): string | undefined {
	const going = gradualNow(state);
	if (!going) return undefined;
	const when = going.atTMs === undefined ? '' : ` in ${formatCountdown(going.atTMs - now.tMs)}`;
	return `${going.stands}, next ${going.next}${when}, r: at once`;
}
