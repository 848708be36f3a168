import {sanitize} from '../base/text.ts';
import {baselineCaution} from '../core/decide-instance.ts';
import {planGradual, whyNoGradual} from '../core/facts/gradual.ts';
import {nextStageIndex, promoteBlockers, promoteCautions} from '../core/next.ts';
import {ladderText} from '../core/reduce-gradual.ts';
import {percentText} from '../core/reduce-split.ts';
import {spell} from './glyphs.ts';
import {momentForms} from './moment.ts';
import {cutRow, type Row, row, span, type Tone, wrapText} from './row.ts';
import {commandLine, commandReason} from './runbook.ts';
import type {Scene} from './scene.ts';
import {candidatePercent, threeNumbers} from './traffic-rows.ts';
import type {Dialog, QuitChoice} from './ui-state.ts';
import {dataFreshness} from './values.ts';
import {verdictOf} from './verdict.ts';

/** A box over the panes: its title, its lines, and the tone of its frame. */
export type Box = {
	readonly title: string;
	readonly rows: readonly Row[];
	readonly tone: 'bad' | 'accent';
	readonly columns: number;
};

type Of<Kind extends Dialog['kind']> = Extract<Dialog, {kind: Kind}>;
type Simple = Of<
	| 'rollback'
	| 'gradual'
	| 'promote'
	| 'resume'
	| 'end'
	| 'instance'
	| 'command'
	| 'note'
	| 'acknowledge'
	| 'arm'
	| 'go-to'
	| 'quit'
>;

/** The lines of a dialog. Every one names its keys. */
export function dialogBox(scene: Scene, dialog: Simple, columnsMax: number): Box {
	const columns = Math.min(columnsMax, 68);
	const box = (title: string, tone: Box['tone'], rows: readonly Row[]): Box => ({title, tone, columns, rows});
	switch (dialog.kind) {
		case 'rollback':
			return box('Roll back', 'bad', rollbackRows(scene, dialog, columns - 4));
		case 'gradual':
			return box('Roll back gradually', 'bad', gradualRows(scene, dialog, columns - 4));
		case 'promote':
			return box('Promote', 'accent', promoteRows(scene, dialog, columns - 4));
		case 'resume':
			return box('Resume', 'accent', resumeRows(scene, dialog, columns - 4));
		case 'end':
			return box('End the session', 'bad', endRows(scene, dialog, columns - 4));
		case 'instance':
			return box(instanceTitles[dialog.does], 'bad', instanceDialogRows(scene, dialog, columns - 4));
		case 'command':
			return box('Run a dangerous command', 'bad', commandRows(scene, dialog, columns - 4));
		case 'note':
			return box('Note', 'accent', fieldRows(scene, 'What shall the journal say?', dialog.typed, 'Enter writes it'));
		case 'acknowledge':
			return box('Acknowledge', 'accent', acknowledgeRows(scene, dialog));
		case 'arm':
			return box('Arm this console', 'accent', armRows(scene, dialog));
		case 'go-to':
			return box('Go to', 'accent', fieldRows(scene, momentForms, dialog.typed, 'Enter goes there'));
		case 'quit':
			return box('Leave the console', 'accent', quitRows(scene, dialog.choice, columns - 4));
	}
}

/** `[ y Roll back ]  [ Esc Cancel ]`: the one Enter takes is between arrows. */
function buttons(
	{glyphs}: Scene,
	choices: readonly {readonly key: string; readonly label: string; readonly isFocused: boolean; readonly off?: boolean}[],
): Row {
	return choices.flatMap(({key, label, isFocused, off}, index) => {
		const [open, close] = isFocused ? [`${glyphs.select}[`, ']'] : [' [', ']'];
		const tone: Tone = off ? 'keyOff' : isFocused ? 'infoBand' : 'text';
		return [span(index === 0 ? '' : '   '), span(`${open} ${key} ${label} ${close}`, tone)];
	});
}

const wrapped = ({glyphs}: Scene, text: string, columns: number, tone: Tone, linesMax = 3): Row[] =>
	wrapText(sanitize(spell(text, glyphs), columns * linesMax, glyphs.marks), columns, linesMax, glyphs.marks).map(line => [
		span(line, tone),
	]);

