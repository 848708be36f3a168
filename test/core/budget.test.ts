import fc from 'fast-check';
import {expect, test} from 'vitest';
import {budgetLines, stageBudget} from '../../src/core/budget.ts';
import {classesWithRest, classOf, type ErrorClass} from '../../src/core/error-class.ts';
import type {Fact} from '../../src/core/event.ts';
import type {Reading} from '../../src/core/reading.ts';
import {reduce} from '../../src/core/reduce.ts';
import {empty, fold, given, guardrail, plan, splitRead, stage, started, tick, values} from '../helpers/given.ts';

const classes: readonly ErrorClass[] = [
	{name: 'rate-limited', codes: ['429'], expected: true, onSpent: 'hold'},
	{name: 'slow', match: '^(query|upstream) timed out', expected: false, onSpent: 'warn'},
];
const budget = {critical: {count: 0}, other: {count: 1}, 'rate-limited': {count: 5}, slow: {percent: 1}};
const thePlan = plan({
	errorClasses: classes,
	requestsId: 'requests',
	guardrails: [guardrail(), guardrail({id: 'requests', title: 'Requests', onBreach: 'warn'})],
	stages: [stage(5, {budget}), stage(50, {budget: {critical: {count: 0}}}), stage(100)],
});
type Side = 'baseline' | 'candidate' | 'both';
const seen = (code: string, count: number, signature = 'x', level = 'error', side: Side = 'candidate'): Fact => ({
	type: 'errors-seen',
	lines: count,
	dropped: 0,
	groups: [{signature, code, level, side, count, sample: signature}],
});
const step = (id: string, toPercent: number, stageIndex: number): Fact[] => [
	{type: 'action-intended', intentId: id, purpose: 'promote', toPercent, stageIndex, reason: '', by: 'ana'},
	{type: 'action-verified', intentId: id, router: 'r', split: {weightPercent: toPercent}, attempt: 1, tookMs: 1},
];
const inFirst = [started(thePlan), tick(0, {errors: values(1), requests: values(1_000)}), splitRead(0), ...step('a', 5, 0)];

test('a line belongs to the first class that holds; the rest by its level', () => {
	const name = (code: string, signature: string, level = 'error') => classOf(classesWithRest(classes), {code, signature, level});
	expect(name('429', 'rate limit for user #')).toBe('rate-limited');
	expect(name('', 'query timed out after #')).toBe('slow');
	expect(name('', 'the query timed out')).toBe('other');
	expect(name('', 'out of memory', 'FATAL')).toBe('critical');
	expect(classOf([{name: 'bad', match: '(', expected: true, onSpent: 'warn'}], {code: '', signature: '(', level: ''})).toBe(
		'other',
	);
	expect(classOf([{name: 'none', expected: true, onSpent: 'warn'}], {code: '', signature: '', level: ''})).toBe('other');
});

test('expected errors spend their own budget and no other, and hold when theirs is overspent', () => {
	const within = given(...inFirst).when(seen('429', 5));
	expect(within.state.held).toBeUndefined();
	expect(within.state.errors).toMatchObject({expected: 5, groups: [{class: 'rate-limited', expected: true}]});
	expect(budgetLines(within.state)).toMatchObject([
		{name: 'critical', used: 0, allowed: 0},
		{name: 'other', used: 0, allowed: 1},
		{name: 'rate-limited', used: 5, allowed: 5, expected: true},
		{name: 'slow', used: 0, allowed: 1},
	]);
	const over = given(...inFirst, seen('429', 5)).when(seen('429', 1));
	expect(over.state.held?.reason).toBe('the budget of rate-limited errors is overspent in stage 1: 6 of 5 allowed');
	expect(over.intents.filter(({type}) => type === 'set-weight')).toEqual([]);
	// A person who resumes has decided: it does not hold again by itself.
	const again = given(...inFirst, seen('429', 6), {type: 'resume-asked', by: 'ana', reason: 'known'}).when(seen('429', 1));
	expect(again.state.held).toBeUndefined();
});

