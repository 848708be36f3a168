import {describe, expect, test} from 'vitest';
import {keysRow} from '../../src/view/footer.ts';
import {whyWaiting} from '../../src/view/header.ts';
import {bindingOf} from '../../src/view/keys.ts';
import {paletteEntries} from '../../src/view/palette.ts';
import {textOf, tones} from '../../src/view/row.ts';
import {liveLink} from '../../src/view/scene.ts';
import {screenText} from '../../src/view/screen-text.ts';
import {dialogText, nothingSpoken, speech} from '../../src/view/speech.ts';
import {pickTheme, themeNames, themes} from '../../src/view/theme.ts';
import {initialUi} from '../../src/view/ui-state.ts';
import {titleOf, verdictOf} from '../../src/view/verdict.ts';
import {sceneOf, seen} from '../helpers/fake-scene.ts';
import {
	breachingSession,
	failedRollbackSession,
	fakeSession,
	healthySession,
	rolledBackSession,
	startedSession,
} from '../helpers/fake-session.ts';

describe('the session in one word', () => {
	test.each([
		['no weight yet', () => fakeSession(), 'NOT STARTED'],
		['all well', () => healthySession(), 'HEALTHY'],
		['one guardrail outside its bound, its wait not over', () => breachingSession(), 'BREACHING'],
		['rolled back, and read back', () => rolledBackSession(), 'ROLLED BACK'],
		['a rollback the router does not take', () => failedRollbackSession(), 'ROLLBACK FAILING'],
		['held by a person', () => healthySession().take({type: 'hold-asked', by: 'ana', reason: 'lunch'}), 'HELD'],
		['no series any more', () => healthySession().poll(70, {ttfv: null}), 'NO DATA'],
		['the split is not what was asked', () => healthySession().take({type: 'split-read', split: {weightPercent: 30}}), 'DRIFTED'],
		[
			'the router does not answer',
			() => healthySession().take({type: 'split-unreadable', error: {kind: 'timeout', message: 'no answer'}}),
			'ROUTER SILENT',
		],
	])('%s: %s', (_, make, word) => {
		expect(verdictOf(sceneOf(make())).word).toBe(word);
	});

	test('a controller that is not heard is never healthy', () => {
		const scene = sceneOf(healthySession(), {link: {...liveLink, status: 'lost', reason: '', lostForMs: 2_000}});
		expect(verdictOf(scene).word).toBe('CONTROLLER LOST');
	});

	test('old data is never healthy', () => {
		expect(verdictOf(sceneOf(healthySession(), {}, 30_000)).word).toBe('OLD DATA');
	});

	test('the title begins with the word, for a row of tabs', () => {
		expect(titleOf(sceneOf(breachingSession()))).toBe('BREACHING 5% relay-r1');
		expect(titleOf(sceneOf(failedRollbackSession()))).toBe('ALARM ROLLBACK FAILING 5% relay-r1');
	});
});

test('what is seen is a share, not a float: no row of zeros', () => {
	const session = healthySession();
	session.take({
		type: 'tick-taken',
		dueMs: session.now().tMs,
		lateMs: 0,
		missed: 0,
		readings: {},
		observedPercent: 100.00000000000001,
	});
	expect(seen(sceneOf(session))).toMatch(/seen 100 !/);
});

test('a value without a bound that has no data announces nothing', () => {
	const text = seen(sceneOf(healthySession().poll(5, {reqs: null})));
	expect(text).toMatch(/Requests +no data/);
	expect(text).not.toContain('nothing goes forward');
	expect(text).toContain('HEALTHY');
});

describe('why it waits', () => {
	test.each([
		['by its clock', () => healthySession(), /^watches until 13:00 \(42:\d\d to go\), then asks for 100 %$/],
		['for a guardrail', () => breachingSession(), /^stage clock stands still: SSE success is breaching/],
		['for a person', () => healthySession().take({type: 'hold-asked', by: 'ana', reason: 'lunch'}), /held by ana: lunch/],
		['for nothing any more', () => rolledBackSession(), /^over: start a new run/],
	])('%s', (_, make, text) => {
		expect(whyWaiting(sceneOf(make()))).toMatch(text);
	});
});

