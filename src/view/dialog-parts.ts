import {sanitize} from '../base/text.ts';
import {percentText} from '../core/reduce-split.ts';
import {spell} from './glyphs.ts';
import {type Row, span, type Tone, wrapText} from './row.ts';
import type {Scene} from './scene.ts';
import {candidatePercent} from './traffic-rows.ts';
import {dataFreshness} from './values.ts';
import {verdictOf} from './verdict.ts';

/** A box over the panes: its title, its lines, and the tone of its frame. */
export type Box = {
	readonly title: string;
	readonly rows: readonly Row[];
	readonly tone: 'bad' | 'accent';
	readonly columns: number;
};

/** `[ y Roll back ]  [ Esc Cancel ]`: the one Enter takes is between arrows. */
export function buttons(
	{glyphs}: Scene,
	choices: readonly {readonly key: string; readonly label: string; readonly isFocused: boolean; readonly off?: boolean}[],
): Row {
	return choices.flatMap(({key, label, isFocused, off}, index) => {
		const [open, close] = isFocused ? [`${glyphs.select}[`, ']'] : [' [', ']'];
		const tone: Tone = off ? 'keyOff' : isFocused ? 'infoBand' : 'text';
		return [span(index === 0 ? '' : '   '), span(`${open} ${key} ${label} ${close}`, tone)];
	});
}

export const wrapped = ({glyphs}: Scene, text: string, columns: number, tone: Tone, linesMax = 3): Row[] =>
	wrapText(sanitize(spell(text, glyphs), columns * linesMax, glyphs.marks), columns, linesMax, glyphs.marks).map(line => [
		span(line, tone),
	]);

export function fromTo(scene: Scene, to: number): Row {
	const {state, glyphs} = scene;
	const from = candidatePercent(scene);
	return [
		span(`${sanitize(state.plan?.candidate.name ?? 'candidate', 24, glyphs.marks)}  `, 'candidate'),
		span(from === undefined ? 'unknown' : percentText(from), 'strong'),
		span(` ${glyphs.arrow} `, 'dim'),
		span(percentText(to), 'strong'),
	];
}

/** How old what this decision stands on is. */
export function ages(scene: Scene): Row {
	const data = dataFreshness(scene);
	const known = Number.isFinite(data.ageMs);
	return [span(known ? `data ${data.text}` : 'no data yet', !known || data.isOld ? 'warnStrong' : 'text')];
}

export const standing = (scene: Scene, columns: number): Row[] => {
	const {word, detail, level} = verdictOf(scene);
	return wrapped(scene, `${word}: ${detail}`, columns, level === 'bad' ? 'bad' : level === 'warn' ? 'warn' : 'text', 2);
};
