import {sanitize} from '../base/text.ts';
import {spell} from './glyphs.ts';
import type {KeyBinding} from './key-binding.ts';
import {holdsIn, keyName, keyTable} from './keys.ts';
import {fitRow, type Row, rowWidth, span, widthOf} from './row.ts';
import type {Scene} from './scene.ts';

/** A reason cut shorter than this says nothing. */
const reasonMin = 12;
/** Keys that matter less than a reason wait until the reason has its room. */
const beforeReason = 5;
const reasonMax = 40;

/** The keys that matter now, each with its word. A disabled one stays, and the weightiest of them says why as far as there is room. */
export function keysRow(scene: Scene, columns: number): Row {
	const known = keyTable.filter(binding => binding.footer !== undefined && holdsIn(binding, scene.link.replay));
	const byImportance = known.toSorted((left, right) => (left.footer ?? 0) - (right.footer ?? 0));
	const kept = new Set<KeyBinding>();
	let used = 1;
	const add = (bindings: readonly KeyBinding[], limit: number): void => {
		for (const binding of bindings) {
			const width = rowWidth(keyPiece(scene, binding)) + (kept.size === 0 ? 0 : 3);
			if (used + width > limit) return;
			kept.add(binding);
			used += width;
		}
	};
	add(
		byImportance.filter(({footer = 0}) => footer <= beforeReason),
		columns,
	);
	const explained = byImportance.find(binding => kept.has(binding) && binding.disabledReason(scene) !== undefined);
	const reason = explained ? reasonText(scene, explained, Math.min(reasonMax, columns - used - 4)) : '';
	used += reason === '' ? 0 : widthOf(reason) + 3;
	if (kept.size >= byImportance.filter(({footer = 0}) => footer <= beforeReason).length)
		add(
			byImportance.filter(({footer = 0}) => footer > beforeReason),
			columns,
		);
	const row = known
		.filter(binding => kept.has(binding))
		.flatMap(
			(binding, index): Row => [
				span(index === 0 ? ' ' : '   '),
				...keyPiece(scene, binding),
				...(binding === explained && reason !== '' ? [span(` (${reason})`, 'dim')] : []),
			],
		);
	return fitRow(row, columns, scene.glyphs.marks);
}

/** The reason, or its first clause where the whole doesn't fit. */
function reasonText(scene: Scene, binding: KeyBinding, room: number): string {
	if (room < reasonMin) return '';
	const reason = spell(binding.disabledReason(scene) ?? '', scene.glyphs);
	const first = reason.split(': ')[0] ?? reason;
	return sanitize(widthOf(reason) <= room ? reason : first, room, scene.glyphs.marks);
}

function keyPiece(scene: Scene, binding: KeyBinding): Row {
	const off = binding.disabledReason(scene) !== undefined;
	const key = keyName(binding.keys[0] ?? '');
	const label = binding.label(scene);
	// A disabled key is told by a sign, too: a grey letter alone would be colour alone.
	return off
		? [span(`${key} ${label} ${scene.glyphs.name === 'unicode' ? '⊘' : 'x'}`, 'keyOff')]
		: [span(key, 'key'), span(` ${label}`)];
}