describe('the key table', () => {
	test('guards every verb that changes something', () => {
		const verbs = ['rollback', 'promote', 'hold', 'snapshot', 'note', 'acknowledge', 'arm', 'end', 'quit'] as const;
		for (const verb of verbs) expect(bindingOf(verb)?.guarded).toBe(true);
	});

	test('says why a key can’t be used now', () => {
		const reason = (action: Parameters<typeof bindingOf>[0], ...scene: Parameters<typeof sceneOf>) =>
			bindingOf(action)?.disabledReason(sceneOf(...scene));
		expect(reason('promote', breachingSession())).toMatch(/^SSE success is breaching: 99\.\d+ % \(healthy ≥ 99\.6 %\)$/);
		expect(reason('promote', healthySession())).toBeUndefined();
		expect(reason('promote', healthySession(), {link: {...liveLink, role: 'attached'}})).toMatch(/arm it first/);
		expect(reason('rollback', healthySession(), {link: {...liveLink, role: 'attached'}})).toBeUndefined();
		expect(reason('rollback', rolledBackSession())).toBeUndefined();
		expect(reason('rollback', healthySession(), {link: {...liveLink, role: 'read-only'}})).toBe('this console is read only');
		expect(reason('rollback', healthySession(), {link: {...liveLink, replay: true}})).toBe('this is a replay');
		expect(reason('hold', healthySession(), {link: {...liveLink, status: 'lost', reason: '', lostForMs: 1}})).toBe(
			'the controller is lost',
		);
	});

	test('an armed console may promote until its time is over', () => {
		const session = healthySession();
		const attached = {...liveLink, role: 'attached'} as const;
		const armedUntilMs = session.now().tMs + 10_000;
		const promote = bindingOf('promote');
		expect(promote?.disabledReason(sceneOf(session, {link: attached, ui: {...initialUi, armedUntilMs}}))).toBeUndefined();
		expect(promote?.disabledReason(sceneOf(session, {link: attached, ui: {...initialUi, armedUntilMs}}, 2_000))).toBeUndefined();
		expect(promote?.disabledReason(sceneOf(session, {link: attached, ui: {...initialUi, armedUntilMs: 5}}))).toMatch(
			/arm it first/,
		);
	});

	test('keeps a disabled key in the footer, with its reason', () => {
		expect(textOf(keysRow(sceneOf(breachingSession()), 120))).toContain('p promote ⊘ (SSE success is breaching)');
	});

	test('keeps the rollback in the footer down to a dozen columns', () => {
		const scene = sceneOf(breachingSession());
		for (let columns = 12; columns < 130; columns++) expect(textOf(keysRow(scene, columns))).toContain('r roll back');
	});

	test('is all in the palette, with its reasons', () => {
		const entries = paletteEntries(sceneOf(breachingSession()), '');
		expect(entries.find(({text}) => text === 'promote')?.disabledReason).toMatch(/SSE success/);
		expect(entries.map(({text}) => text)).toContain('end the session');
		expect(entries.map(({text}) => text)).toContain('theme: high-contrast');
	});
});

describe('a dialog', () => {
	const withDialog = (dialog: NonNullable<(typeof initialUi)['dialog']>, session = healthySession()) =>
		seen(sceneOf(session, {ui: {...initialUi, dialog}}));

	test('for a rollback names from, to and the age of the data', () => {
		const text = withDialog({kind: 'rollback', choice: 'do'});
		expect(text).toMatch(/R1 TASK-A {2}5 % → 0 % {2}data 0\.8 s old/);
		expect(text).toContain('▸[ y Roll back ]');
	});

	test('for a promotion has Cancel marked, and says what to weigh', () => {
		const text = withDialog({kind: 'promote', choice: 'cancel', toPercent: 25, typed: ''});
		expect(text).toContain('▸[ Esc Cancel ]');
		expect(text).toContain('the stage has been watched for 29 % of its time');
	});

	test('for all traffic asks for the profile’s name', () => {
		expect(withDialog({kind: 'promote', choice: 'cancel', toPercent: 100, typed: 'rel'})).toContain(
			'Type the profile’s name: relay-r1',
		);
	});

	test('for a promotion says what has come in between', () => {
		expect(withDialog({kind: 'promote', choice: 'cancel', toPercent: 100, typed: ''}, breachingSession())).toContain(
			'✗ SSE success is breaching',
		);
	});

	test('with the detail of a guardrail shows its query, its bounds and every series', () => {
		const text = withDialog({kind: 'detail', guardrail: 'ttfv', scroll: 0});
		expect(text).toContain('histogram_quantile(0.95, sum by (le) (rate(ttfv_ms_bucket{track="canary"}[5m])))');
		expect(text).toContain('severe      < 4,000 ms; outside it after 30s');
		expect(text).toContain('{job="relay", track="canary"}');
		expect(text).toContain('newest sample 0.2 s old when read');
	});
});

