import type {Fact} from '../../src/core/event.ts';
import type {Summary} from '../../src/report/model.ts';
import type {Recorded} from '../../src/report/recorded.ts';
import {newRecorded, record} from '../../src/report/recorder.ts';
import {summarise} from '../../src/report/summarise.ts';
import {fold} from '../helpers/given.ts';

/** What a report says of a session made of these facts, without a folder. */
export function tellFacts(facts: readonly Fact[]): {readonly summary: Summary; readonly recorded: Recorded} {
	const recorded = newRecorded({version: '0', profile: 'test', startedAt: ''});
	const {events, states} = fold(facts);
	events.forEach((event, index) => {
		const [before, after] = [states[index], states[index + 1]];
		if (before && after) record(recorded, event, before, after);
	});
	const summary = summarise(recorded, {session: 'test'});
	if (!summary) throw new Error('the session never started');
	return {summary, recorded};
}
