import {expect, test} from 'vitest';
import {matchPlan} from '../../src/core/rerun/match.ts';
import {guardrail, plan, stage} from '../helpers/given.ts';

const recorded = plan({
	guardrails: [
		guardrail({id: 'errors', query: 'a'}),
		guardrail({id: 'slow', query: 'b', minRequests: {query: 'r', min: 1}}),
		guardrail({id: 'lines', origin: 'log', query: 'count of lines'}),
		guardrail({id: 'gone', title: 'Gone', query: 'g'}),
	],
});
const none = {
	sameQuery: (left: string, right: string) => left.trim() === right.trim(),
	whyNoSeries: () => 'no raw series were recorded',
};

test('each guardrail gets what was recorded for it, or the reason why it has nothing', () => {
	const wanted = plan({
		guardrails: [
			guardrail({id: 'errors', query: ' a ', bound: {op: '<', value: 1}}),
			guardrail({id: 'renamed', query: 'b'}),
			guardrail({id: 'slow', query: 'b', minRequests: {query: 'other', min: 1}}),
			guardrail({id: 'lines', origin: 'log', query: 'rate of lines'}),
			guardrail({id: 'new', query: 'n'}),
		],
		stages: [stage(5, {gates: {new: {op: '<', value: 1}, errors: {op: '<', value: 1}}, overrides: {lines: {off: true}}})],
		pollMs: 250,
	});
	const {plan: judged, evidence, remarks} = matchPlan(wanted, recorded, none);
	expect(evidence.map(({id, by, recordedId}) => [id, by, recordedId])).toEqual([
		['errors', 'recorded', 'errors'],
		['renamed', 'recorded', 'slow'],
		['slow', 'none', undefined],
		['lines', 'none', undefined],
		['new', 'none', undefined],
	]);
	expect(evidence.map(({note}) => note).slice(2)).toEqual([
		'its request rate was not asked for, and no raw series were recorded',
		'its query has changed, and the lines it counts are not in the record',
		'it is new, and no raw series were recorded',
	]);
	// What can't be answered must not stand in the way of a stage either.
	expect(judged.guardrails.map(({id}) => id)).toEqual(['errors', 'renamed']);
	expect(judged.stages[0]).toMatchObject({gates: {errors: {op: '<', value: 1}}, overrides: {}});
	expect(judged.stages[0]?.gates).not.toHaveProperty('new');
	expect(judged.pollMs).toBe(1_000);
	expect(remarks).toEqual(['no longer judged: Gone', 'the values are as recorded, every 1000 ms, not every 250 ms']);
});

test('where raw series are there, new queries are asked of them', () => {
	const wanted = plan({guardrails: [guardrail({id: 'new', query: 'n'})]});
	const {evidence, plan: judged} = matchPlan(wanted, recorded, {...none, whyNoSeries: () => undefined});
	expect(evidence).toMatchObject([{id: 'new', by: 'series'}]);
	expect(judged.guardrails).toHaveLength(1);
});