describe('a theme', () => {
	test('has a look for every tone', () => {
		for (const name of themeNames) expect(Object.keys(themes[name].styles).sort()).toEqual([...tones].sort());
	});

	test('has no colour where the environment forbids it, whatever was chosen', () => {
		expect(pickTheme('high-contrast', {NO_COLOR: '1'}).name).toBe('mono');
		expect(pickTheme('high-contrast', {NO_COLOR: ''}).name).toBe('high-contrast');
		const codes = Object.values(themes.mono.styles).flat();
		expect(codes.filter(code => code >= 30)).toEqual([]);
	});

	test('of an unknown name is the default', () => {
		expect(pickTheme('solarized', {}).name).toBe('default');
	});
});

describe('speech', () => {
	test('says everything once, and then only what changed', () => {
		const session = healthySession();
		const first = speech(sceneOf(session), nothingSpoken);
		expect(first.lines.join('\n')).toMatch(/TTFV p95: ok, 1,1\d\d ms, healthy < 1,500 ms/);
		expect(first.lines.join('\n')).toMatch(/HEALTHY: all 6 guardrails hold/);
		expect(speech(sceneOf(session.poll(1)), first.spoken).lines).toEqual([]);
		const second = speech(sceneOf(session.poll(2, {sse: 99.1})), first.spoken);
		expect(second.lines.some(line => /^SSE success: breaching, 99\.\d+ %/.test(line))).toBe(true);
		expect(second.lines.some(line => line.startsWith('BREACHING: SSE success'))).toBe(true);
	});

	test('reads an open dialog aloud, without its frame', () => {
		const scene = sceneOf(healthySession(), {ui: {...initialUi, dialog: {kind: 'rollback', choice: 'do'}}});
		const said = speech(scene, speech(sceneOf(healthySession()), nothingSpoken).spoken).lines.join('\n');
		expect(said).toContain('Roll back');
		expect(said).toContain('5 % → 0 %');
		expect(said).not.toMatch(/[╭│╰]/);
	});

	test('asks a question once, while ages and values in it move; what is chosen is news', () => {
		const asking = (polls: number, choice: 'do' | 'cancel') => {
			const session = Array.from({length: polls}).reduce<ReturnType<typeof breachingSession>>(
				going => going.poll(1, {sse: 99.2}),
				breachingSession(),
			);
			return sceneOf(session, {ui: {...initialUi, dialog: {kind: 'rollback', choice}}});
		};
		const first = speech(asking(0, 'do'), nothingSpoken);
		expect(first.lines.join('\n')).toContain('Roll back');
		expect(dialogText(asking(2, 'do'))).not.toBe(dialogText(asking(0, 'do')));
		expect(speech(asking(2, 'do'), first.spoken).lines.join('\n')).not.toContain('Roll back');
		expect(speech(asking(2, 'cancel'), first.spoken).lines.join('\n')).toContain('Roll back');
	});
});

describe('the screen as text', () => {
	test('is what a checkpoint keeps: as many lines as rows, no colour', () => {
		const session = breachingSession();
		const text = screenText(session.state(), {columns: 120, rows: 40}, {...session.now(), offsetMinutes: 60});
		expect(text.split('\n')).toHaveLength(41);
		expect(text).toContain('SSE success');
		expect(text).toContain('13:17:44');
		expect(text).not.toContain('\x1B');
	});

	test('of a session that has only begun is a screen, too', () => {
		const session = startedSession();
		expect(screenText(session.state(), {columns: 80, rows: 24}, {...session.now(), offsetMinutes: 0})).toContain('relay-r1');
	});
});
