import {plannedCheckpointNames} from '../../core/next.ts';
import type {Plan} from '../../core/plan.ts';
import {didYouMean} from '../did-you-mean.ts';
import type {Issue} from '../fault.ts';
import {listOf, mapOf, type PlainMap, textOf} from '../lenient.ts';
import {exactlyOne} from './kinds.ts';

/** What the conditions of a required artifact say about its name. */
export function checkArtifacts(profile: PlainMap): Issue[] {
	return listOf(profile['requiredArtifacts']).flatMap((item, index): Issue[] => {
		const map = mapOf(item);
		if (!map) return [];
		const path = ['requiredArtifacts', index];
		const name = textOf(map['name']);
		const at = (key: string, message: string): Issue[] =>
			Object.hasOwn(map, key) ? [{path: [...path, key], atKey: true, message}] : [];
		return [
			...exactlyOne(map, path, ['name', 'checkpoints']),
			...(Object.hasOwn(map, 'name') || Object.hasOwn(map, 'checkpoints')
				? []
				: [{path, message: 'what is required? One of name and checkpoints must stand here.'}]),
			...(name === 'METRICS_CHECKS.log' ? [] : at('checks', 'only METRICS_CHECKS.log has checks to be counted.')),
			...(name?.includes('*') ? [] : at('count', 'there is only one file of this name: put a "*" into it, or take "count" out.')),
		];
	});
}

/** A checkpoint that no stage plans could never be there: told now, and not by the decision. */
export function checkPromised({requiredArtifacts = [], ...plan}: Plan): Issue[] {
	const planned = plannedCheckpointNames(plan);
	return requiredArtifacts.flatMap((one, index) =>
		typeof one === 'string' || !('checkpoints' in one)
			? []
			: one.checkpoints.flatMap((name, place) => {
					if (planned.includes(name)) return [];
					const hint = planned.length > 40 ? '' : ` Planned: ${planned.join(', ') || 'none'}.`;
					const message = `no stage plans a checkpoint ${name}.${didYouMean(name, planned)}${hint}`;
					return [{path: ['requiredArtifacts', index, 'checkpoints', place], message}];
				}),
	);
}
