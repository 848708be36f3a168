import {expect, test} from 'vitest';
import {columnsOf} from '../../src/base/text.ts';
import {sideId} from '../../src/core/judge/comparison.ts';
import type {Plan} from '../../src/core/plan.ts';
import {compareDetail, compareSummaryRows} from '../../src/view/compare-rows.ts';
import {frameOf} from '../../src/view/frame.ts';
import {nothingSpoken, speech} from '../../src/view/speech.ts';
import {initialUi} from '../../src/view/ui-state.ts';
import {comparisonOf as of, uniform} from '../core/judge/kit.ts';
import {sceneOf, seen, seenRows, tonesOf} from '../helpers/fake-scene.ts';
import {fakePlan, healthySession, startedSession} from '../helpers/fake-session.ts';
import {values} from '../helpers/given.ts';
import {play} from '../helpers/keyboard.ts';

const plan: Plan = {
	...fakePlan,
	compare: [
		of('p99'),
		of('orders', {title: '\u001b[31mOrders', unit: '/s', direction: 'lower-is-worse', group: 'business'}),
		of('errors', {unit: 'none'}),
		of('silent'),
	],
	stages: fakePlan.stages.map(stage => ({...stage, durationMs: stage.durationMs === 0 ? 0 : 20_000})),
};
const session = (polls = 20) => {
	const next = uniform(2);
	let going = startedSession(plan);
	for (let index = 0; index < polls; index++) {
		const noise = (): number => 1 + next() / 10;
		const both = (id: string, candidate: number, baseline: number) => ({
			[sideId(id, 'candidate')]: values(candidate),
			[sideId(id, 'baseline')]: values(baseline),
		});
		going = going.poll(1, {
			...both('p99', 130 * noise(), 100 * noise()),
			...both('orders', 50 * noise(), 50 * noise()),
			...both('errors', 0, 0),
		});
	}
	return going;
};
const open = {...initialUi, dialog: {kind: 'compare', scroll: 0}} as const;

test('beside the split stands how many are worse, and the key that tells more', () => {
	const scene = sceneOf(session());
	expect(seen(scene)).toMatch(/A\/B \(c\) ✗ 1 worse · \? 1 unknown · ✓ 2 ok/);
	expect(
		tonesOf(
			frameOf(scene).parts.flatMap(({rows}) => rows),
			'1 worse',
		),
	).toEqual(['badStrong']);
	// Where there is little room, only what is worse.
	const tight = compareSummaryRows(scene, 36, true).map(row => row.map(({text}) => text).join(''));
	expect(tight.map(text => text.trimEnd())).toEqual(['A/B (c) ✗ 1 worse']);
	expect(seen(sceneOf(healthySession()))).not.toContain('A/B');
});

test('the table has a row a metric: medians, ratio with its interval, n and the verdict', () => {
	const rows = seenRows(frameOf(sceneOf(session(), {ui: open})));
	const row = (text: string): string => rows.find(one => one.includes(text)) ?? '';
	expect(row('metric')).toMatch(/metric +candidate +baseline +ratio \[interval\] +n {2}verdict/);
	expect(row('p99  ')).toMatch(/p99 +13\d(\.\d)? ms +10\d(\.\d)? ms +1\.\d\d \[1\.\d\d, 1\.\d\d\] +20 {2}✗ worse/);
	expect(row('business: ')).toMatch(/business: .*Orders +5\d\.\d+\/s +5\d\.\d+\/s +[01]\.\d\d \[.*\] +20 {2}✓ same/);
	expect(row('errors  ')).toMatch(/errors +0 +0 +- +20 {2}✓ same/);
	expect(row('silent  ')).toMatch(/silent +- +- +- +0 {2}\? no data/);
	expect(rows.join('')).not.toContain('\u001b');
});

test('why it stands so is told of each: values, interval, bound, n, test, looks', () => {
	const text = compareDetail(sceneOf(session()), 110)
		.map(row => row.map(piece => piece.text).join(''))
		.join('\n');
	for (const part of [
		'worse, 1.',
		'higher; up to 1.10 times is allowed',
		'n 20 a side',
		'rank sum (Mann–Whitney), normal; p ',
		'at the end of the stage, the ',
		'20 a side so far, one per 1s (closer ones share samples); 20 planned',
		'next look    at 30 values',
		"Fisher's exact test",
		'the last poll: candidate: the query answered, with no series',
		'p99{v="2"}',
	])
		expect(text).toContain(part);
});

test('small screens keep the ratio and the verdict', () => {
	const small = seenRows(frameOf(sceneOf(session(), {ui: open, size: {columns: 40, rows: 10}})));
	expect(small.every(row => [...row].length <= 40)).toBe(true);
	const wide = seen(sceneOf(session(), {ui: open, size: {columns: 80, rows: 24}}));
	expect(wide).toMatch(/p99 .*1\.\d\d \[1\.\d\d, 1\.\d\d\].*✗ worse/);
	const rows = compareDetail(sceneOf(session(), {size: {columns: 40, rows: 10}}), 36).map(row =>
		row.map(({text}) => text).join(''),
	);
	expect(rows.find(row => row.startsWith('p99'))).toMatch(/^p99 +1\.\d\d +✗ worse/);
});

test('a reader by ear is told the verdict when it changes', () => {
	const before = session(7);
	const {spoken} = speech(sceneOf(before), nothingSpoken);
	const {lines} = speech(sceneOf(session()), spoken);
	expect(lines.join('\n')).toMatch(/p99 against the baseline: worse, 1\.\d\d/);
});

test('c opens the table, j scrolls it, Esc closes it; a profile that compares nothing says so', () => {
	const scene = sceneOf(session(), {size: {columns: 80, rows: 24}});
	const opened = play(scene, 'c').scene;
	expect(seen(opened)).toContain('A/B ');
	const scrolled = play(opened, 'j', 'j', 'G').scene;
	expect(seen(scrolled)).toContain('silent{v="1"}');
	expect(play(scrolled, 'escape').scene.ui.dialog).toBeUndefined();
	// A rollback is never further away than one key.
	expect(play(opened, 'r').scene.ui.dialog).toMatchObject({kind: 'rollback'});
	const nothing = play(sceneOf(healthySession()), 'c').scene;
	expect(nothing.ui.dialog).toBeUndefined();
	expect(nothing.ui.flash?.text).toContain('the profile compares nothing');
});

test.each([
	{columns: 120, rows: 40},
	{columns: 80, rows: 24},
	{columns: 40, rows: 10},
])('the whole screen at $columns×$rows', async size => {
	const text = seen(sceneOf(session(), {ui: open, size}));
	expect(text).toMatch(/p99 .*worse/);
	expect(text.split('\n').map(columnsOf)).toEqual(Array.from({length: size.rows}, () => size.columns));
	await expect(`${text}\n`).toMatchFileSnapshot(`./golden/compare-${size.columns}x${size.rows}.txt`);
});
