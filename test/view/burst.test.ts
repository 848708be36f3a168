import {expect, test} from 'vitest';
import {burstDetail} from '../../src/view/burst-pane.ts';
import {burstLine, burstRows, shownBurst} from '../../src/view/burst-rows.ts';
import {unicodeGlyphs} from '../../src/view/glyphs.ts';
import {rowWidth, textOf} from '../../src/view/row.ts';
import {sceneOf, seen} from '../helpers/fake-scene.ts';
import {burstSession, type FakeSession, healthySession} from '../helpers/fake-session.ts';

const rowsOf = (session: FakeSession, columns = 118, laterMs = 0): readonly string[] => {
	const {burst} = session.state();
	if (!burst) throw new Error('no burst');
	const nowMs = session.now().tMs + laterMs;
	return burstRows(burst, {glyphs: unicodeGlyphs, nowMs, waits: false}, columns).map(textOf);
};

const finished = {
	type: 'burst-finished',
	stageIndex: 0,
	...{planned: 100, total: 100, ok: 96, failed: 4, successPercent: 96, averageMs: 210.5, p50Ms: 180, p95Ms: 900, p99Ms: 1_900},
	...{maxMs: 2_100, codes: {200: 96, 429: 4}, tookMs: 14_000},
	byUser: {done: Array.from({length: 20}, () => 4), failed: [0, 4, ...Array.from({length: 18}, () => 0)]},
} as const;

test('time to go is by the pace so far, and stands still at nothing while nothing is told', () => {
	// 42 of 100 in 6 s: 58 more take 8.3 s.
	expect(rowsOf(burstSession())[0]).toContain('0:06, about 0:09 to go');
	expect(rowsOf(burstSession(), 118, 5_000)[0]).toContain('0:11, about 0:04 to go');
	expect(rowsOf(burstSession(), 118, 60_000)[0]).toContain('about 0:00 to go');
});

test('the pace is that of the newest figures', () => {
	// 12 more in the last 2 s.
	expect(rowsOf(burstSession())[1]).toBe('42 sent  39 ok  3 failed  6/s  p50 180 · p95 1,240 · p99 2,012 ms');
});

test('no row is wider than its place, and each user without room is counted', () => {
	for (const columns of [24, 40, 76, 118, 400]) {
		const {burst} = burstSession().state();
		const row = burstRows(burst as NonNullable<typeof burst>, {glyphs: unicodeGlyphs, nowMs: 0, waits: false}, columns).at(-1);
		expect(rowWidth(row ?? [])).toBeLessThanOrEqual(columns);
		const named = textOf(row ?? []).match(/\d+\/\d+/g)?.length ?? 0;
		expect(textOf(row ?? [])).toContain(`and ${25 - named} more`);
	}
});

test('one failed request of thousands is seen in the bar', () => {
	const session = healthySession()
		.take({type: 'burst-started', stageIndex: 0, planned: 10_000, users: 1, url: 'http://x/'})
		.take({type: 'burst-progressed', done: 9_000, ok: 8_999, failed: 1}, 1_000);
	const {burst} = session.state();
	const bar = burstRows(burst as NonNullable<typeof burst>, {glyphs: unicodeGlyphs, nowMs: 0, waits: false}, 118)[0] ?? [];
	expect(bar.filter(({tone}) => tone === 'bad').map(({text}) => text)).toEqual(['━']);
});

test('what a record of before holds is shown without what it lacks', () => {
	const session = healthySession()
		.take({type: 'burst-started', stageIndex: 0, planned: 40, users: 2, url: 'http://x/'})
		.take({type: 'burst-progressed', done: 10, ok: 10, failed: 0}, 1_000);
	expect(rowsOf(session)).toEqual([
		expect.stringContaining('10 of 40  0:01, about 0:03 to go'),
		'10 sent  10 ok  none failed  10/s',
	]);
	const {byUser: _, ...old} = finished;
	const over = session.take(old, 1_000);
	expect(seen(sceneOf(over))).toContain('✗ 4 failed');
});

test('a burst that is over is seen for a moment more, then in its detail and in the timeline', () => {
	const over = burstSession().take(finished, 1_000);
	expect(seen(sceneOf(over))).toMatch(
		/Load burst {2}✗ 4 failed [\s\S]* 100 of 100 {2}in 14 s[\s\S]*100 sent {2}96 ok {2}4 failed {2}7\.1\/s/,
	);
	const later = over.poll(16);
	expect(shownBurst(later.state().burst, later.now().tMs)).toBeUndefined();
	expect(seen(sceneOf(later))).not.toContain('Load burst');
	expect(seen(sceneOf(later))).toContain('load burst: 96 of 100 ok');
	const detail = burstDetail(sceneOf(later), 80).map(textOf);
	expect(detail).toContainEqual(expect.stringMatching(/^ben +4 of 4 {2}4 failed$/));
	expect(detail.at(-1)).toBe('and 5 more');
});

test('a way back goes first: the burst says that it waits', () => {
	const session = burstSession().take({
		...{type: 'action-intended', intentId: '9:0', purpose: 'promote', toPercent: 100, stageIndex: 1, reason: 'next', by: 'ana'},
	});
	expect(seen(sceneOf(session))).toContain('waits: something else goes first');
});

test('on a narrow screen the bar keeps its place', () => {
	expect(rowsOf(burstSession(), 39)[0]).toMatch(/^━+─+ {2}42\/100 {2}0:09 to go$/);
});

test('one line of it leaves out what has no room', () => {
	const {burst} = burstSession().state();
	const line = (columns: number): string =>
		textOf(burstLine(burst as NonNullable<typeof burst>, {glyphs: unicodeGlyphs, nowMs: 0, waits: false}, columns));
	expect(line(80)).toContain('p95 1,240 ms');
	expect(line(30)).not.toContain('p95');
	expect(line(10)).toBe('burst 42/100');
});

test('one that was cut off by a crash is not shown as if it ran; sent anew it begins from nothing', () => {
	const cut = burstSession().take({
		type: 'controller-resumed',
		by: 'ana',
		pid: 2,
		version: '0',
		unguardedMs: 900,
		split: {weightPercent: 5},
	});
	expect(seen(sceneOf(cut))).not.toContain('Load burst');
	expect(burstDetail(sceneOf(cut), 80).map(textOf)[0]).toBe('cut off; it will be sent anew');
	const anew = cut.take({type: 'burst-started', stageIndex: 0, planned: 100, users: 25, url: 'http://x/', names: ['ana']}, 1_000);
	expect(rowsOf(anew)[1]).toBe('0 sent  0 ok  none failed');
	expect(rowsOf(anew).at(-1)).toBe('users  ana 0/4  and 24 more');
});
