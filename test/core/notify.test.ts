import {expect, test} from 'vitest';
import type {Fact} from '../../src/core/event.ts';
import type {NoticeKind} from '../../src/core/notify-options.ts';
import {broken, empty, fold, guardrail, plan, splitRead, stage, started, tick, values, verified} from '../helpers/given.ts';

const everything: readonly NoticeKind[] = [
	'start',
	'stage',
	'breach',
	'rollback',
	'security-rollback',
	'decision',
	'hold',
	'alarm',
	'due',
	'no-data',
];

const intended = (intentId: string, toPercent: number, purpose: 'start' | 'promote' | 'rollback', stageIndex: number): Fact => ({
	type: 'action-intended',
	intentId,
	purpose,
	toPercent,
	stageIndex,
	reason: 'because',
	by: 'ana',
});

const notified = (receiver: string, notice: string, ok = true): Fact => ({
	type: 'notified',
	receiver,
	notice,
	event: 'start',
	ok,
	attempts: 3,
	message: 'no answer',
});

const to = (on: readonly NoticeKind[], security = false) =>
	started(plan({notify: [{name: 'a', on}], guardrails: [guardrail({security})]}));

const owed = (facts: readonly Fact[]) =>
	(fold(facts).states.at(-1)!.notices?.owed ?? []).map(({event, phase, text}) => `${event} ${phase}: ${text}`);

const run = (security = false): Fact[] => [
	splitRead(0),
	tick(1_000, 1),
	intended('i:0', 5, 'start', 0),
	verified('i:0', 5),
	tick(2_000, 99),
	intended('i:1', 0, 'rollback', 0),
	verified('i:1', 0),
	{type: 'session-ended', outcome: 'rolled-back', reason: security ? 'SECURITY' : 'Errors'},
];

test('a run tells its start, its breach, its rollback until it is verified, and its decision', () => {
	expect(owed([to(everything), ...run()])).toEqual([
		'start update: canary started: stage 1 of 3, 5 % to canary, verified',
		'breach trigger: Errors breached: 99 (healthy < 10)',
		'rollback trigger: rollback of canary: because',
		'rollback update: canary is rolled back: the router reads 0 %, verified in 0s. because',
		'decision update: rolled back: Errors',
	]);
});

test('each is told of what it asked for alone, and nothing is owed where nobody asked', () => {
	expect(owed([to(['decision']), ...run()])).toEqual(['decision update: rolled back: Errors']);
	expect(fold([started(), ...run()]).states.at(-1)).not.toHaveProperty('notices');
});

test('a security rollback goes to its own receivers; where there are none, to those of rollbacks', () => {
	const names = (notify: {name: string; on: NoticeKind[]}[]) => {
		const thePlan = plan({notify, guardrails: [guardrail({security: true})]});
		const {owed: all = []} = fold([started(thePlan), ...run(true)]).states.at(-1)!.notices ?? {};
		return all.map(({event, owed: receivers}) => `${event}: ${receivers.join(' ')}`);
	};
	expect(
		names([
			{name: 'ops', on: ['rollback']},
			{name: 'ciso', on: ['security-rollback']},
		]),
	).toEqual(['security-rollback: ciso', 'security-rollback: ciso']);
	expect(names([{name: 'ops', on: ['rollback']}])).toEqual(['security-rollback: ops', 'security-rollback: ops']);
});

test('what was answered is owed no more, also over a crash; what was not is owed still', () => {
	const both = started(
		plan({
			notify: [
				{name: 'a', on: ['start']},
				{name: 'b', on: ['start']},
			],
		}),
	);
	const begun = [both, ...run().slice(0, 4)];
	const notice = fold(begun).states.at(-1)!.notices!.owed[0]!;
	expect(notice.owed).toEqual(['a', 'b']);
	const resumed: Fact = {type: 'controller-resumed', by: 'ana', pid: 2, version: '0', unguardedMs: 10, split: {weightPercent: 5}};
	const after = fold([...begun, notified('a', notice.id), resumed]).states.at(-1)!;
	expect(after.notices?.owed).toMatchObject([{id: notice.id, owed: ['b']}]);
	expect(fold([...begun, notified('a', notice.id), resumed, notified('b', notice.id)]).states.at(-1)!.notices?.owed).toEqual([]);
});

test('who could not be told stands in the timeline, who was told does not', () => {
	const begun = [to(['start']), ...run().slice(0, 4)];
	const {id} = fold(begun).states.at(-1)!.notices!.owed[0]!;
	const lines = (ok: boolean) =>
		fold([...begun, notified('a', id, ok)])
			.states.at(-1)!
			.timeline.map(({text}) => text);
	expect(lines(false).at(-1)).toBe('a could not be told (start, 3 attempts): no answer');
	expect(lines(true).some(text => text.includes('told'))).toBe(false);
});

test('a guardrail that comes and goes is told once a minute, and its end only where its beginning was told', () => {
	const held = started(
		plan({notify: [{name: 'a', on: ['breach']}], guardrails: [guardrail({onBreach: 'warn', severity: 'warning'})]}),
	);
	const flapping = [1, 99, 1, 99, 1, 99, 1].map((value, index) => tick((index + 1) * 1_000, value));
	expect(owed([held, ...flapping])).toEqual([
		'breach trigger: Errors breached: 99 (healthy < 10)',
		'breach resolve: Errors is no longer breached',
	]);
	expect(owed([held, ...flapping, tick(70_000, 99), tick(71_000, 1)])).toHaveLength(4);
});

