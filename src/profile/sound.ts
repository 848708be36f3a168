import {assert} from '../base/assert.ts';
import {parseDuration} from '../base/duration.ts';
import {type Bound, parseBound} from '../core/bound.ts';

/** Milliseconds of a duration that was checked when the profile was loaded. */
export function soundMs(text: string): number {
	const parsed = parseDuration(text);
	assert(parsed.ok, `a loaded profile has sound durations: ${text}`);
	return parsed.value;
}

/** A bound that was checked when the profile was loaded. */
export function soundBound(text: string): Bound {
	const parsed = parseBound(text);
	assert(parsed !== undefined, `a loaded profile has sound bounds: ${text}`);
	return parsed;
}
