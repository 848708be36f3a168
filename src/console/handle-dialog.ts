import type {Command} from '../core/protocol.ts';
import {scrollMax} from '../view/box.ts';
import {asksForName, promoteStopped} from '../view/dialog-moves.ts';
import {compileFilter} from '../view/filter.ts';
import {layoutOf} from '../view/frame.ts';
import {bindingOf} from '../view/keys.ts';
import {parseMoment} from '../view/moment.ts';
import {paletteEntries} from '../view/palette.ts';
import type {Scene} from '../view/scene.ts';
import {type Dialog, quitChoices, withoutDialog, withPane} from '../view/ui-state.ts';
import {edited} from './edited.ts';
import type {Effect} from './effect.ts';
import {flash, type Handled, perform, withFlash} from './handle-press.ts';
import {confirmCommand, lookAtOutput, outputDialog, pressCommand} from './handle-runbook.ts';
import type {Press} from './key-decoder.ts';
import {withTheme} from './run-action.ts';

type Of<Kind extends Dialog['kind']> = Extract<Dialog, {kind: Kind}>;

/** A press while a dialog is open: it goes to the dialog and to nothing else. */
export function handleDialog(scene: Scene, dialog: Dialog, press: Press): Handled {
	// Ctrl-C twice is the way out that every hand knows; what guards goes on guarding.
	if (press.type === 'key' && press.key === 'ctrl-c' && dialog.kind === 'quit') return close(scene, {type: 'quit'});
	if (dialog.kind === 'output' && dialog.typing !== undefined) return lookAtOutput(scene, dialog, press);
	if (press.type === 'key' && (press.key === 'escape' || press.key === 'ctrl-c')) return close(scene);
	// Two keystrokes from any state: what is only read, or only confirmed, gives way to leaving.
	if (isYes(press, 'r') && givesWay(dialog)) {
		const rollback = bindingOf('rollback');
		if (rollback) return perform({...scene, ui: withoutDialog(scene.ui)}, rollback, true);
	}
	switch (dialog.kind) {
		case 'rollback':
			return isYes(press, 'g') ? gradually(scene) : confirm(scene, dialog, press, {command: 'rollback', reason: ''});
		case 'gradual':
			return confirm(scene, dialog, press, {command: 'rollback-gradually', reason: ''});
		case 'resume':
			return confirm(scene, dialog, press, {command: 'resume', reason: ''});
		case 'end':
			return confirm(scene, dialog, press, {command: 'end', reason: ''});
		case 'instance':
			return confirm(scene, dialog, press, {command: dialog.does, reason: ''});
		case 'promote':
			return promote(scene, dialog, press);
		case 'note':
			return field(
				scene,
				press,
				dialog.typed,
				typed => ({...dialog, typed}),
				text => text !== '' && {command: 'note', text},
			);
		case 'acknowledge': {
			const {guardrail} = dialog;
			return field(
				scene,
				press,
				dialog.typed,
				typed => ({...dialog, typed}),
				text => ({command: 'acknowledge', guardrail, text}),
			);
		}
		case 'arm':
			return arm(scene, dialog, press);
		case 'go-to':
			return goTo(scene, dialog, press);
		case 'filter':
			return filter(scene, dialog, press);
		case 'palette':
			return palette(scene, dialog, press);
		case 'quit':
			return quit(scene, dialog, press);
		case 'command':
			return confirmCommand(scene, dialog, press);
		case 'output':
			return lookAtOutput(scene, dialog, press);
		case 'help':
		case 'burst':
		case 'compare':
		case 'detail':
			return scroll(scene, dialog, press);
	}
}

const close = ({ui}: Scene, ...effects: Effect[]): Handled => ({ui: withoutDialog(ui), effects});
const show = ({ui}: Scene, dialog: Dialog): Handled => ({ui: {...ui, dialog}, effects: []});
const stay = ({ui}: Scene): Handled => ({ui, effects: []});

/** Only a key pressed by itself says yes; a burst or a paste says nothing at all. */
const isYes = (press: Press, key: string): boolean => press.type === 'key' && press.isolated && press.key === key;

/** A dialog in which no letter is typed and `r` stands for nothing else. */
const givesWay = (dialog: Dialog): boolean =>
	['help', 'burst', 'compare', 'detail', 'resume', 'end', 'gradual', 'instance', 'command', 'output'].includes(dialog.kind) ||
	(dialog.kind === 'promote' && !asksForName(dialog));

