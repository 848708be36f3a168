import {sanitize} from '../base/text.ts';
import type {Box} from './dialog-parts.ts';
import {fuzzy} from './fuzzy.ts';
import {spell} from './glyphs.ts';
import type {Action} from './key-binding.ts';
import {holdsIn, keyName, keyTable} from './keys.ts';
import {fitRow, type Row, row, span} from './row.ts';
import {runbookEntries} from './runbook.ts';
import type {Scene} from './scene.ts';
import {themeNames} from './theme.ts';
import {panes} from './ui-state.ts';

/** One line of the palette. */
export type Entry = {
	readonly text: string;
	readonly keys: string;
	readonly does:
		| {readonly type: 'action'; readonly action: Action}
		| {readonly type: 'theme'; readonly theme: string}
		| {readonly type: 'detail'; readonly guardrail: string}
		| {readonly type: 'run'; readonly title: string}
		| {readonly type: 'output'; readonly run: number};
	readonly disabledReason?: string;
};

/** Moving about by name is slower than by key. */
const unlisted: readonly Action[] = ['down', 'up', 'top', 'bottom', 'page-down', 'page-up', 'palette', 'back', 'theme'];

/** Every command there is, best match first. */
export function paletteEntries(scene: Scene, typed: string): readonly Entry[] {
	const actions = keyTable
		.filter(binding => !unlisted.includes(binding.action) && holdsIn(binding, scene.link.replay))
		.map((binding): Entry => {
			const reason = binding.disabledReason(scene);
			const label = binding.label(scene);
			return {
				text: (panes as readonly string[]).includes(binding.action) ? `pane: ${label}` : label,
				keys: binding.keys.slice(0, 3).map(keyName).join(' '),
				does: {type: 'action', action: binding.action},
				...(reason !== undefined && {disabledReason: reason}),
			};
		});
	const details = (scene.state.plan?.guardrails ?? []).map(
		({id, title}): Entry => ({
			text: `detail: ${sanitize(title, 40, scene.glyphs.marks)}`,
			keys: '',
			does: {type: 'detail', guardrail: id},
		}),
	);
	const themes = themeNames.map((theme): Entry => ({text: `theme: ${theme}`, keys: '', does: {type: 'theme', theme}}));
	return fuzzy(typed, [...actions, ...runbookEntries(scene), ...details, ...themes], ({text}) => text);
}

/** The palette's box: what was typed, then the best `rows` lines with the marked one among them. */
export function paletteBox(scene: Scene, typed: string, selected: number, columnsMax: number, rowsMax: number): Box {
	const {glyphs} = scene;
	const columns = Math.min(columnsMax, 72);
	const inner = columns - 4;
	const entries = paletteEntries(scene, typed);
	const height = Math.max(1, Math.min(entries.length, rowsMax - 5));
	const start = Math.max(0, Math.min(selected - Math.floor(height / 2), entries.length - height));
	const rows: Row[] = entries.slice(start, start + height).map(({text, keys, disabledReason}, index) => {
		const isOn = start + index === selected;
		const why = disabledReason === undefined ? '' : ` (${sanitize(spell(disabledReason, glyphs), 40, glyphs.marks)})`;
		return [
			span(isOn ? `${glyphs.select} ` : '  ', 'key'),
			...fitRow(
				[span(text, disabledReason === undefined ? (isOn ? 'strong' : 'text') : 'keyOff'), span(why, 'dim')],
				Math.max(4, inner - 14),
				glyphs.marks,
			),
			span(keys.padStart(11), 'dim'),
		];
	});
	return {
		title: 'Command',
		tone: 'accent',
		columns,
		rows: [
			[span(': ', 'key'), span(typed.slice(-50), 'strong'), span(glyphs.caret, 'accent')],
			row(''),
			...(rows.length > 0 ? rows : [row('nothing is called that', 'dim')]),
		],
	};
}
