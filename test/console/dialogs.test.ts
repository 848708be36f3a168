import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {keyTable} from '../../src/view/keys.ts';
import {liveLink, type Scene} from '../../src/view/scene.ts';
import {type Dialog, initialUi} from '../../src/view/ui-state.ts';
import {sceneOf, seen} from '../helpers/fake-scene.ts';
import {
	breachingSession,
	failedRollbackSession,
	fakePlan,
	fakeSession,
	gradualSession,
	healthySession,
	rolledBackSession,
} from '../helpers/fake-session.ts';
import {inBurst, paste, play, press, sent, typed} from '../helpers/keyboard.ts';

const healthy = healthySession();
const scene = sceneOf(healthy);
const rollback = {command: 'rollback', reason: ''};

/** At 5 %, with the next stage at 100 %. */
const beforeAll = scene;
const twoSteps = sceneOf(
	healthySession({...fakePlan, stages: [fakePlan.stages[0]!, {...fakePlan.stages[0]!, weightPercent: 25}, fakePlan.stages[1]!]}),
);
const held = sceneOf(healthySession().take({type: 'hold-asked', by: 'bo@laptop', reason: 'lunch'}));
const attached = {...scene, link: {...liveLink, role: 'attached' as const}};
const armed = {...attached, ui: {...initialUi, armedUntilMs: scene.now.tMs + 60_000}};
const readOnly = {...scene, link: {...liveLink, role: 'read-only' as const}};
const replay = {...scene, link: {...liveLink, replay: true}};
const lost = {...scene, link: {...liveLink, status: 'lost' as const, reason: 'no beat', lostForMs: 3_000}};

const dialogOf = (played: {readonly scene: Scene}): Dialog | undefined => played.scene.ui.dialog;
const flashOf = (played: {readonly scene: Scene}): string => played.scene.ui.flash?.text ?? '';

describe('roll back', () => {
	const states: readonly (readonly [string, Scene])[] = [
		['healthy', scene],
		['before the first event', sceneOf(fakeSession())],
		['breaching', sceneOf(breachingSession())],
		['rolled back', sceneOf(rolledBackSession())],
		['with a failed rollback', sceneOf(failedRollbackSession())],
		['held', held],
		['going down in steps', sceneOf(gradualSession())],
		['attached without rights', attached],
		['on a tiny screen', {...scene, size: {columns: 20, rows: 5}}],
		['zoomed and filtered', play(scene, '3', '3', '/', ...typed('x'), 'enter').scene],
	];

	test.each(states)('is two keystrokes: %s', (_, from) => {
		for (const yes of ['y', 'enter']) expect(sent(play(from, 'r', yes))).toEqual([rollback]);
	});

	test.each<[string, Dialog]>([
		['the help', {kind: 'help', scroll: 0}],
		['a detail', {kind: 'detail', guardrail: 'sse', scroll: 0}],
		['the question before a promotion', {kind: 'promote', choice: 'cancel', toPercent: 25, typed: ''}],
		['the question before a resume', {kind: 'resume', choice: 'cancel'}],
		['the question before the end', {kind: 'end', choice: 'cancel'}],
		['the question before a gradual one', {kind: 'gradual', choice: 'do'}],
	])('is two keystrokes from %s, too', (_, dialog) => {
		expect(sent(play({...scene, ui: {...initialUi, dialog}}, 'r', 'y'))).toEqual([rollback]);
	});

	test('is gradual by g, which shows the steps and asks; the palette has it too', () => {
		const gradually = {command: 'rollback-gradually', reason: ''};
		expect(sent(play(scene, 'r', 'g'))).toEqual([]);
		expect(seen(play(scene, 'r', 'g').scene)).toContain('5 % → 0 % in 5 steps over 30m (4, 3, 2, 1, 0), the first');
		for (const yes of ['y', 'enter']) expect(sent(play(scene, 'r', 'g', yes))).toEqual([gradually]);
		expect(sent(play(scene, ':', ...typed('back grad'), 'enter', 'y'))).toEqual([gradually]);
		expect(sent(play(scene, 'r', 'g', 'tab', 'enter'))).toEqual([]);
		expect(sent(play(scene, 'r', 'g', 'escape'))).toEqual([]);
		expect(sent(play(attached, 'r', 'g', 'y'))).toEqual([gradually]);
	});

	test('where it can’t be gradual, g says why, and the immediate one stays open', () => {
		const going = sceneOf(gradualSession());
		const played = play(going, 'r', 'g');
		expect(flashOf(played)).toMatch(/^gradually: a gradual rollback by ana@bastion is under way/);
		expect(dialogOf(played)).toMatchObject({kind: 'rollback'});
		expect(sent(play(going, 'r', 'g', 'y'))).toEqual([rollback]);
		expect(flashOf(play(going, 'h'))).toMatch(/only an immediate rollback is open/);
		expect(flashOf(play(sceneOf(rolledBackSession()), 'r', 'g'))).toBe('gradually: rolled back already');
	});

	test('names from → to, the word for how it stands, and the age of the data', () => {
		const text = seen(play(sceneOf(breachingSession()), 'r').scene);
		expect(text).toContain('R1 TASK-A  5 % → 0 %');
		expect(text).toContain('BREACHING: SSE success');
		expect(text).toMatch(/data 0\.8 s old/);
		expect(text).toMatch(/y Roll back/);
	});

	test('is left by Esc, n, Cancel and Ctrl-C, and nothing is sent', () => {
		for (const no of [['escape'], ['n'], ['ctrl-c'], ['tab', 'enter'], ['left', 'enter']]) {
			const played = play(scene, 'r', ...no);
			expect(sent(played)).toEqual([]);
			expect(dialogOf(played)).toBeUndefined();
		}
	});

	test('is not done by "ry" in one go, by a paste, nor by a y that is not alone', () => {
		for (const keys of [
			[inBurst('r'), inBurst('y')],
			[paste('ry')],
			[press('r'), inBurst('y')],
			[press('r'), inBurst('enter')],
			[press('r'), paste('y\r')],
		])
			expect(sent(play(scene, ...keys))).toEqual([]);
	});

	test('says why not where it can’t be', () => {
		expect(flashOf(play(readOnly, 'r'))).toBe('roll back: this console is read only');
		expect(flashOf(play(replay, 'r'))).toBe('roll back: this is a replay');
		expect(flashOf(play(lost, 'r'))).toBe('roll back: lost: canary rollback works in a shell');
		for (const where of [readOnly, replay, lost]) expect(dialogOf(play(where, 'r'))).toBeUndefined();
	});
});

