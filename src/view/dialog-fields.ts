import {sanitize} from '../base/text.ts';
import {type Row, row, span} from './row.ts';
import type {Scene} from './scene.ts';
import type {Dialog} from './ui-state.ts';

type Of<Kind extends Dialog['kind']> = Extract<Dialog, {kind: Kind}>;

const input = ({glyphs}: Scene, label: string, typed: string, isFocused: boolean): Row => [
	span(isFocused ? `${glyphs.select} ` : '  ', 'key'),
	span(label, isFocused ? 'strong' : 'dim'),
	span(typed.slice(-44)),
	...(isFocused ? [span(glyphs.caret, 'accent')] : []),
];

export function fieldRows(scene: Scene, question: string, typed: string, enter: string): Row[] {
	return [
		row(question),
		row(''),
		input(scene, '', typed, true),
		row(''),
		row(`${enter} · Esc cancels`.replace('·', scene.glyphs.dot), 'dim'),
	];
}

export function acknowledgeRows(scene: Scene, {guardrail, typed}: Of<'acknowledge'>): Row[] {
	const title = scene.state.plan?.guardrails.find(({id}) => id === guardrail)?.title ?? guardrail;
	return fieldRows(
		scene,
		`${sanitize(title, 50, scene.glyphs.marks)}: you have seen it. Anything to add?`,
		typed,
		'Enter acknowledges',
	);
}

export function armRows(scene: Scene, {field, name, reason}: Of<'arm'>): Row[] {
	return [
		row('For ten minutes this console may promote, hold and resume.'),
		row('Your name and reason go into the journal.'),
		row(''),
		input(scene, 'name    ', name, field === 'name'),
		input(scene, 'reason  ', reason, field === 'reason'),
		row(''),
		row(`Tab moves ${scene.glyphs.dot} Enter arms ${scene.glyphs.dot} Esc cancels`, 'dim'),
	];
}
