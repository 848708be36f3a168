import type {PoolSummary} from './model-stage.ts';
import type {PoolRecord, PoolSide} from './recorded.ts';
import {refOf} from './ref.ts';

/** The health of both pools over whatever they were recorded for. */
export function poolsOf({baseline, candidate}: PoolRecord): readonly PoolSummary[] {
	const text = ([up, of]: readonly [number, number]): string => `${up}/${of}`;
	const row = (side: PoolSummary['side'], pool: PoolSide | undefined): readonly PoolSummary[] =>
		pool
			? [{side, first: text(pool.first), min: text(pool.min), last: text(pool.last), events: refOf(pool.firstSeq, pool.lastSeq)}]
			: [];
	return [...row('baseline', baseline), ...row('candidate', candidate)];
}
