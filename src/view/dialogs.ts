import {acknowledgeRows, armRows, fieldRows} from './dialog-fields.ts';
import {gradualRows, promoteRows, rollbackRows} from './dialog-moves.ts';
import {ages, type Box, buttons, standing, wrapped} from './dialog-parts.ts';
import {momentForms} from './moment.ts';
import {type Row, row, span} from './row.ts';
import {commandLine, commandReason} from './runbook.ts';
import type {Scene} from './scene.ts';
import {threeNumbers} from './traffic-rows.ts';
import type {Dialog, QuitChoice} from './ui-state.ts';

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
