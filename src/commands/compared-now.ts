import {formatValue} from '../base/number-format.ts';
import {ratioText} from '../core/judge/compare-lines.ts';
import {type Comparison, comparedSides, sideId} from '../core/judge/comparison.ts';
import type {Reading} from '../core/reading.ts';
import {comparedValue} from '../core/reduce-compare.ts';
import {outputColumns, safe} from './output.ts';
import {tableText} from './table.ts';

type Readings = Readonly<Record<string, Reading>>;

/** What each side of a comparison answers at present: a number, or why there is none. */
export const comparedNow = (compare: readonly Comparison[], readings: Readings) =>
	compare.map(comparison => {
		const [candidate, baseline] = comparedSides.map(side =>
			comparedValue(comparison, side, readings[sideId(comparison.id, side)]),
		) as [number | string, number | string];
		return {id: comparison.id, title: comparison.title, unit: comparison.unit, candidate, baseline};
	});

/** The same as a table and, where a side has no value, a line that says why. */
export async function comparedText(compare: readonly Comparison[], readings: Readings): Promise<readonly string[]> {
	if (compare.length === 0) return [];
	const now = comparedNow(compare, readings);
	const rows = now.map(({title, unit, candidate, baseline}) => ({
		compared: safe(title),
		candidate: typeof candidate === 'number' ? formatValue(candidate, unit) : 'no data',
		baseline: typeof baseline === 'number' ? formatValue(baseline, unit) : 'no data',
		'ratio now':
			typeof candidate === 'number' && typeof baseline === 'number' && baseline > 0 ? ratioText(candidate / baseline) : '-',
	}));
	const missing = now.flatMap(({title, candidate, baseline}) =>
		[`candidate: ${candidate}`, `baseline: ${baseline}`]
			.filter((_, index) => typeof [candidate, baseline][index] === 'string')
			.map(text => `!  ${safe(`${title}, ${text}`, 1_000)}`),
	);
	return [await tableText(rows, outputColumns()), ...missing];
}