describe('promote', () => {
	test('has Cancel in focus: Enter goes back, y goes on', () => {
		expect(dialogOf(play(twoSteps, 'p'))).toMatchObject({kind: 'promote', choice: 'cancel', toPercent: 25});
		expect(sent(play(twoSteps, 'p', 'enter'))).toEqual([]);
		expect(sent(play(twoSteps, 'p', 'y'))).toEqual([{command: 'promote', reason: ''}]);
		expect(sent(play(twoSteps, 'p', 'tab', 'enter'))).toEqual([{command: 'promote', reason: ''}]);
	});

	test('to 100 % wants the profile’s name, letter by letter, and then Enter', () => {
		expect(sent(play(beforeAll, 'p', ...typed('relay-r1'), 'enter'))).toEqual([{command: 'promote', reason: ''}]);
	});

	test('to 100 % is not done by y, by Enter, by half a name, nor by another one', () => {
		for (const keys of [
			['y'],
			['enter'],
			[...typed('relay'), 'enter'],
			[...typed('relay-r2'), 'enter'],
			[...typed('relay-r1'), 'y'],
		])
			expect(sent(play(beforeAll, 'p', ...keys))).toEqual([]);
	});

	test('to 100 % takes no name from a paste, marked as one or not', () => {
		expect(sent(play(beforeAll, 'p', paste('relay-r1'), 'enter'))).toEqual([]);
		const unmarked = play(beforeAll, 'p', ...[...'relay-r1'].map(inBurst), 'enter');
		expect(sent(unmarked)).toEqual([]);
		expect(dialogOf(unmarked)).toMatchObject({typed: ''});
	});

	test('the last letter and Enter in one go do not do it', () => {
		expect(sent(play(beforeAll, 'p', ...typed('relay-r1'), inBurst('enter')))).toEqual([]);
	});

	test('a typed name can be mended', () => {
		expect(sent(play(beforeAll, 'p', ...typed('relay-x'), 'backspace', ...typed('r1'), 'enter'))).toHaveLength(1);
		expect(sent(play(beforeAll, 'p', ...typed('oops'), 'ctrl-u', ...typed('relay-r1'), 'enter'))).toHaveLength(1);
	});

	test('is stopped when something breaks while the question stands', () => {
		const asked = play(twoSteps, 'p').scene;
		const broken = {...asked, state: breachingSession().state()};
		const played = play(broken, 'y');
		expect(sent(played)).toEqual([]);
		expect(flashOf(played)).toMatch(/^promote: /);
		expect(dialogOf(played)).toBeDefined();
	});

	test('is refused with the reason while a guardrail is breaching, held, or without rights', () => {
		expect(flashOf(play(sceneOf(breachingSession()), 'p'))).toMatch(/^promote: .*SSE success/);
		expect(flashOf(play(held, 'p'))).toMatch(/^promote: held by bo@laptop/);
		expect(flashOf(play(attached, 'p'))).toMatch(/arm it first/);
		expect(dialogOf(play(armed, 'p'))).toMatchObject({kind: 'promote'});
	});
});