test('one critical error beyond the budget rolls back at once, with every cause in one decision', () => {
	const {state, intents} = given(...inFirst).when(seen('', 1, 'policy violated', 'fatal'));
	const reason = 'the budget of critical errors is overspent in stage 1: 1 of 0 allowed';
	expect(intents.filter(({type}) => type === 'set-weight')).toMatchObject([
		{purpose: 'rollback', toPercent: 0, urgent: true, reason, by: 'canary-console'},
	]);
	expect(stageBudget(state, 0).spent['critical']).toMatchObject({used: 1, allowed: 0});
	const notArmed = plan({...thePlan, guardrails: thePlan.guardrails}, {autoRollback: 'advisory'});
	const advised = given(started(notArmed), ...inFirst.slice(1)).when(seen('', 1, 'policy violated', 'fatal'));
	expect(advised.intents.filter(({type}) => type === 'set-weight')).toEqual([]);
	expect(advised.state.advised?.reason).toBe(reason);
	// A decision lost in a crash is taken at the next event; by then a guardrail may be breached too.
	const both = given(...inFirst, seen('', 1, 'policy violated', 'fatal')).when(tick(1_000, 99));
	expect(both.intents.filter(({type}) => type === 'set-weight')).toMatchObject([
		{purpose: 'rollback', reason: `Errors breached: 99 (healthy < 10); ${reason}`},
	]);
});

test('a decision that a crash lost is taken at the next event', () => {
	const {intents} = given(...inFirst, seen('', 1, 'x', 'fatal')).when(tick(1_000, 1));
	expect(intents).toMatchObject([{type: 'set-weight', purpose: 'rollback'}]);
});

test('lines of the baseline spend nothing, nor those before the first weight or after the rollback', () => {
	expect(given(...inFirst).when(seen('', 9, 'x', 'fatal', 'baseline')).intents).toEqual([]);
	expect(stageBudget(given(started(thePlan)).when(seen('', 9, 'x', 'fatal')).state, 0).used).toEqual({});
	const down: Fact[] = [
		seen('', 1, 'x', 'fatal'),
		{type: 'action-intended', intentId: 'b', purpose: 'rollback', toPercent: 0, stageIndex: 0, reason: '', by: 'ana'},
		seen('', 1, 'x', 'fatal'),
		{type: 'action-verified', intentId: 'b', router: 'r', split: {weightPercent: 0}, attempt: 1, tookMs: 1},
	];
	expect(stageBudget(given(...inFirst, ...down).when(seen('', 7, 'x', 'fatal')).state, 0).used).toEqual({critical: 2});
});

test('a share is of the requests of the stage, rounded up, at least one; a counter that begins anew is counted from there', () => {
	const at = (tMs: number, requests: number) => tick(tMs, {errors: values(1), requests: values(requests)});
	const {state} = given(...inFirst, at(1_000, 1_150), at(2_000, 10)).when(at(3_000, 60));
	expect(stageBudget(state, 0).requests).toBe(200);
	expect(budgetLines(state).at(-1)).toMatchObject({name: 'slow', allowed: 2});
	const next = fold([...inFirst, at(1_000, 1_150), ...step('b', 50, 1), at(2_000, 1_250)]).states.at(-1)!;
	expect(next.budget.stages.map(({stageIndex, requests}) => [stageIndex, requests])).toEqual([
		[0, 150],
		[1, 100],
	]);
});