function fromTo(scene: Scene, to: number): Row {
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
function ages(scene: Scene): Row {
	const data = dataFreshness(scene);
	const known = Number.isFinite(data.ageMs);
	return [span(known ? `data ${data.text}` : 'no data yet', !known || data.isOld ? 'warnStrong' : 'text')];
}

const standing = (scene: Scene, columns: number): Row[] => {
	const {word, detail, level} = verdictOf(scene);
	return wrapped(scene, `${word}: ${detail}`, columns, level === 'bad' ? 'bad' : level === 'warn' ? 'warn' : 'text', 2);
};

function rollbackRows(scene: Scene, {choice}: Of<'rollback'>, columns: number): Row[] {
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

function gradualRows(scene: Scene, {choice}: Of<'gradual'>, columns: number): Row[] {
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

function promoteRows(scene: Scene, dialog: Of<'promote'>, columns: number): Row[] {
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

function resumeRows(scene: Scene, {choice}: Of<'resume'>, columns: number): Row[] {
	const {held} = scene.state;
	return [
		...wrapped(
			scene,
			held ? `Held by ${held.by}${held.reason === '' ? '' : `: ${held.reason}`}` : 'Nothing is held any more.',
			columns,
			'text',
		),
		...wrapped(scene, 'The stage clock goes on where it stood, and a promotion may follow.', columns, 'text'),
		...standing(scene, columns),
		ages(scene),
		row(''),
		buttons(scene, [
			{key: 'Esc', label: 'Cancel', isFocused: choice === 'cancel'},
			{key: 'y', label: 'Resume', isFocused: choice === 'do'},
		]),
	];
}

function endRows(scene: Scene, {choice}: Of<'end'>, columns: number): Row[] {
	return [
		...wrapped(
			scene,
			'Writes what is due and stops the controller. The split stays as it is, and nobody guards it any more.',
			columns,
			'text',
		),
		threeNumbers(scene, columns < 50),
		row(''),
		buttons(scene, [
			{key: 'Esc', label: 'Cancel', isFocused: choice === 'cancel'},
			{key: 'y', label: 'End the session', isFocused: choice === 'do'},
		]),
	];
}

const instanceTitles = {'stop-instance': 'Stop the instance', 'restart-baseline': 'Restart the baseline'} as const;

function instanceDialogRows(scene: Scene, {does, choice}: Of<'instance'>, columns: number): Row[] {
	const {instance} = scene.state.plan ?? {};
	const text =
		does === 'stop-instance'
			? `Ends "${instance?.command ?? ''}" with everything of its process group. It gets no traffic.`
			: `Runs "${instance?.restartBaseline?.command ?? ''}". When the baseline is healthy it gets all traffic, with the new version.`;
	return [
		...wrapped(scene, text, columns, 'text', 4),
		threeNumbers(scene, columns < 50),
		row(''),
		buttons(scene, [
			{key: 'Esc', label: 'Cancel', isFocused: choice === 'cancel'},
			{key: 'y', label: instanceTitles[does], isFocused: choice === 'do'},
		]),
	];
}

function commandRows(scene: Scene, {title, choice}: Of<'command'>, columns: number): Row[] {
	const command = scene.state.plan?.commands?.find(one => one.title === title);
	const reason = command && commandReason(scene, command);
	const warning = 'The profile marks it as dangerous. It runs once, in the record with who ran it.';
	return [
		...wrapped(scene, title, columns, 'strong', 2),
		...(command ? wrapped(scene, commandLine(scene, command), columns, 'text', 4) : []),
		row(''),
		...wrapped(scene, warning, columns, 'warn', 2),
		...(reason === undefined ? [] : wrapped(scene, `${scene.glyphs.bad} ${reason}`, columns, 'bad', 2)),
		row(''),
		buttons(scene, [
			{key: 'Esc', label: 'Cancel', isFocused: choice === 'cancel'},
			{key: 'y', label: 'Run it', isFocused: choice === 'do', off: reason !== undefined},
		]),
	];
}

const input = ({glyphs}: Scene, label: string, typed: string, isFocused: boolean): Row => [
	span(isFocused ? `${glyphs.select} ` : '  ', 'key'),
	span(label, isFocused ? 'strong' : 'dim'),
	span(typed.slice(-44)),
	...(isFocused ? [span(glyphs.caret, 'accent')] : []),
];

function fieldRows(scene: Scene, question: string, typed: string, enter: string): Row[] {
	return [
		row(question),
		row(''),
		input(scene, '', typed, true),
		row(''),
		row(`${enter} · Esc cancels`.replace('·', scene.glyphs.dot), 'dim'),
	];
}

function acknowledgeRows(scene: Scene, {guardrail, typed}: Of<'acknowledge'>): Row[] {
	const title = scene.state.plan?.guardrails.find(({id}) => id === guardrail)?.title ?? guardrail;
	return fieldRows(
		scene,
		`${sanitize(title, 50, scene.glyphs.marks)}: you have seen it. Anything to add?`,
		typed,
		'Enter acknowledges',
	);
}

function armRows(scene: Scene, {field, name, reason}: Of<'arm'>): Row[] {
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

const quitTexts: Readonly<Record<QuitChoice, {key: string; label: string; after: string}>> = {
	leave: {
		key: 'l',
		label: 'Leave it guarding',
		after: 'The controller goes on: stages, guardrails, rollback. canary attach returns.',
	},
	hold: {key: 'h', label: 'Hold, then leave', after: 'The stage clock stands still; guarding and rollback go on.'},
	rollback: {key: 'r', label: 'Roll back, then leave', after: 'All traffic to the baseline.'},
	stay: {key: 'Esc', label: 'Stay', after: 'Back to the screen.'},
};

function quitRows(scene: Scene, choice: QuitChoice, columns: number): Row[] {
	const {glyphs} = scene;
	return [
		row('What becomes of the controller?'),
		row(''),
		...(Object.keys(quitTexts) as QuitChoice[]).map((one): Row => {
			const {key, label} = quitTexts[one];
			const isOn = one === choice;
			return [
				span(isOn ? `${glyphs.select} ` : '  ', 'key'),
				span(key.padEnd(5), 'key'),
				span(` ${label} `, isOn ? 'infoBand' : 'text'),
			];
		}),
		row(''),
		...wrapped(scene, quitTexts[choice].after, columns, 'dim', 2),
		row(`Enter does the marked one ${glyphs.dot} the letters mark`, 'dim'),
	];
}