describe('hold, resume, snapshot, note, acknowledge', () => {
	test('a hold needs no question, a resume asks with Cancel in focus', () => {
		expect(sent(play(scene, 'h'))).toEqual([{command: 'hold', reason: ''}]);
		expect(sent(play(held, 'h', 'enter'))).toEqual([]);
		expect(sent(play(held, 'h', 'y'))).toEqual([{command: 'resume', reason: ''}]);
		expect(seen(play(held, 'h').scene)).toContain('Held by bo@laptop: lunch');
	});

	test('a snapshot is taken at once', () => {
		expect(sent(play(scene, 's'))).toEqual([{command: 'snapshot', reason: ''}]);
	});

	test('a note is what was typed or pasted, cleaned of what a terminal would obey; an empty one is none', () => {
		expect(sent(play(scene, 'n', ...typed('all fine'), 'enter'))).toEqual([{command: 'note', text: 'all fine'}]);
		expect(sent(play(scene, 'n', paste('one\r\ntwo\x1B[2J'), 'enter'))).toEqual([{command: 'note', text: 'one two\uFFFD'}]);
		expect(sent(play(scene, 'n', 'enter'))).toEqual([]);
		expect(sent(play(scene, 'n', ...typed('x'), 'escape'))).toEqual([]);
	});

	test('an acknowledgement is of the selected guardrail, or of the loudest one', () => {
		const breaching = sceneOf(breachingSession());
		expect(sent(play(breaching, 'a', ...typed('seen'), 'enter'))).toEqual([
			{command: 'acknowledge', guardrail: 'sse', text: 'seen'},
		]);
		expect(flashOf(play(scene, 'a'))).toBe('acknowledge: no alert stands');
	});
});

describe('arm', () => {
	test('wants a name and a reason, and keeps the name for the next time', () => {
		const {effects} = play(attached, 'A', ...typed('ana'), 'tab', ...typed('on call'), 'enter');
		expect(effects).toEqual([
			{type: 'send', command: {command: 'arm', name: 'ana', reason: 'on call'}},
			{type: 'remember', preference: {operator: 'ana'}},
		]);
	});

	test('without one of them it stays open at what is missing', () => {
		expect(dialogOf(play(attached, 'A', ...typed('ana'), 'enter'))).toMatchObject({kind: 'arm', field: 'reason'});
		expect(dialogOf(play(attached, 'A', 'tab', ...typed('on call'), 'enter'))).toMatchObject({kind: 'arm', field: 'name'});
	});

	test('is only for an attached console', () => {
		expect(flashOf(play(scene, 'A'))).toBe('arm: this console may do everything already');
		expect(flashOf(play(readOnly, 'A'))).toBe('arm: this console is read only');
	});
});

describe('quit', () => {
	test('asks what becomes of the controller; to leave it guarding is the default', () => {
		const asked = play(scene, 'q');
		expect(seen(asked.scene)).toContain('What becomes of the controller?');
		expect(play(scene, 'q', 'enter').effects).toEqual([{type: 'quit'}]);
	});

	test('holds or rolls back first, and leaves once the controller has taken it', () => {
		const leaving = {reason: 'on leaving the console'};
		expect(play(scene, 'q', 'h', 'enter').effects).toEqual([
			{type: 'send', command: {command: 'hold', ...leaving}, leaves: true},
		]);
		expect(play(scene, 'q', 'down', 'down', 'enter').effects).toEqual([
			{type: 'send', command: {command: 'rollback', ...leaving}, leaves: true},
		]);
	});

	test('Ctrl-C twice leaves it guarding; Stay and Esc stay', () => {
		expect(play(scene, 'ctrl-c', 'ctrl-c').effects).toEqual([{type: 'quit'}]);
		for (const keys of [['up', 'enter'], ['s', 'enter'], ['escape']]) expect(play(scene, 'q', ...keys).effects).toEqual([]);
	});

	test('needs no question when there is nothing to leave guarding, or no right to say', () => {
		for (const where of [readOnly, replay, lost]) expect(play(where, 'q').effects).toEqual([{type: 'quit'}]);
	});
});