const toggles = (press: Press): boolean =>
	press.type === 'key' && ['left', 'right', 'tab', 'shift-tab', 'up', 'down'].includes(press.key);

function confirm(
	scene: Scene,
	dialog: Of<'rollback' | 'gradual' | 'resume' | 'end' | 'instance'>,
	press: Press,
	command: Command,
): Handled {
	if (isYes(press, 'y') || (isYes(press, 'enter') && dialog.choice === 'do')) return close(scene, {type: 'send', command});
	if (isYes(press, 'enter') || isYes(press, 'n')) return close(scene);
	return toggles(press) ? show(scene, {...dialog, choice: dialog.choice === 'do' ? 'cancel' : 'do'}) : stay(scene);
}

/** The same question with the steps in it; where it can't be, the immediate one stays open. */
function gradually(scene: Scene): Handled {
	const binding = bindingOf('rollback-gradually');
	const reason = binding?.disabledReason(scene);
	if (!binding || reason !== undefined) return {ui: withFlash(scene, `gradually: ${reason}`, 'warn'), effects: []};
	return perform({...scene, ui: withoutDialog(scene.ui)}, binding, true);
}

function promote(scene: Scene, dialog: Of<'promote'>, press: Press): Handled {
	const send: Effect = {type: 'send', command: {command: 'promote', reason: ''}};
	const stopped = promoteStopped(scene, dialog.toPercent);
	const go = (): Handled =>
		stopped === undefined ? close(scene, send) : {ui: withFlash(scene, `promote: ${stopped}`, 'warn'), effects: []};
	if (asksForName(dialog)) {
		if (press.type === 'key' && press.key === 'enter')
			return dialog.typed === scene.state.plan?.profile && press.isolated ? go() : stay(scene);
		// The name is to be typed: a paste proves nothing, whether the terminal marks it as one or not.
		const isTyped = press.type === 'key' && (press.isolated || [...press.key].length > 1);
		if (!isTyped) return {ui: withFlash(scene, 'the name is to be typed, key by key', 'warn'), effects: []};
		return show(scene, {...dialog, typed: edited(dialog.typed, press)});
	}
	if (isYes(press, 'y') || (isYes(press, 'enter') && dialog.choice === 'do')) return go();
	if (isYes(press, 'enter') || isYes(press, 'n')) return close(scene);
	return toggles(press) ? show(scene, {...dialog, choice: dialog.choice === 'do' ? 'cancel' : 'do'}) : stay(scene);
}

function field(
	scene: Scene,
	press: Press,
	typed: string,
	next: (typed: string) => Dialog,
	commandOf: (text: string) => Command | false,
): Handled {
	if (press.type !== 'key' || press.key !== 'enter') return show(scene, next(edited(typed, press)));
	const command = commandOf(typed.trim());
	return command ? close(scene, {type: 'send', command}) : close(scene);
}

function arm(scene: Scene, dialog: Of<'arm'>, press: Press): Handled {
	if (press.type === 'key' && ['tab', 'shift-tab', 'up', 'down'].includes(press.key)) {
		return show(scene, {...dialog, field: dialog.field === 'name' ? 'reason' : 'name'});
	}
	if (press.type !== 'key' || press.key !== 'enter')
		return show(scene, {...dialog, [dialog.field]: edited(dialog[dialog.field], press)});
	const [name, reason] = [dialog.name.trim(), dialog.reason.trim()];
	if (name === '') return show(scene, {...dialog, field: 'name'});
	if (reason === '') return show(scene, {...dialog, field: 'reason'});
	const remember: Effect = {type: 'remember', preference: {operator: name}};
	return {
		ui: {...withoutDialog(scene.ui), operator: name},
		effects: [{type: 'send', command: {command: 'arm', name, reason}}, remember],
	};
}

function goTo(scene: Scene, dialog: Of<'go-to'>, press: Press): Handled {
	if (press.type !== 'key' || press.key !== 'enter') return show(scene, {...dialog, typed: edited(dialog.typed, press)});
	if (dialog.typed.trim() === '') return close(scene);
	const moment = parseMoment(dialog.typed);
	if (!moment.ok) return {ui: withFlash(scene, moment.error, 'warn'), effects: []};
	return close(scene, {type: 'replay', command: {do: 'go', moment: moment.value}});
}