test('holds and alarms begin and end', () => {
	expect(
		owed([
			to(everything),
			{type: 'hold-asked', by: 'ana', reason: 'lunch'},
			{type: 'resume-asked', by: 'ana', reason: ''},
			{type: 'noticed', level: 'alarm', topic: 'journal', text: 'the disk is full'},
			{type: 'noticed', level: 'info', topic: 'journal', text: 'written again'},
		]),
	).toEqual([
		'hold trigger: held by ana: lunch',
		'hold resolve: the hold is over',
		'alarm trigger: the disk is full',
		'alarm resolve: the alarm is over: the disk is full',
	]);
});

test('a storm is bounded, and says so', () => {
	const storm = Array.from({length: 120}, (_, index): Fact => ({type: 'noticed', level: 'alarm', topic: `t${index}`, text: 'x'}));
	const {notices, timeline} = fold([to(['alarm']), ...storm]).states.at(-1)!;
	expect(notices?.owed).toHaveLength(100);
	expect(notices?.dropped).toBe(20);
	expect(timeline.at(-1)?.text).toBe('notices dropped, because more came than could be sent: 1');
});

test('no data is told once for all guardrails, when it has lasted; its end when all of them have data again', () => {
	const two = plan({
		notify: [{name: 'a', on: ['no-data']}],
		guardrails: [guardrail({id: 'e', title: 'Errors'}), guardrail({id: 'p', title: 'p95'})],
	});
	const begun = [
		started(two),
		splitRead(0),
		tick(1_000, {e: values(1), p: values(1)}),
		intended('i:0', 5, 'start', 0),
		verified('i:0', 5),
	];
	const silence = (dueMs: number): Fact => tick(dueMs, {e: empty, p: broken});
	expect(owed([...begun, tick(2_000, {e: values(1), p: values(1)}), silence(3_000), silence(7_000)])).toEqual([]);
	const lost = [
		...begun,
		tick(2_000, {e: values(1), p: values(1)}),
		silence(3_000),
		silence(70_000),
		silence(71_000),
		silence(72_000),
	];
	expect(owed(lost)).toEqual([
		expect.stringMatching(/^no-data trigger: no data for Errors, and 1 more: .*; nothing goes forward$/),
	]);
	const half = tick(80_000, {e: values(1), p: empty});
	expect(owed([...lost, half])).toHaveLength(1);
	expect(owed([...lost, half, tick(81_000, {e: values(1), p: values(1)})])).toEqual([
		expect.stringContaining('no-data trigger'),
		'no-data resolve: every guardrail has data again',
	]);
	// After the way back none is expected, which is the end of it too.
	expect(owed([...lost, {type: 'rollback-asked', by: 'ana', reason: ''}])[1]).toBe('no-data resolve: none is expected any more');
});

test('a stage whose time is over is told once, when it waits for somebody, and that it is left', () => {
	const stages = (over: Parameters<typeof stage>[1]) => [stage(5, {durationMs: 10_000, ...over}), stage(100)];
	const run = (over: Parameters<typeof stage>[1]) => [
		started(plan({notify: [{name: 'a', on: ['due']}], stages: stages(over)})),
		splitRead(0),
		tick(1_000, 1),
		intended('i:0', 5, 'start', 0),
		verified('i:0', 5),
		...Array.from({length: 15}, (_, index) => tick(2_000 + 1_000 * index, 1)),
	];
	const manual = run({promote: 'manual'});
	expect(owed(manual)).toEqual(['due trigger: the time of stage 1 of 2 is over: promote to 100 %, or roll back']);
	expect(owed(run({promote: 'auto'}))).toEqual([]);
	expect(owed(run({promote: 'auto', signOffs: ['sre']}))).toEqual([
		'due trigger: the time of stage 1 of 2 is over: to be signed off by sre (canary sign)',
	]);
	expect(owed([...manual, intended('i:1', 100, 'promote', 1), verified('i:1', 100)]).at(-1)).toBe(
		'due resolve: the stage that waited is left',
	);
});

test('a bell is told by consoles: the controller owes it nothing', () => {
	const bell = started(plan({notify: [{name: 'desk', on: everything, bell: true}]}));
	expect(fold([bell, ...run()]).states.at(-1)).not.toHaveProperty('notices');
	const both = plan({
		notify: [
			{name: 'desk', on: everything, bell: true},
			{name: 'a', on: ['decision']},
		],
	});
	const {owed: all = []} = fold([started(both), ...run()]).states.at(-1)!.notices ?? {};
	expect(all.map(({owed: receivers}) => receivers)).toEqual([['a']]);
});

test('a rollback in steps is told when it begins, when it is none any more, and when the router reads 0 %', () => {
	const facts: Fact[] = [
		to(['rollback', 'stage', 'decision']),
		splitRead(5),
		tick(1_000, 1),
		{
			type: 'gradual-asked',
			by: 'ana',
			reason: 'no hurry',
			fromPercent: 5,
			targetPercent: 0,
			durationMs: 60_000,
			weights: [4, 2, 0],
		},
		{...intended('i:0', 4, 'rollback', 0), purpose: 'lower'} as Fact,
		verified('i:0', 4),
		tick(2_000, 99),
		intended('i:1', 0, 'rollback', 0),
		verified('i:1', 0),
	];
	expect(owed(facts)).toEqual([
		'rollback trigger: gradual rollback of canary, 5 % → 0 % in 3 steps over 1m (4, 2, 0): no hurry',
		'rollback trigger: rollback of canary: because',
		'rollback update: canary is rolled back: the router reads 0 %, verified in 0s. because',
	]);
});