describe('palette', () => {
	test('finds a command by some of its letters, and does it', () => {
		expect(dialogOf(play(scene, ':', ...typed('rollb'), 'enter'))).toMatchObject({kind: 'rollback'});
		expect(sent(play(scene, ':', ...typed('snap'), 'enter'))).toEqual([{command: 'snapshot', reason: ''}]);
		expect(play(scene, ':', ...typed('theme: mono'), 'enter')).toMatchObject({
			scene: {ui: {theme: 'mono'}},
			effects: [{type: 'remember', preference: {theme: 'mono'}}],
		});
		expect(dialogOf(play(scene, ':', ...typed('detail db'), 'enter'))).toMatchObject({kind: 'detail', guardrail: 'pool'});
	});

	test('shows why something can’t be done, and does not do it', () => {
		const open = play(sceneOf(breachingSession()), ':', ...typed('promote'));
		expect(seen(open.scene)).toMatch(/promote \(SSE success/);
		expect(dialogOf(play(open.scene, 'enter'))).toBeUndefined();
	});

	test('does nothing guarded by an Enter in a burst', () => {
		expect(sent(play(scene, ':', ...typed('snap'), inBurst('enter')))).toEqual([]);
	});

	test('moves among its lines, and never beyond them', () => {
		expect(dialogOf(play(scene, ':', 'down', 'down', 'up'))).toMatchObject({selected: 1});
		expect(dialogOf(play(scene, ':', 'up', 'up'))).toMatchObject({selected: 0});
		expect(play(scene, ':', ...typed('zzzz'), 'enter').effects).toEqual([]);
	});
});

describe('a modal', () => {
	const dialogs: readonly Dialog[] = [
		{kind: 'rollback', choice: 'do'},
		{kind: 'promote', choice: 'cancel', toPercent: 25, typed: ''},
		{kind: 'promote', choice: 'cancel', toPercent: 100, typed: ''},
		{kind: 'resume', choice: 'cancel'},
		{kind: 'end', choice: 'cancel'},
		{kind: 'note', typed: ''},
		{kind: 'acknowledge', guardrail: 'sse', typed: ''},
		{kind: 'arm', field: 'name', name: '', reason: ''},
		{kind: 'filter', pane: 'errors', mode: 'only', typed: ''},
		{kind: 'palette', typed: '', selected: 0},
		{kind: 'quit', choice: 'leave'},
		{kind: 'help', scroll: 0},
		{kind: 'detail', guardrail: 'sse', scroll: 0},
	];
	const elsewhere = ['p', 'h', 's', '1', '2', '3', '4', 'z', 'e', '[', ']'];

	test.each(dialogs.map(dialog => [dialog.kind, dialog] as const))('takes all keys: %s', (_, dialog) => {
		const open = {...scene, ui: {...initialUi, dialog}};
		for (const key of elsewhere) {
			const played = play(open, key);
			expect(sent(played)).toEqual([]);
			expect(played.scene.ui).toMatchObject({focus: initialUi.focus, zoomed: false, panes: initialUi.panes});
			expect(dialogOf(played)?.kind).toBe(dialog.kind);
		}
	});

	test('is closed by Esc, whichever it is', () => {
		for (const dialog of dialogs) expect(dialogOf(play({...scene, ui: {...initialUi, dialog}}, 'escape'))).toBeUndefined();
	});

	test('never sends anything by keys that are not pressed by themselves, whatever is open and whatever they are', () => {
		const keys = [...new Set([...keyTable.flatMap(binding => binding.keys), ...'yrpnhq\r'])];
		const mayBeHarmless = ['note', 'acknowledge', 'arm'];
		fc.assert(
			fc.property(
				fc.option(fc.constantFrom(...dialogs), {nil: undefined}),
				fc.array(fc.constantFrom(...keys), {maxLength: 12}),
				(dialog, pressed) => {
					const open = {...scene, ui: {...initialUi, ...(dialog && {dialog})}};
					const commands = sent(play(open, ...pressed.map(inBurst)));
					expect(commands.filter(({command}) => !mayBeHarmless.includes(command))).toEqual([]);
				},
			),
			{numRuns: 400},
		);
	});
});

describe('a key that can’t be used now', () => {
	test.each(keyTable.filter(({keys}) => keys.length > 0).map(binding => [binding.keys[0] ?? '', binding] as const))(
		'%s says why, in every state, and changes nothing',
		(key, binding) => {
			for (const where of [scene, attached, readOnly, replay, lost, held, sceneOf(rolledBackSession())]) {
				const reason = binding.disabledReason(where);
				if (reason === undefined) continue;
				const played = play(where, key);
				expect(flashOf(played)).toBe(`${binding.label(where)}: ${reason}`);
				expect(played.effects).toEqual([]);
				expect(dialogOf(played)).toBeUndefined();
			}
		},
	);

	test('stays in the footer with its sign', () => {
		expect(seen(attached)).toMatch(/p promote ⊘/);
		expect(seen(sceneOf(breachingSession()))).toMatch(/p promote ⊘ \(SSE success/);
	});
});
