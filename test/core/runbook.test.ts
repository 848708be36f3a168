import {expect, test} from 'vitest';
import {admit} from '../../src/core/admit.ts';
import type {Fact} from '../../src/core/event.ts';
import type {Command} from '../../src/core/protocol.ts';
import {runsKept} from '../../src/core/reduce-runbook.ts';
import {fillPlaces, namesIn, placesOf, type RunbookPlan, takenKeys} from '../../src/core/runbook-options.ts';
import type {SessionState} from '../../src/core/state.ts';
import {keyTable} from '../../src/view/keys.ts';
import {type FakeSession, fakePlan, startedSession} from '../helpers/fake-session.ts';

const command = (over: Partial<RunbookPlan> = {}): RunbookPlan => ({
	title: 'errors by type',
	key: 'D',
	argv: ['tool', 'errors'],
	timeoutMs: 30_000,
	dangerous: false,
	output: 'pane',
	...over,
});

const withCommands = (...commands: readonly RunbookPlan[]): FakeSession => startedSession({...fakePlan, commands});

const run = (title = 'errors by type', over: Partial<Extract<Command, {command: 'run'}>> = {}): Command => ({
	command: 'run',
	title,
	confirmed: false,
	...over,
});
const ana = {role: 'owner', who: 'ana@bastion', session: '2026-11-21T12-00-00Z-relay-r1'} as const;
const asked = (session: FakeSession, what = run(), asker: Parameters<typeof admit>[2] = ana) =>
	admit(session.state(), what, asker, session.now().tMs);
const argvOf = (fact: Fact): readonly string[] => (fact.type === 'command-asked' ? fact.argv : []);

test('places are filled in, and each argument stays one whatever is put into it', () => {
	const argv = ['tool', '--side={{candidate}}', '{{ canary }} and {{stable}}', '{{.Names}} {.items}', String.raw`\{{end}}`];
	expect(placesOf(argv)).toEqual(['candidate', 'baseline']);
	expect(fillPlaces(argv, {candidate: 'a b; rm -rf "$HOME"\n{{stable}}', baseline: '$(id)'})).toEqual([
		'tool',
		'--side=a b; rm -rf "$HOME"\n{{stable}}',
		'a b; rm -rf "$HOME"\n{{stable}} and $(id)',
		'{{.Names}} {.items}',
		'{{end}}',
	]);
	expect(namesIn('{{toString}}')).toEqual(['toString']);
	expect(placesOf(['{{toString}}', '{{__proto__}}'])).toEqual([]);
});