test('a class may read a counter instead of lines: what it grew by spends its budget, in the tick that says so', () => {
	const limited: ErrorClass = {name: 'limited', counterId: 'errors-limited', expected: true, onSpent: 'rollback'};
	const counted = plan({
		errorClasses: [limited],
		guardrails: [guardrail(), guardrail({id: 'errors-limited', title: 'Errors: limited', onBreach: 'warn'})],
		stages: [stage(5, {budget: {limited: {count: 4}}}), stage(100)],
	});
	const at = (tMs: number, reading: Reading) => tick(tMs, {errors: values(1), 'errors-limited': reading});
	// No series before the candidate has traffic: it stands at 0. A gap later is no news.
	const facts = [started(counted), at(0, empty), splitRead(0), ...step('a', 5, 0), at(1_000, values(3)), at(2_000, empty)];
	const {state, intents} = given(...facts).when(at(3_000, values(4)));
	expect([budgetLines(state)[0]?.used, intents]).toEqual([4, []]);
	expect(given(...facts).when(at(3_000, values(1))).state.budget.stages[0]?.used).toEqual({limited: 3});
	expect(given(...facts).when(at(3_000, values(5))).intents).toMatchObject([
		{type: 'set-weight', purpose: 'rollback', reason: 'the budget of limited errors is overspent in stage 1: 5 of 4 allowed'},
	]);
	// A process that isn't scraped for once takes its share out of the sum and brings it back: nothing happened.
	const swaying = [...facts, at(3_000, values(2)), at(4_000, values(4)), at(5_000, values(2))];
	expect(given(...swaying).when(at(6_000, values(4))).state.budget.stages[0]?.used).toEqual({limited: 4});
	// Found with an old counter and no reading before: nothing is known to have happened in this stage.
	const late = [started(counted), splitRead(0), ...step('a', 5, 0), at(1_000, values(900))];
	expect(given(...late).when(at(2_000, values(901))).state.budget.stages[0]?.used).toEqual({limited: 1});
});

test('each stage has its own', () => {
	const {state} = given(...inFirst, seen('', 1), ...step('b', 50, 1)).when(seen('', 3));
	expect(state.budget.stages.map(({used}) => used)).toEqual([{other: 1}, {other: 3}]);
	// No budget for them here: counted, and nothing more.
	expect(state.held).toBeUndefined();
});

const anyLines = fc.record({
	code: fc.constantFrom('429', '500', ''),
	count: fc.integer({min: 1, max: 20}),
	signature: fc.constantFrom('x', 'query timed out after #', 'panic: #'),
	level: fc.constantFrom('error', 'fatal'),
	side: fc.constantFrom<Side>('baseline', 'candidate', 'both'),
});
const anyFact = fc.oneof(
	{
		weight: 5,
		arbitrary: anyLines.map(({code, count, signature, level, side}) => seen(code, count, signature, level, side)),
	},
	{weight: 2, arbitrary: fc.nat(1e6).map(requests => tick(0, {errors: values(1), requests: values(requests)}))},
	fc.constantFrom<Fact[]>(step('b', 50, 1), step('c', 100, 2)).map(([intended]) => intended!),
	fc.constantFrom<Fact>(step('b', 50, 1)[1]!, step('c', 100, 2)[1]!),
	fc.constant<Fact>({type: 'resume-asked', by: 'ana', reason: ''}),
);

test('counts are exact: the sum over classes is every line that was not the baseline’s, also from any prefix replayed', () => {
	fc.assert(
		fc.property(fc.array(anyFact, {maxLength: 40}), fc.nat(40), (facts, cut) => {
			const {states, events} = fold([...inFirst, ...facts]);
			const last = states.at(-1)!;
			const lines = events.flatMap(event => (event.type === 'errors-seen' ? event.groups : []));
			const counted = last.budget.stages.flatMap(({used}) => Object.values(used)).reduce((sum, count) => sum + count, 0);
			if (last.rollback?.verifiedAtMs === undefined) {
				expect(counted).toBe(lines.filter(({side}) => side !== 'baseline').reduce((sum, {count}) => sum + count, 0));
			}
			// What a controller finds on the disk after kill -9 is a state that went through JSON, and the events behind it.
			const at = Math.min(cut, events.length);
			const resumed = events.slice(at).reduce(reduce, JSON.parse(JSON.stringify(states[at])));
			expect(resumed).toStrictEqual(last);
		}),
	);
});