function filter(scene: Scene, dialog: Of<'filter'>, press: Press): Handled {
	if (press.type !== 'key' || press.key !== 'enter') return show(scene, {...dialog, typed: edited(dialog.typed, press)});
	const compiled = compileFilter(dialog.typed);
	if (!compiled.ok) return {ui: {...scene.ui, flash: flash(scene, compiled.error, 'warn')}, effects: []};
	const before = dialog.mode === 'and' ? scene.ui.panes[dialog.pane].filters : [];
	const filters = dialog.typed === '' ? before : [...before, dialog.typed];
	return {ui: withPane(withoutDialog(scene.ui), dialog.pane, {filters}), effects: []};
}

function palette(scene: Scene, dialog: Of<'palette'>, press: Press): Handled {
	const entries = paletteEntries(scene, dialog.typed);
	if (press.type === 'key') {
		const by = {down: 1, up: -1, tab: 1, 'shift-tab': -1, 'ctrl-n': 1, 'ctrl-p': -1}[press.key];
		if (by !== undefined) {
			const selected = Math.max(0, Math.min(entries.length - 1, dialog.selected + by));
			return show(scene, {...dialog, selected});
		}
		if (press.key === 'enter') return chosen(scene, entries[dialog.selected], press.isolated);
	}
	return show(scene, {...dialog, typed: edited(dialog.typed, press), selected: 0});
}

function chosen(scene: Scene, entry: ReturnType<typeof paletteEntries>[number] | undefined, isolated: boolean): Handled {
	if (!entry) return stay(scene);
	const closed: Scene = {...scene, ui: withoutDialog(scene.ui)};
	switch (entry.does.type) {
		case 'theme':
			return withTheme(closed, entry.does.theme);
		case 'detail':
			return show(closed, {kind: 'detail', guardrail: entry.does.guardrail, scroll: 0});
		case 'output':
			return show(closed, outputDialog(closed, entry.does.run));
		case 'run': {
			const {title} = entry.does;
			const command = scene.state.plan?.commands?.find(one => one.title === title);
			return command ? pressCommand(closed, command, isolated) : stay(closed);
		}
		case 'action': {
			const binding = bindingOf(entry.does.action);
			return binding ? perform(closed, binding, isolated) : stay(closed);
		}
	}
}

const quitKeys: Readonly<Record<string, (typeof quitChoices)[number]>> = {l: 'leave', h: 'hold', r: 'rollback', s: 'stay'};

function quit(scene: Scene, dialog: Of<'quit'>, press: Press): Handled {
	if (press.type !== 'key') return stay(scene);
	const marked = quitKeys[press.key];
	if (marked) return show(scene, {...dialog, choice: marked});
	const by = {down: 1, tab: 1, up: -1, 'shift-tab': -1}[press.key];
	if (by !== undefined) {
		const at = quitChoices.indexOf(dialog.choice);
		return show(scene, {...dialog, choice: quitChoices[(at + by + quitChoices.length) % quitChoices.length] ?? 'leave'});
	}
	if (!isYes(press, 'enter')) return stay(scene);
	switch (dialog.choice) {
		case 'leave':
			return close(scene, {type: 'quit'});
		case 'stay':
			return close(scene);
		case 'hold':
		case 'rollback':
			return close(scene, {type: 'send', command: {command: dialog.choice, reason: 'on leaving the console'}, leaves: true});
	}
}

const scrollKeys: Readonly<Record<string, number>> = {
	j: 1,
	down: 1,
	k: -1,
	up: -1,
	'page-down': 10,
	' ': 10,
	'ctrl-d': 10,
	'page-up': -10,
	'ctrl-u': -10,
	g: Number.NEGATIVE_INFINITY,
	home: Number.NEGATIVE_INFINITY,
	G: Number.POSITIVE_INFINITY,
	end: Number.POSITIVE_INFINITY,
};

function scroll(scene: Scene, dialog: Of<'help' | 'burst' | 'compare' | 'detail'>, press: Press): Handled {
	if (press.type !== 'key') return stay(scene);
	if (['q', 'enter', '?'].includes(press.key)) return close(scene);
	const by = scrollKeys[press.key];
	if (by === undefined) return stay(scene);
	const most = scrollMax(scene, layoutOf(scene), dialog);
	return show(scene, {...dialog, scroll: Math.max(0, Math.min(most, dialog.scroll + by))});
}