test('what the places stand for stands in the record, with the arguments as they were run', () => {
	const argv = [
		'tool',
		'{{session}}',
		'{{profile}}',
		'{{stageNumber}}',
		'{{stage}}',
		'{{weight}}',
		'{{guardrail}}',
		'{{value}}',
		'{{by}}',
		'{{startedAt}}',
	];
	const session = withCommands(command({argv}));
	session.poll(1, {pool: 83});
	const {accepted, fact, reason} = asked(session, run(undefined, {guardrail: 'pool'}));
	expect([accepted, reason]).toEqual([true, '']);
	expect(fact).toMatchObject({type: 'command-asked', run: 1, index: 0, name: 'commands/1-errors-by-type.txt', by: 'ana@bastion'});
	expect(argvOf(fact).slice(1, 9)).toEqual([
		ana.session,
		'relay-r1',
		'1',
		expect.any(String),
		'5',
		'pool',
		String(session.state().guardrails['pool']?.worst?.value),
		'ana@bastion',
	]);
	expect(argvOf(fact).at(-1)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
});

test.each([
	['{{guardrail}}', {}, 'no guardrail is selected'],
	['{{guardrail}}', {guardrail: 'nonesuch'}, 'there is no guardrail “nonesuch”'],
	['{{value}}', {guardrail: 'ann'}, 'has no value yet'],
	['{{error}}', {}, 'no error is selected'],
	['{{error}}', {error: 'E1'}, 'no error has the code “E1”'],
])('a place %s that stands for nothing with %j refuses the command: %s', (place, selected, reason) => {
	const answer = asked(withCommands(command({argv: ['tool', place]})), run(undefined, selected));
	expect(answer).toMatchObject({accepted: false, fact: {type: 'command-refused', command: 'run'}});
	expect(answer.reason).toContain(reason);
});

test('a code out of a log never becomes an option that the profile did not write', () => {
	const session = withCommands(
		command({argv: ['tool', '{{error}}']}),
		command({title: 'other', argv: ['tool', '--code={{error}}']}),
	);
	const group = {signature: 'x', code: '--all', level: 'error', side: 'candidate', count: 1, sample: 'x'} as const;
	session.take({type: 'errors-seen', groups: [group], lines: 1, dropped: 0});
	expect(asked(session, run(undefined, {error: '--all'})).reason).toContain('would take it for an option');
	expect(argvOf(asked(session, run('other', {error: '--all'})).fact)).toEqual(['tool', '--code=--all']);
});

test('who may: nobody who only looks; an attached console what is harmless; a dangerous one is to be confirmed', () => {
	const session = withCommands(command(), command({title: 'rebalance', dangerous: true}));
	expect(asked(session, run(), {...ana, role: 'read-only'}).reason).toBe('this console is read-only');
	expect(asked(session, run(), {...ana, role: 'attached'}).accepted).toBe(true);
	expect(asked(session, run('rebalance', {confirmed: true}), {...ana, role: 'attached'}).reason).toContain('arm it first');
	expect(asked(session, run('rebalance')).reason).toContain('it must be confirmed');
	expect(asked(session, run('rebalance', {confirmed: true})).accepted).toBe(true);
	expect(asked(session, run('nonesuch')).reason).toBe('the profile has no command “nonesuch”');
});

const take = (session: FakeSession, title: string): void => {
	const {fact} = asked(session, run(title));
	session.take(fact);
};

test('one runs once at a time, and no more than three do', () => {
	const session = withCommands(...['a', 'b', 'c', 'd'].map(title => command({title, key: title.toUpperCase()})));
	take(session, 'a');
	expect(asked(session, run('a')).reason).toBe('it is running already');
	take(session, 'b');
	take(session, 'c');
	expect(asked(session, run('d')).reason).toBe('3 commands are running already');
	session.take({type: 'command-finished', run: 2, kind: 'exited', code: 0, tookMs: 20});
	expect(asked(session, run('d')).accepted).toBe(true);
	expect(asked(session, run('b')).accepted).toBe(true);
});

test('what runs stays in the state however many came after it; the rest is bounded', () => {
	const session = withCommands(command({title: 'long'}), command({title: 'short'}));
	take(session, 'long');
	for (let round = 0; round < 2 * runsKept; round++) {
		take(session, 'short');
		session.take({type: 'command-finished', run: round + 2, kind: 'exited', code: 0, tookMs: 1});
	}
	const {runs, count} = session.state().runbook!;
	expect([count, runs.length, runs[0]?.title, runs[0]?.end]).toEqual([2 * runsKept + 1, runsKept + 1, 'long', undefined]);
});

test('the timeline says who ran what, and what became of it', () => {
	const session = withCommands(command({argv: ['tool', 'a b']}));
	take(session, 'errors by type');
	session.take({type: 'command-started', run: 1, pid: 7, startTicks: 99});
	expect(session.state().runbook?.runs[0]?.process).toEqual({pid: 7, startTicks: 99});
	const mark = {pid: 7, startTicks: '99', bootId: 'b', host: 'h'};
	session.take({type: 'command-started', run: 1, pid: 7, startTicks: 99, process: mark});
	expect(session.state().runbook?.runs[0]?.process).toEqual(mark);
	session.take({
		type: 'command-finished',
		run: 1,
		kind: 'exited',
		code: 3,
		tookMs: 1_234,
		bytes: 9,
		lines: 1,
		sha256: 'x',
		truncated: true,
	});
	const texts = session
		.state()
		.timeline.slice(-2)
		.map(({text}) => text);
	expect(texts).toEqual([
		'ana@bastion runs “errors by type” (run 1): tool "a b"',
		'“errors by type” (run 1) FAILED: ended with 3 in 1s200ms, its output cut',
	]);
	expect(session.state().runbook?.runs[0]).not.toHaveProperty('process');
});

test('an end without a beginning, as in a damaged journal, harms nothing', () => {
	const session = withCommands(command());
	session.take({type: 'command-started', run: 9, pid: 7, startTicks: 0});
	session.take({type: 'command-finished', run: 9, kind: 'cut-off', tookMs: 0});
	const state: SessionState = session.state();
	expect(state.runbook).toEqual({count: 0, runs: []});
	expect(asked(session).accepted).toBe(true);
});

test('the keys that a profile may not take are those of the console, live', () => {
	const single = keyTable.filter(({only}) => only !== 'replay').flatMap(({keys}) => keys.filter(key => [...key].length === 1));
	expect(Object.keys(takenKeys).sort()).toEqual([...new Set(single)].sort());
});
