import {assert} from '../base/assert.ts';
import type {AwsAlbOptions} from '../core/cloud-router-options.ts';
import type {RouterProfile} from './schema.ts';
import {soundMs} from './sound.ts';

type Kinds = NonNullable<RouterProfile['fallback']>;

export function compileAlb(alb: NonNullable<Kinds['aws-alb']>): AwsAlbOptions {
	const {rule, listener, baseline, candidate, profile, endpoint, totalWeight, timeout} = alb;
	assert(baseline !== undefined && candidate !== undefined, 'a loaded profile has both sides');
	const arn = rule ?? listener;
	assert(arn !== undefined, 'a loaded profile says which rule or listener');
	return {
		kind: 'aws-alb',
		at: rule === undefined ? {listener: arn} : {rule},
		baseline,
		candidate,
		region: alb.region ?? arn.split(':')[3] ?? '',
		...(profile !== undefined && {profile}),
		...(endpoint !== undefined && {endpoint}),
		totalWeight,
		timeoutMs: soundMs(timeout),
	};
}
