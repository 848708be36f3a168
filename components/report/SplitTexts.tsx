import {percentText} from '../../src/core/reduce-split.ts';
import type {ActionSummary, Summary} from '../../src/report/model.ts';
import {purposeText} from '../../src/report/words.ts';

/** What the router itself said before and after each change, side by side. */
export function SplitTexts({summary}: {readonly summary: Summary}) {
	return summary.actions
		.filter(({before, after}) => before?.split.text || after?.split.text)
		.map(action => (
			<div key={action.asked.seq} className="pair">
				<Said title="Before" action={action} seen={action.before} />
				<Said title="After" action={action} seen={action.after} />
			</div>
		));
}

type SaidProps = {readonly title: string; readonly action: ActionSummary; readonly seen: ActionSummary['before'] | undefined};

function Said({title, action, seen}: SaidProps) {
	const {purpose, toPercent} = action;
	return (
		<div>
			<h3>
				{title} {purposeText[purpose]} → {percentText(toPercent)} {seen && <span className="events">[#{seen.seq}]</span>}
			</h3>
			<pre>{seen?.split.text ?? 'not read'}</pre>
		</div>
	);
}
