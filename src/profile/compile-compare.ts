import {assert} from '../base/assert.ts';
import {formatDuration} from '../base/duration.ts';
import type {Comparison} from '../core/judge/comparison.ts';
import {slug} from './names.ts';
import {largestRangeMs} from './ranges.ts';
import {unitOfWord} from './schema/guardrail.ts';
import type {Profile} from './schema.ts';
import {soundMs} from './sound.ts';

type ComparisonProfile = Profile['compare'][number];

/** Of a query without a range nobody knows how often its series are scraped: most often not oftener than this. */
const scrapeMs = 15_000;

/** How far apart two values of these queries must be not to share samples. */
export function spacingOf(queries: readonly (string | undefined)[], every: string | undefined, pollMs: number): number {
	const rangeMs = Math.max(...queries.map(largestRangeMs));
	const writtenMs = every === undefined ? undefined : soundMs(every);
	return Math.max(rangeMs, pollMs, writtenMs ?? (rangeMs === 0 ? scrapeMs : 0));
}

/** Fills in id, title and distance. */
export function resolveCompare({compare, poll}: Profile): ComparisonProfile[] {
	return compare.map(one => {
		const id = one.id ?? slug(one.title ?? '');
		const every = formatDuration(spacingOf([one.candidate, one.baseline], one.every, soundMs(poll)));
		return {...one, id, title: one.title ?? id, every};
	});
}

/** The comparisons of a loaded profile. */
export const compileCompare = ({compare, poll, metrics, stages}: Profile): readonly Comparison[] =>
	compare.map(({id, title, candidate, baseline, direction, allowed, confidence, every, unit, group, stages: named}) => {
		assert(id !== undefined && title !== undefined, 'a loaded comparison has its defaults');
		return {
			id,
			title,
			unit: unitOfWord[unit],
			candidate,
			baseline,
			direction,
			allowed,
			alpha: Number((1 - confidence).toPrecision(6)),
			spacingMs: spacingOf([candidate, baseline], every, soundMs(poll)),
			staleAfterMs: soundMs(metrics.prometheus?.staleAfter ?? metrics.scrape?.staleAfter ?? '1m'),
			...(named && {stages: stages.flatMap(({name = ''}, index) => (named.includes(name) ? [index] : []))}),
			group,
		};
	});
