import {sanitize} from '../base/text.ts';
import {type BurstScene, burstLine, burstRows, burstWord, shownBurst} from './burst-rows.ts';
import type {Rect} from './layout.ts';
import {edge} from './pane.ts';
import {fitRow, outside, type Row, row, span, wrapText} from './row.ts';
import type {Scene} from './scene.ts';

const burstScene = ({glyphs, now, state}: Scene): BurstScene => ({
	glyphs,
	nowMs: now.tMs,
	waits: state.action !== undefined,
});

/** Rows the burst would like to have, with its frame; 0 while there is none to be seen. */
export function burstWish(scene: Scene): number {
	const burst = shownBurst(scene.state.burst, scene.now.tMs);
	return burst ? burstRows(burst, burstScene(scene), scene.size.columns - 4).length + 2 : 0;
}

/** The load burst while it runs and for a moment after, across the screen; one row where there is no room for a frame. */
export function burstPane(scene: Scene, {columns, rows}: Rect): readonly Row[] {
	const burst = shownBurst(scene.state.burst, scene.now.tMs);
	if (!burst || rows === 0) return [];
	const {glyphs} = scene;
	const look = burstScene(scene);
	if (rows < 3) return [[span(' '), ...burstLine(burst, look, columns - 1)]];
	const inner = columns - 2;
	const tone = burst.status === 'running' ? 'accent' : 'border';
	const title: Row = [span(' Load burst ', 'strong'), span(' '), ...burstWord(burst, look), span(' ')];
	const where: Row = [span(' '), outside(aboutText(scene), 'dim', Math.floor(columns / 2), glyphs.marks), span(' ')];
	const body = burstRows(burst, look, inner - 2).slice(0, rows - 2);
	const blank = Array.from({length: rows - 2 - body.length}, (): Row => []);
	return [
		edge(scene, title, where, inner, tone, 'top'),
		...[...body, ...blank].map(content => [
			span(glyphs.box.down, tone),
			...fitRow([span(' '), ...content], inner, glyphs.marks),
			span(glyphs.box.down, tone),
		]),
		edge(scene, [], [], inner, tone, 'bottom'),
	];
}

/** `stage 1, 5 users, to http://…`. */
function aboutText({state: {burst}}: Scene): string {
	if (!burst) return '';
	const {stageIndex, userCount, url} = burst;
	return `stage ${stageIndex + 1}, ${userCount} ${userCount === 1 ? 'user' : 'users'}, ${url}`;
}

/** The newest burst with all that is known of it, whenever it was: one row a user. */
export function burstDetail(scene: Scene, columns: number): readonly Row[] {
	const {glyphs, state} = scene;
	const {burst} = state;
	if (!burst) return [row('there was no load burst in this session', 'dim')];
	const look = burstScene(scene);
	const {names, users, planned, userCount, summary} = burst;
	const each = userCount > 0 ? Math.round(planned / userCount) : 0;
	const nameColumns = 18;
	const perUser = names.map((name, index): Row => {
		const failed = users?.failed[index] ?? 0;
		return [
			...fitRow([outside(name, 'text', nameColumns, glyphs.marks)], nameColumns, glyphs.marks),
			span(`${users?.done[index] ?? 0} of ${each}`.padStart(14)),
			...(failed > 0 ? [span(`  ${failed} failed`, 'bad')] : []),
		];
	});
	const ends = summary
		? [`average ${summary.averageMs ?? '?'} ms, slowest ${summary.maxMs ?? '?'} ms; of answered requests, by nearest rank`]
		: [];
	return [
		burstWord(burst, look),
		...wrapText(sanitize(aboutText(scene), 4 * columns, glyphs.marks), columns, 3, glyphs.marks).map(line => row(line, 'dim')),
		row(''),
		...burstRows({...burst, names: []}, look, columns),
		...ends.map(text => row(text, 'dim')),
		row(''),
		...perUser,
		...(userCount > names.length && names.length > 0 ? [row(`and ${userCount - names.length} more`, 'dim')] : []),
	];
}
