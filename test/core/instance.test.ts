import {expect, test} from 'vitest';
import {admit} from '../../src/core/admit.ts';
import {baselineCaution, instanceRemarks, keepsController, whyNotStop} from '../../src/core/decide-instance.ts';
import type {Fact} from '../../src/core/event.ts';
import {instanceText} from '../../src/core/instance-text.ts';
import {promoteBlockers} from '../../src/core/next.ts';
import {owesPreflight} from '../../src/core/reduce-preflight.ts';
import type {SessionState} from '../../src/core/state.ts';
import {fold, given, plan, splitRead, stage, started, tick} from '../helpers/given.ts';

const instance = {
	command: 'serve',
	withinMs: 60_000,
	onExit: 'rollback',
	stopAfterMs: 60_000,
	restartBaseline: {command: 'systemctl restart app'},
} as const;
const thePlan = plan(
	{instance, preflight: [{title: 'page', kind: 'http'}], evidence: ['x.log'], stages: [stage(5), stage(100, {durationMs: 0})]},
	{watchAfterEndMs: 0},
);
const process = {pid: 7, startTicks: '1', bootId: 'b', host: 'h'};
const intended: Fact = {type: 'instance-start-intended', intentId: '1:0', command: 'serve'};
const runs: Fact = {type: 'instance-started', process, found: false};
const healthy: Fact = {type: 'instance-checked', ok: true, message: '200', tookMs: 9};
const ill: Fact = {type: 'instance-checked', ok: false, message: 'it answered 503.', tookMs: 9};
const passed: readonly Fact[] = [
	{type: 'preflight-started', checks: 1},
	{type: 'preflight-checked', index: 0, title: 'page', kind: 'http', tookMs: 1, ok: true, message: 'ok'},
	{type: 'preflight-finished', passed: true, failed: [], tookMs: 1},
];
const up = [started(thePlan), splitRead(0), tick(0, 1), intended, runs, healthy, ...passed];
const moved = (intentId: string, purpose: 'start' | 'promote' | 'rollback' | 'handback', toPercent: number): readonly Fact[] => [
	{
		type: 'action-intended',
		intentId,
		purpose,
		toPercent,
		stageIndex: toPercent === 100 ? 1 : 0,
		reason: '',
		by: 'ana',
	},
	{type: 'action-verified', intentId, router: 'r', split: {weightPercent: toPercent}, attempt: 1, tookMs: 1},
];
const atFive = [...up, ...moved('a', 'start', 5)];
const promoted: readonly Fact[] = [
	...atFive,
	...moved('b', 'promote', 100),
	{type: 'session-ended', outcome: 'promoted', reason: 'all held'},
];
const resumed = (weightPercent: number): Fact => ({
	type: 'controller-resumed',
	by: 'ana',
	pid: 2,
	version: '0',
	unguardedMs: 5,
	split: {weightPercent},
});
const ended: Fact = {type: 'instance-ended', message: 'pid 7 ended with 1', code: 1, left: 0};
const types = (intents: readonly {readonly type: string}[]): string[] =>
	intents.map(({type}) => type).filter(type => type !== 'write-checkpoint');
const stateOf = (...facts: readonly Fact[]): SessionState => fold(facts).states.at(-1)!;

test('it is started once, before anything else; the pre-flight and the first weight wait until it is healthy', () => {
	expect(types(given(started(thePlan), splitRead(0)).when(tick(0, 1)).intents)).toEqual(['start-instance']);
	expect(types(given(started(thePlan), splitRead(0), tick(0, 1), intended).when(tick(1_000, 1)).intents)).toEqual([]);
	// A controller's first event comes before its doors are open.
	expect(types(given().when(started(thePlan)).intents)).toEqual([]);
	const starting = stateOf(started(thePlan), splitRead(0), tick(0, 1), intended, runs, ill);
	expect(promoteBlockers(starting)[0]).toBe('the instance starts: it answered 503.');
	expect(owesPreflight(starting)).toBe(false);
	expect(owesPreflight(stateOf(...up.slice(0, 6)))).toBe(true);
	expect(types(given(...up).when(tick(1_000, 1)).intents)).toEqual(['set-weight']);
	// An illness later keeps it from getting more.
	expect(promoteBlockers(stateOf(...atFive, ill))[0]).toBe('the instance is not healthy: it answered 503.');
});

