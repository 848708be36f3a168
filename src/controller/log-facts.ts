import type {Fact} from '../core/event.ts';
import type {TailHandlers} from '../sources/tail/tail.ts';

/** Makes facts of what the error logs say. The tail keeps the pace: a few batches and answers a second, whatever the flood. */
export const createLogFacts = (take: (fact: Fact) => void): TailHandlers => ({
	onBatch({groups, matched, dropped}) {
		take({type: 'errors-seen', groups, lines: matched, dropped});
	},
	onAnswers(answers) {
		for (const {guardrailId, value, sample} of answers) take({type: 'log-matched', guardrail: guardrailId, value, sample});
	},
	onNotice({level, log, text}) {
		take({type: 'noticed', level, text: `log ${log}: ${text}`});
	},
});
