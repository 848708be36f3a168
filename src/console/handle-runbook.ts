import {runningCommands} from '../core/reduce-runbook.ts';
import type {RunbookPlan} from '../core/runbook-options.ts';
import {scrollMax} from '../view/box.ts';
import {compileFilter} from '../view/filter.ts';
import {layoutOf} from '../view/frame.ts';
import {mayStop, runOf} from '../view/output.ts';
import {commandReason, lastRun, runAsk} from '../view/runbook.ts';
import type {Scene} from '../view/scene.ts';
import {type Dialog, withoutDialog} from '../view/ui-state.ts';
import {edited} from './edited.ts';
import {type Handled, withFlash} from './handle-press.ts';
import type {Press} from './key-decoder.ts';

type Of<Kind extends Dialog['kind']> = Extract<Dialog, {kind: Kind}>;

const show = ({ui}: Scene, dialog: Dialog): Handled => ({ui: {...ui, dialog}, effects: []});
const close = ({ui}: Scene): Handled => ({ui: withoutDialog(ui), effects: []});
const stay = ({ui}: Scene): Handled => ({ui, effects: []});

/** The output of a run, from its end on while it runs, from its beginning when it is over. */
export const outputDialog = (scene: Scene, run: number): Of<'output'> => ({
	kind: 'output',
	run,
	scroll: runOf(scene, {run})?.end === undefined ? 'end' : 0,
	left: 0,
	filter: '',
});

/**
 * A command of the profile, by its key or from the palette. A dangerous one is asked about first. Where none can be run, a replay or
 * a console that only looks, what its last run printed is shown; so it is while it runs.
 */
export function pressCommand(scene: Scene, command: RunbookPlan, isolated: boolean): Handled {
	const say = (text: string): Handled => ({ui: withFlash(scene, `${command.title}: ${text}`, 'warn'), effects: []});
	if (!isolated) return say('press the key by itself');
	const {link} = scene;
	const last = lastRun(scene, command);
	const isRunning = last !== undefined && runningCommands(scene.state).includes(last);
	const reason = commandReason(scene, command);
	const onlyLooks = link.replay || link.role === 'read-only' || link.status === 'ended';
	if (last && (isRunning || onlyLooks)) {
		const ui =
			onlyLooks && reason !== undefined
				? withFlash(scene, `${command.title}: ${reason}; this is what it printed`, 'warn')
				: scene.ui;
		return show({...scene, ui}, outputDialog(scene, last.run));
	}
	if (reason !== undefined) return say(onlyLooks ? `${reason}, and it was not run` : reason);
	if (command.dangerous) return show(scene, {kind: 'command', title: command.title, choice: 'cancel'});
	return {ui: scene.ui, effects: [{type: 'send', command: runAsk(scene, command, false)}]};
}

/** The dialog that asks: y runs it, Enter does the marked one. */
export function confirmCommand(scene: Scene, dialog: Of<'command'>, press: Press): Handled {
	const command = scene.state.plan?.commands?.find(({title}) => title === dialog.title);
	if (press.type !== 'key' || !command) return command ? stay(scene) : close(scene);
	const {key, isolated} = press;
	if (isolated && (key === 'y' || (key === 'enter' && dialog.choice === 'do'))) {
		const reason = commandReason(scene, command);
		if (reason !== undefined) return {ui: withFlash(scene, `${command.title}: ${reason}`, 'warn'), effects: []};
		return {ui: withoutDialog(scene.ui), effects: [{type: 'send', command: runAsk(scene, command, true)}]};
	}
	if (isolated && (key === 'enter' || key === 'n')) return close(scene);
	const toggles = ['left', 'right', 'tab', 'shift-tab', 'up', 'down'].includes(key);
	return toggles ? show(scene, {...dialog, choice: dialog.choice === 'do' ? 'cancel' : 'do'}) : stay(scene);
}

const lineKeys: Readonly<Record<string, number>> = {j: 1, down: 1, k: -1, up: -1};
const pageKeys: Readonly<Record<string, number>> = {'page-down': 1, ' ': 1, 'ctrl-d': 1, 'page-up': -1, 'ctrl-u': -1};
const sideKeys: Readonly<Record<string, number>> = {left: -20, right: 20};
const pageLines = 10;

/** Keys while output is looked at. Closing it ends nothing: the command goes on. */
export function lookAtOutput(scene: Scene, looked: Of<'output'>, press: Press): Handled {
	const {stops, ...dialog} = looked;
	if (dialog.typing !== undefined) return typeFilter(scene, {...dialog, typing: dialog.typing}, press);
	if (press.type !== 'key') return stay(scene);
	const {key} = press;
	const most = scrollMax(scene, layoutOf(scene), dialog);
	const at = dialog.scroll === 'end' ? most : Math.min(dialog.scroll, most);
	const by = lineKeys[key] ?? (pageKeys[key] ?? 0) * pageLines;
	// At its end it follows what comes.
	if (by !== 0) return show(scene, {...dialog, scroll: at + by >= most ? 'end' : Math.max(0, at + by)});
	const aside = sideKeys[key];
	if (aside !== undefined) return show(scene, {...dialog, left: Math.max(0, dialog.left + aside)});
	switch (key) {
		case 'g':
		case 'home':
			return show(scene, {...dialog, scroll: 0});
		case 'G':
		case 'end':
			return show(scene, {...dialog, scroll: 'end'});
		case '/':
			return show(scene, {...dialog, typing: dialog.filter});
		case 'o': {
			const run = runOf(scene, dialog);
			return run ? {ui: scene.ui, effects: [{type: 'pager', name: run.name}]} : stay(scene);
		}
		case 'x':
			if (!press.isolated || runOf(scene, dialog)?.end !== undefined || !mayStop(scene)) return show(scene, dialog);
			if (!stops) return show(scene, {...dialog, stops: true});
			return {ui: {...scene.ui, dialog}, effects: [{type: 'send', command: {command: 'stop-run', run: dialog.run}}]};
		case 'q':
		case 'enter':
			return close(scene);
		default:
			return show(scene, dialog);
	}
}

function typeFilter(scene: Scene, dialog: Of<'output'> & {readonly typing: string}, press: Press): Handled {
	const {typing, ...looked} = dialog;
	if (press.type === 'key' && press.key === 'escape') return show(scene, looked);
	if (press.type === 'key' && press.key === 'enter') {
		const compiled = compileFilter(typing);
		return compiled.ok
			? show(scene, {...looked, filter: typing, scroll: typing === looked.filter ? looked.scroll : 0})
			: {ui: withFlash(scene, compiled.error, 'warn'), effects: []};
	}
	return show(scene, {...looked, typing: edited(typing, press)});
}
