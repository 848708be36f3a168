import {sanitize} from '../base/text.ts';
import {baselineCaution} from '../core/decide-instance.ts';
import {planGradual, whyNoGradual} from '../core/facts/gradual.ts';
import {nextStageIndex, promoteBlockers, promoteCautions} from '../core/next.ts';
import {ladderText} from '../core/reduce-gradual.ts';
import {percentText} from '../core/reduce-split.ts';
import {ages, buttons, fromTo, standing, wrapped} from './dialog-parts.ts';
import {cutRow, type Row, row, span} from './row.ts';
import type {Scene} from './scene.ts';
import {threeNumbers} from './traffic-rows.ts';
import type {Dialog} from './ui-state.ts';

type Of<Kind extends Dialog['kind']> = Extract<Dialog, {kind: Kind}>;

export function rollbackRows(scene: Scene, {choice}: Of<'rollback'>, columns: number): Row[] {
	const {state} = scene;
	const baseline = state.plan?.baseline.name ?? 'the baseline';
	const caution = baselineCaution(state);
	return [
		[...fromTo(scene, 0), span('  '), ...ages(scene)],
		...wrapped(
			scene,
			`All traffic goes back to ${baseline}. Works in every state; this run then goes no further.`,
			columns,
			'text',
		),
		...(caution === undefined ? [] : wrapped(scene, `${scene.glyphs.warn} ${caution}`, columns, 'warnStrong', 3)),
		row(''),
		...standing(scene, columns),
		threeNumbers(scene, columns < 50),
		row(''),
		buttons(scene, [
			{key: 'y', label: 'Roll back', isFocused: choice === 'do'},
			{key: 'Esc', label: 'Cancel', isFocused: choice === 'cancel'},
			{key: 'g', label: 'Gradually', isFocused: false, off: whyNoGradual(state) !== undefined},
		]),
	];
}

export function gradualRows(scene: Scene, {choice}: Of<'gradual'>, columns: number): Row[] {
	const {state, link} = scene;
	const plan = planGradual(state, {}, link.who, '');
	const does = typeof plan === 'string' ? plan : `${ladderText(plan)}, the first at once.`;
	return [
		[...fromTo(scene, 0), span('  '), ...ages(scene)],
		...wrapped(scene, does, columns, typeof plan === 'string' ? 'bad' : 'text'),
		...wrapped(
			scene,
			'Guarding goes on: a breach, or r, makes it an immediate rollback. This run then goes no further.',
			columns,
			'text',
		),
		row(''),
		...standing(scene, columns),
		row(''),
		buttons(scene, [
			{key: 'y', label: 'Roll back in steps', isFocused: choice === 'do', off: typeof plan === 'string'},
			{key: 'Esc', label: 'Cancel', isFocused: choice === 'cancel'},
			{key: 'r', label: 'At once', isFocused: false},
		]),
	];
}

/** Whether the step asks for the profile's name: the one that gives the candidate everything. */
export const asksForName = ({toPercent}: {readonly toPercent: number}): boolean => toPercent >= 100;

/** Why the promote that the dialog offers can't be done any more. */
export function promoteStopped({state, now}: Scene, toPercent: number): string | undefined {
	const blocker = promoteBlockers(state, now.tMs)[0];
	if (blocker !== undefined) return blocker;
	const next = state.plan?.stages[nextStageIndex(state) ?? -1]?.weightPercent;
	return next === toPercent ? undefined : 'the next stage is another one by now';
}

export function promoteRows(scene: Scene, dialog: Of<'promote'>, columns: number): Row[] {
	const {state, glyphs} = scene;
	const {choice, toPercent, typed} = dialog;
	const stopped = promoteStopped(scene, toPercent);
	const cautions = promoteCautions(state);
	const name = sanitize(state.plan?.profile ?? '', 40, glyphs.marks);
	const field: Row[] = asksForName(dialog)
		? [
				row(`All traffic to the candidate. Type the profile’s name: ${name}`),
				[span(`${glyphs.select} `, 'key'), span(typed, 'strong'), span(glyphs.caret, 'accent')],
			]
		: [];
	const ready = !asksForName(dialog) || typed === (state.plan?.profile ?? '');
	const does = asksForName(dialog) ? {key: 'Enter', isFocused: ready} : {key: 'y', isFocused: choice === 'do'};
	return [
		fromTo(scene, toPercent),
		...standing(scene, columns),
		ages(scene),
		...cautions.flatMap(caution => wrapped(scene, `${glyphs.warn} ${caution}`, columns, 'warn', 2)),
		...(stopped === undefined ? [] : wrapped(scene, `${glyphs.bad} ${stopped}`, columns, 'bad', 3)),
		row(''),
		...field,
		...(field.length > 0 ? [row('')] : []),
		buttons(scene, [
			{key: 'Esc', label: 'Cancel', isFocused: asksForName(dialog) ? !ready : choice === 'cancel'},
			{...does, label: `Promote to ${percentText(toPercent)}`, off: stopped !== undefined || !ready},
		]),
	].map(content => cutRow(content, columns, glyphs.marks));
}
