import {sanitize} from '../base/text.ts';
import {spell} from './glyphs.ts';
import type {KeyBinding, KeyGroup} from './key-binding.ts';
import {holdsIn, keyName, keyTable} from './keys.ts';
import {type Row, row, span, type Tone, wrapText} from './row.ts';
import {commandReason} from './runbook.ts';
import type {Scene} from './scene.ts';

export const keyGroups: readonly KeyGroup[] = ['Act', 'Replay', 'Look', 'Move', 'Find', 'Console'];

const signs: readonly (readonly [(scene: Scene) => string, string, Tone])[] = [
	[({glyphs}) => glyphs.ok, 'ok: inside its bound, asked lately', 'good'],
	[({glyphs}) => glyphs.warn, 'warning: inside its bound, outside the one for warnings', 'warn'],
	[({glyphs}) => glyphs.bad, 'breaching (its wait runs) or breached', 'bad'],
	[({glyphs}) => glyphs.unknown, 'no data, or no answer: neither zero nor a pass', 'unknown'],
	[({glyphs}) => glyphs.stale, 'old: older than two polls', 'stale'],
	[({glyphs}) => glyphs.dot, 'only shown: it has no bound', 'text'],
];

/** Ten digits are a range. */
const keysText = ({keys}: KeyBinding): string => (keys.length === 10 ? '0 – 9' : keys.map(keyName).join(' ') || ':');

/** The profile's own commands, with their keys. */
function commandRows(scene: Scene, columns: number): readonly Row[] {
	const {state, glyphs} = scene;
	const commands = state.plan?.commands ?? [];
	if (commands.length === 0) return [];
	return [
		row('Commands of this profile', 'accent'),
		...commands.flatMap((command): Row[] => {
			const reason = commandReason(scene, command);
			const text = `${command.title}${command.dangerous ? ' (dangerous: asks first)' : ''}${reason === undefined ? '' : ` (not now: ${reason})`}`;
			const safe = sanitize(spell(text, glyphs), 300, glyphs.marks);
			return wrapText(safe, Math.max(10, columns - 15), 3, glyphs.marks).map((line, index) => [
				span(
					(index === 0 ? `  ${sanitize(command.key ?? ':', 2, glyphs.marks)}` : '').padEnd(14),
					reason === undefined ? 'key' : 'keyOff',
				),
				span(line, reason === undefined ? 'text' : 'dim'),
			]);
		}),
		row(''),
	];
}

/** The manual of the keys and the signs, from the one key table. */
export function helpRows(scene: Scene, columns: number): readonly Row[] {
	const rows: Row[] = [];
	for (const group of keyGroups) {
		const bindings = keyTable.filter(one => one.group === group && holdsIn(one, scene.link.replay));
		if (bindings.length === 0) continue;
		rows.push(row(group, 'accent'));
		for (const binding of bindings) {
			const reason = binding.disabledReason(scene);
			const keys = keysText(binding);
			const why = reason === undefined ? '' : ` (not now: ${sanitize(reason, 200, scene.glyphs.marks)})`;
			const lines = wrapText(spell(binding.help + why, scene.glyphs), Math.max(10, columns - 15), 6, scene.glyphs.marks);
			rows.push(
				...lines.map(
					(line, index): Row => [
						span(spell(index === 0 ? `  ${keys}` : '', scene.glyphs).padEnd(14), reason === undefined ? 'key' : 'keyOff'),
						span(line, reason === undefined ? 'text' : 'dim'),
					],
				),
			);
		}
		rows.push(row(''));
	}
	rows.push(...commandRows(scene, columns));
	rows.push(row('Signs', 'accent'));
	for (const [sign, text, tone] of signs) rows.push([span(`  ${sign(scene)}`.padEnd(14), tone), span(text)]);
	return rows;
}
