import type {Summary} from '../../src/report/model.ts';
import {Figure} from './parts.tsx';

/** Charts as SVG texts. */
export type Charts = {
	readonly split: string;
	readonly guardrails: readonly {readonly title: string; readonly note: string; readonly svg: string}[];
};

/** The split over time, and each guardrail below it on the same axis. */
export function Course({summary, charts}: {readonly summary: Summary; readonly charts: Charts}) {
	return (
		<>
			<div className="charts">
				<div className="wide">
					<Figure
						svg={charts.split}
						caption={`Share of ${summary.candidate}`}
						note="blue: as the router read it; purple: as the traffic showed it, where it was asked"
					/>
				</div>
				{charts.guardrails.map(({title, note, svg}) => (
					<Figure key={title} svg={svg} caption={title} note={note} />
				))}
			</div>
			<p className="note">Line: median. Band: lowest to highest. Dashed: the bound. Dots: breaches. Gaps: no data.</p>
		</>
	);
}
