import {sanitize} from '../base/text.ts';
import {instanceText} from '../core/instance-text.ts';
import {spell} from './glyphs.ts';
import {type Row, span, type Tone, wrapText} from './row.ts';
import type {Scene} from './scene.ts';

const tones: Readonly<Record<'good' | 'bad' | 'warn' | 'plain', Tone>> = {good: 'good', bad: 'bad', warn: 'warn', plain: 'text'};

/** `instance  pid 4711, up 3h 12m, healthy`: the candidate's own process. `tight`: only when something is wrong with it. */
export function instanceRows(scene: Scene, columns: number, tight: boolean): readonly Row[] {
	const {state, now, glyphs, link} = scene;
	const told = instanceText(state, now.tMs);
	if (!told || (tight && told.tone !== 'bad' && told.tone !== 'warn')) return [];
	const tone = link.status === 'lost' ? 'stale' : tones[told.tone];
	const mark = told.tone === 'bad' ? `${glyphs.bad} ` : told.tone === 'warn' ? `${glyphs.warn} ` : '';
	const label = 'instance  ';
	const text = sanitize(spell(`${mark}${told.text}`, glyphs), columns * 3, glyphs.marks);
	const lines = wrapText(text, Math.max(8, columns - label.length), 3, glyphs.marks);
	return lines.map((line, index) => [span(index === 0 ? label : ' '.repeat(label.length), 'dim'), span(line, tone)]);
}
