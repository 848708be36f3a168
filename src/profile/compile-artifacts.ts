import {assert} from '../base/assert.ts';
import type {RequiredArtifact} from '../core/artifact-options.ts';
import type {Profile} from './schema.ts';

export function compileArtifact(one: Profile['requiredArtifacts'][number]): RequiredArtifact {
	if (typeof one === 'string') return one;
	const {name, checkpoints, count, checks, when} = one;
	const about = when === undefined ? {} : {when};
	if (checkpoints) return {checkpoints, ...about};
	assert(name !== undefined, 'a loaded artifact has a name or checkpoints');
	return {name, ...(count !== undefined && {count}), ...(checks !== undefined && {checks}), ...about};
}
