import {assert} from '../base/assert.ts';
import {piecesMax, type TrendGate} from '../core/trend.ts';
import {parseTrend} from './schema/trend.ts';
import type {Profile, StageProfile} from './schema.ts';
import {soundMs} from './sound.ts';

/** The trend gates of a stage, with the pieces their values are averaged over. */
export const compileTrends = ({trends = {}, duration}: StageProfile, profile: Profile): Record<string, TrendGate> =>
	Object.fromEntries(
		Object.entries(trends).map(([id, text]) => {
			const written = parseTrend(text);
			assert(written !== undefined, 'a loaded trend can be read');
			const windowMs = written.windowMs ?? soundMs(duration);
			const guardrail = profile.guardrails.find(one => one.id === id);
			const pieceMs = Math.ceil(Math.max(windowMs / piecesMax, soundMs(guardrail?.window ?? '0s'), soundMs(profile.poll)));
			return [id, {...written, windowMs, pieceMs}] as const;
		}),
	);
