import {formatDuration} from '../../base/duration.ts';
import {piecesMin} from '../../core/trend.ts';
import type {Draft, DraftStage} from '../draft.ts';
import type {Issue} from '../fault.ts';
import {durationOf, mapOf, textOf} from '../lenient.ts';
import {largestRangeMs} from '../ranges.ts';
import {parseTrend} from '../schema/trend.ts';

/** Trends that could never hold, because their stage is too short to have one. */
export const checkTrends = (draft: Draft): Issue[] => draft.stages.flatMap(stage => checkStage(stage, draft));

function checkStage({keys, path, durationMs}: DraftStage, draft: Draft): Issue[] {
	return Object.entries(mapOf(keys['trends']) ?? {}).flatMap(([id, value]): Issue[] => {
		const trend = typeof value === 'string' ? parseTrend(value) : undefined;
		const guardrail = draft.guardrails.find(one => one.id === id);
		if (!trend || durationMs === undefined) return [];
		const place = [...path, 'trends', id];
		const {windowMs = durationMs} = trend;
		if (windowMs > durationMs) {
			const message = `a trend over ${formatDuration(windowMs)} needs a stage that lasts as long; this one lasts ${formatDuration(durationMs)}. Shorten the window, or lengthen the stage.`;
			return [{path: place, message}];
		}
		const rangeMs = durationOf(guardrail?.keys['window']) ?? largestRangeMs(textOf(guardrail?.keys['query']));
		const pieceMs = Math.max(rangeMs, durationOf(draft.profile['poll'] ?? '1s') ?? 0);
		if (windowMs >= piecesMin * pieceMs) return [];
		const message = `the trend of "${id}" is looked for over ${formatDuration(windowMs)}, which is less than ${piecesMin} times the range of its query (${formatDuration(pieceMs)}): too few independent values. Lengthen the stage, or shorten the range.`;
		return [{path: place, message}];
	});
}