test('after a crash between the intent and the process the start is settled anew; one that was asked again after a failure too', () => {
	const cutOff = [started(thePlan), splitRead(0), tick(0, 1), intended, resumed(0)];
	expect(types(given(...cutOff).when(tick(1_000, 1)).intents)).toEqual(['start-instance']);
	// With its process known there is nothing to settle.
	expect(types(given(...cutOff.slice(0, 4), runs, resumed(0)).when(tick(1_000, 1)).intents)).toEqual([]);
	const failed: Fact = {type: 'instance-failed', message: 'it ended with 7', isRunning: false};
	const after = [started(thePlan), splitRead(0), tick(0, 1), intended, failed];
	expect(types(given(...after).when(tick(1_000, 1)).intents)).toEqual([]);
	expect(promoteBlockers(stateOf(...after))[0]).toBe('the instance did not start: it ended with 7');
	const again: Fact = {type: 'preflight-asked', by: 'ana', reason: ''};
	expect(types(given(...after).when(again).intents)).toEqual(['start-instance']);
	// What did not get healthy is stopped first, once.
	const left: Fact = {...failed, isRunning: true};
	const ill = given(...after.slice(0, 4), runs).when(left);
	expect(types(ill.intents)).toEqual(['stop-instance']);
	const stopping: Fact = {type: 'instance-stop-intended', intentId: 's', reason: '', by: 'x'};
	expect(types(given(...after.slice(0, 4), runs, left, stopping).when(tick(1_000, 1)).intents)).toEqual([]);
	expect(types(given(...after.slice(0, 4), runs, left, stopping, resumed(0)).when(tick(1_000, 1)).intents)).toEqual([
		'stop-instance',
	]);
	const cantBe: Fact = {type: 'instance-stop-failed', message: 'EPERM'};
	expect(types(given(...after.slice(0, 4), runs, left, stopping, cantBe).when(tick(1_000, 1)).intents)).toEqual([]);
});

test('one that dies with traffic rolls back, as far as auto-rollback is armed; one without traffic is only told', () => {
	const {intents, state} = given(...atFive).when(ended);
	expect(intents).toMatchObject([{type: 'set-weight', purpose: 'rollback', toPercent: 0, urgent: true}]);
	expect(state.alarms['instance']).toBe('the instance ended by itself: pid 7 ended with 1');
	const advisory = {...thePlan, policies: {...thePlan.policies, autoRollback: 'advisory'}} as const;
	const advised = given(started(advisory), ...atFive.slice(1), ended).when(tick(5_000, 1));
	expect(types(advised.intents)).toEqual([]);
	expect(advised.state.advised?.reason).toMatch(/the instance ended by itself/);
	const warns = {...thePlan, instance: {...instance, onExit: 'warn'}} as const;
	expect(types(given(started(warns), ...atFive.slice(1)).when(ended).intents)).toEqual([]);
	expect(types(given(...up).when(ended).intents)).toEqual([]);
	expect(stateOf(...up, ended).alarms).toEqual({});
	// The way down is verified: the siren is over.
	expect(stateOf(...atFive, ended, ...moved('r', 'rollback', 0)).alarms).toEqual({});
});

test('after a rollback it is stopped when the rollback is verified and the evidence gathered, never before', () => {
	const [down, verified] = moved('r', 'rollback', 0) as [Fact, Fact];
	const collected: Fact = {type: 'evidence-collected', name: 'x.log', ok: true, message: '', tookMs: 1};
	expect(types(given(...atFive, down).when(tick(3_000, 1)).intents)).toEqual([]);
	expect(types(given(...atFive, down, collected).when(tick(3_000, 1)).intents)).toEqual([]);
	expect(types(given(...atFive, down, verified).when(tick(3_000, 1)).intents)).not.toContain('stop-instance');
	const over: Fact = {type: 'session-ended', outcome: 'rolled-back', reason: ''};
	const done = given(...atFive, down, verified, over).when(collected);
	expect(done.intents).toMatchObject([{type: 'stop-instance', reason: 'rolled back, and the evidence is gathered'}]);
	expect(keepsController(done.state, done.state.lastTMs)).toBe(true);
	// The split drifted back: it gets traffic again.
	expect(types(given(...atFive, down, verified, over, splitRead(5)).when(collected).intents)).toEqual([]);
	const stopping: Fact = {type: 'instance-stop-intended', intentId: 's', reason: '', by: 'x'};
	const stopped: Fact = {type: 'instance-stopped', message: 'pid 7 ended on SIGTERM', tookMs: 1};
	const after = stateOf(...atFive, down, verified, over, collected, stopping, stopped);
	expect(keepsController(after, after.lastTMs)).toBe(false);
	expect(instanceText(after, 0)?.text).toBe('stopped: pid 7 ended on SIGTERM');
	// A stop that a crash cut off is begun anew.
	const again = [...atFive, down, verified, over, collected, stopping, resumed(0)];
	expect(types(given(...again).when(tick(9_000, 1)).intents)).toEqual(['stop-instance']);
});

test('promoted: the baseline is restarted while it has no traffic, gets it back, and the instance is stopped when its time is over', () => {
	const restarting: Fact = {type: 'baseline-restart-intended', intentId: 'r', command: 'systemctl restart app'};
	const restarted: Fact = {type: 'baseline-restarted', ok: true, message: 'ended with 0', tookMs: 1};
	expect(types(given(...promoted.slice(0, -1)).when(promoted.at(-1)!).intents)).toEqual(['restart-baseline']);
	expect(types(given(...promoted, restarting).when(tick(5_000, 1)).intents)).toEqual([]);
	expect(given(...promoted, restarting).when(restarted).intents).toMatchObject([
		{type: 'set-weight', purpose: 'handback', toPercent: 0, urgent: false},
	]);
	const back = [...promoted, restarting, restarted, ...moved('h', 'handback', 0)];
	expect(stateOf(...back).ended?.outcome).toBe('promoted');
	expect(types(given(...back, splitRead(0)).when(tick(9_000, 1)).intents)).toEqual([]);
	// Nothing is left to roll back: a breach of the idle instance does nothing.
	expect(types(given(...back, splitRead(0)).when(tick(9_000, 99)).intents)).toEqual([]);
	expect(types(given(...back).when(ended).intents)).toEqual([]);
	const late = given(...back, tick(70_000, 1)).when(splitRead(0));
	expect(late.intents).toMatchObject([{type: 'stop-instance', reason: '1m after the promotion'}]);
	// An old look at the split is no ground.
	expect(types(given(...back, splitRead(0)).when(tick(70_000, 1)).intents)).toEqual([]);
	// The time is over, the traffic still there.
	const kept = stateOf(...promoted, restarting, {...restarted, ok: false}, tick(70_000, 1), splitRead(100));
	expect(whyNotStop(kept, kept.lastTMs)).toMatch(/^it gets 100 % of the traffic: restart the baseline/);
	expect(kept.alarms['baseline']).toMatch(/the baseline's restart failed: ended with 0 The traffic stays where it is/);
	const again: Fact = {type: 'baseline-restart-asked', by: 'ana', reason: 'mended'};
	expect(types(given(...promoted, restarting, {...restarted, ok: false}, splitRead(100)).when(again).intents)).toEqual([
		'restart-baseline',
	]);
	// A restart that a crash cut off is run again: the baseline has no traffic.
	expect(types(given(...promoted, restarting, resumed(100)).when(splitRead(100)).intents)).toEqual(['restart-baseline']);
});

test('a restart that a crash cut off keeps its command and its start until what became of it is known', () => {
	const restarting = (intentId: string): Fact => ({type: 'baseline-restart-intended', intentId, command: 'x'});
	const begun = {pid: 8, startTicks: '2', bootId: 'b', host: 'h'};
	const runs = (found: boolean): Fact => ({type: 'baseline-restart-started', process: begun, found});
	const restarted: Fact = {type: 'baseline-restarted', ok: false, message: 'no.', tookMs: 1};
	const first = [...promoted, restarting('r'), tick(5_000, 1), runs(false), resumed(100)];
	const cutOff = stateOf(...first).baseline!;
	expect(cutOff).toMatchObject({status: 'interrupted', run: 'r', process: begun});
	// Taken up, also twice: the first intent's marker, the first start's time.
	const again = stateOf(...first, restarting('s'), runs(true), resumed(100), restarting('t'));
	expect(again.baseline).toEqual({...cutOff, status: 'running', message: 'x'});
	expect(again.timeline.map(({text}) => text)).toEqual(
		expect.arrayContaining([
			'the restart of the baseline runs: pid 8',
			'the restart of the baseline was found running: pid 8',
			'the restart of the baseline that was cut off is taken up: x',
		]),
	);
	// Found by its marker alone: over a second crash, too, it may be what the command left running.
	const guessed = [...promoted, restarting('r'), resumed(100), restarting('s'), runs(true), resumed(100), restarting('t')];
	expect(stateOf(...guessed, runs(true)).baseline).toMatchObject({run: 'r', process: begun, isGuessed: true});
	// What is asked for after a failure is a new one.
	const asks: Fact = {type: 'baseline-restart-asked', by: 'ana', reason: ''};
	const anew = stateOf(...first, restarting('s'), restarted, asks, restarting('u')).baseline!;
	expect([anew.run, anew.process]).toEqual(['u', undefined]);
});

test('the old version is not taken away while anything speaks for it, and whoever rolls back then is told', () => {
	const asked = (...more: readonly Fact[]) => types(given(...promoted, ...more).when(splitRead(100)).intents);
	expect(asked()).toEqual(['restart-baseline']);
	expect(asked(ill)).toEqual([]);
	const silent = {...thePlan, guardrails: thePlan.guardrails.map(one => ({...one, forMs: 60_000}))};
	expect(types(given(started(silent), ...promoted.slice(1), tick(8_000, 99)).when(splitRead(100)).intents)).toEqual([]);
	expect(asked(tick(8_000, 99))).toEqual(['set-weight']);
	expect(types(given(...promoted).when(splitRead(50)).intents)).toEqual([]);
	const restarting: Fact = {type: 'baseline-restart-intended', intentId: 'r', command: 'x'};
	const failed: Fact = {type: 'baseline-restarted', ok: false, message: 'it ended with 1.', tookMs: 1};
	expect(instanceRemarks(thePlan)).toEqual([expect.stringMatching(/no rollback brings the old version back. "policies.bake"/)]);
	expect(instanceRemarks({...thePlan, stages: [stage(5), stage(100, {bake: true})]})).toEqual([]);
	expect(baselineCaution(stateOf(...promoted))).toBeUndefined();
	expect(baselineCaution(stateOf(...promoted, restarting))).toMatch(/may be down/);
	expect(baselineCaution(stateOf(...promoted, restarting, failed))).toMatch(/restart failed, so it may be down/);
	expect(baselineCaution(stateOf(...promoted, restarting, {...failed, ok: true}))).toMatch(/the old one is not brought back/);
	// A rollback then leaves the only instance that is known to work.
	const collected: Fact = {type: 'evidence-collected', name: 'x.log', ok: true, message: '', tookMs: 1};
	const down = [...promoted, restarting, failed, ...moved('r', 'rollback', 0), collected];
	expect(types(given(...down).when(splitRead(0)).intents)).not.toContain('stop-instance');
	// The controller waits for the person who mends it.
	expect(keepsController(stateOf(...promoted, restarting, failed), 9e9)).toBe(true);
});

test('an alarm that it is not stopped ends with it', () => {
	const waits: Fact = {type: 'noticed', level: 'alarm', topic: 'instance-stop', text: 'the instance is not stopped'};
	const stopping: Fact = {type: 'instance-stop-intended', intentId: 's', reason: 'late', by: 'ana'};
	const gone: Fact = {type: 'instance-stopped', message: 'pid 7 ended on SIGTERM', tookMs: 1};
	expect(stateOf(...promoted, waits, stopping).alarms['instance-stop']).toBeDefined();
	expect(stateOf(...promoted, waits, stopping, gone).alarms).toEqual({});
});

test('a breach does not send all traffic to a baseline that may be down, but for what is worse than that', () => {
	const restarting: Fact = {type: 'baseline-restart-intended', intentId: 'r', command: 'x'};
	const restarted: Fact = {type: 'baseline-restarted', ok: true, message: 'ended with 0', tookMs: 1};
	const failed: Fact = {...restarted, ok: false};
	const breach = (...more: readonly Fact[]) => given(...promoted, splitRead(100), ...more).when(tick(8_000, 99));
	const during = breach(restarting);
	expect(types(during.intents)).toEqual([]);
	expect(during.state.alarms['advice']).toMatch(/^ROLL BACK advised \(the baseline is being restarted, so it may be down\): /);
	expect(types(breach(restarting, resumed(100)).intents)).not.toContain('set-weight');
	expect(breach(restarting, failed).state.alarms['advice']).toMatch(/\(the baseline's restart failed, so it may be down\)/);
	// What failed may be tried again nevertheless: nothing else brings the baseline back.
	const asks: Fact = {type: 'baseline-restart-asked', by: 'ana', reason: 'mended'};
	const broken = breach(restarting, failed).state;
	expect(admit(broken, {command: 'restart-baseline', reason: ''}, {role: 'owner', who: 'ana'}, broken.lastTMs).reason).toBe('');
	const tried = given(...promoted, splitRead(100), restarting, failed, tick(8_000, 99)).when(asks);
	expect([types(tried.intents), tried.state.alarms['baseline']]).toEqual([['restart-baseline'], undefined]);
	// A person may, and whatever is left of the baseline is better than nothing.
	const asked: Fact = {type: 'rollback-asked', by: 'ana', reason: ''};
	expect(given(...promoted, restarting).when(asked).intents).toMatchObject([{purpose: 'rollback'}, {}]);
	expect(given(...promoted, restarting).when(ended).intents).toMatchObject([{purpose: 'rollback'}]);
	// Where it is up again, the breach that stands is acted on, and the advice is over.
	const up = given(...promoted, restarting, tick(8_000, 99), restarted).when(tick(9_000, 99));
	expect(up.intents).toMatchObject([{purpose: 'rollback'}]);
	expect(up.state.alarms['advice']).toBeUndefined();
	const secret = {...thePlan, guardrails: thePlan.guardrails.map(one => ({...one, security: true}))};
	const leak = given(started(secret), ...promoted.slice(1), restarting).when(tick(8_000, 99));
	expect(leak.intents).toMatchObject([{purpose: 'rollback', reason: expect.stringMatching(/^SECURITY: /)}, {}]);
});

test('a handback that a crash cut off is asked again, and one that fails holds nothing', () => {
	const restarted: Fact = {type: 'baseline-restarted', ok: true, message: 'ended with 0', tookMs: 1};
	const restarting: Fact = {type: 'baseline-restart-intended', intentId: 'r', command: 'x'};
	const [asked] = moved('h', 'handback', 0) as [Fact];
	const cutOff = given(...promoted, restarting, restarted, asked, resumed(100)).when(splitRead(100));
	expect(cutOff.intents).toMatchObject([{purpose: 'handback'}]);
	expect(cutOff.state.held).toBeUndefined();
	expect(stateOf(...promoted, restarting, restarted, asked, resumed(0)).baseline?.handedBackAtMs).toBeDefined();
	const failed: Fact = {
		type: 'action-failed',
		intentId: 'h',
		router: 'r',
		error: {kind: 'timeout', message: 'slow'},
		attempt: 3,
		tookMs: 1,
	};
	const after = given(...promoted, restarting, restarted, asked, failed).when(splitRead(100));
	expect(types(after.intents)).toEqual([]);
	expect([after.state.held, after.state.split.askedPercent]).toEqual([undefined, 100]);
	const later = given(...promoted, restarting, restarted, asked, failed, tick(90_000, 1)).when(splitRead(100));
	expect(later.intents).toMatchObject([{purpose: 'handback'}]);
});

test('a person stops it only while it gets no traffic, and not from a read-only console', () => {
	const ask = (state: SessionState, role: 'owner' | 'read-only' | 'attached' = 'owner') =>
		admit(state, {command: 'stop-instance', reason: ''}, {role, who: 'ana'}, state.lastTMs);
	expect(ask(stateOf(...atFive)).reason).toBe('it gets 5 % of the traffic: roll back first');
	expect(ask(stateOf(started(thePlan), splitRead(0))).reason).toBe('no instance of this session runs');
	const idle = stateOf(...up, splitRead(0));
	expect(ask(idle)).toMatchObject({accepted: true, fact: {type: 'instance-stop-asked'}});
	expect(ask(idle, 'read-only').accepted).toBe(false);
	expect(ask(idle, 'attached').accepted).toBe(false);
	const failed: readonly Fact[] = [
		{type: 'instance-stop-intended', intentId: 's', reason: '', by: 'x'},
		{type: 'instance-stop-failed', message: 'EPERM'},
	];
	const again = given(...up, splitRead(0), ...failed).when({type: 'instance-stop-asked', by: 'ana', reason: ''});
	expect(again.intents).toMatchObject([{type: 'stop-instance', by: 'ana', reason: 'asked by ana'}]);
	const unreadable: Fact = {type: 'split-unreadable', error: {kind: 'timeout', message: 'slow'}};
	expect(ask(stateOf(...up, unreadable)).reason).toMatch(/can't be read, so it may get traffic/);
});
