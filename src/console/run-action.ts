import {nextStageIndex} from '../core/next.ts';
import {layoutOf} from '../view/frame.ts';
import type {Action, ReplayAction} from '../view/key-binding.ts';
import type {ReplayCommand} from '../view/replay.ts';
import type {Scene} from '../view/scene.ts';
import {selectedGuardrail} from '../view/selected.ts';
import {themeNames} from '../view/theme.ts';
import {type Dialog, type Pane, panes, type UiState, withPane} from '../view/ui-state.ts';
import type {Effect} from './effect.ts';
import {flash} from './handle-press.ts';
import {jump, move} from './movement.ts';

type Done = {readonly ui: UiState; readonly effects: readonly Effect[]};

const pageItems = 10;

/** What an action does to the screen. What changes the canary opens a dialog first, but for a hold, a snapshot and a note. */
export function runAction(scene: Scene, action: Action, key = ''): Done {
	const {ui, state} = scene;
	const screen = (next: UiState, ...effects: Effect[]): Done => ({ui: next, effects});
	const open = (dialog: Dialog): Done => screen({...ui, dialog});
	const replay = (command: ReplayCommand): Done => screen(ui, {type: 'replay', command});
	switch (action) {
		case 'rollback':
			return open({kind: 'rollback', choice: 'do'});
		case 'rollback-gradually':
			return open({kind: 'gradual', choice: 'do'});
		case 'promote': {
			const toPercent = state.plan?.stages[nextStageIndex(state) ?? -1]?.weightPercent ?? 100;
			return open({kind: 'promote', choice: 'cancel', toPercent, typed: ''});
		}
		case 'hold':
			return state.held ? open({kind: 'resume', choice: 'cancel'}) : screen(ui, send({command: 'hold', reason: ''}));
		case 'snapshot':
			return screen(ui, send({command: 'snapshot', reason: ''}));
		case 'preflight':
			return screen(ui, send({command: 'preflight', reason: ''}));
		case 'note':
			return open({kind: 'note', typed: ''});
		case 'acknowledge': {
			const guardrail = selectedGuardrail(scene, status => status !== 'ok');
			return guardrail === undefined ? screen(ui) : open({kind: 'acknowledge', guardrail, typed: ''});
		}
		case 'arm':
			return open({kind: 'arm', field: ui.operator === '' ? 'name' : 'reason', name: ui.operator, reason: ''});
		case 'stop-instance':
		case 'restart-baseline':
			return open({kind: 'instance', does: action, choice: 'cancel'});
		case 'end':
			return open({kind: 'end', choice: 'cancel'});
		case 'quit':
			return scene.link.status === 'live' && !state.ended && scene.link.role !== 'read-only' && !scene.link.replay
				? open({kind: 'quit', choice: 'leave'})
				: screen(ui, {type: 'quit'});
		case 'guardrails':
		case 'traffic':
		case 'timeline':
		case 'errors':
			return screen(focused(scene, action));
		case 'next-pane':
			return screen(focused(scene, neighbour(ui.focus, 1), false));
		case 'previous-pane':
			return screen(focused(scene, neighbour(ui.focus, -1), false));
		case 'zoom':
			return screen({...ui, zoomed: !ui.zoomed});
		case 'detail': {
			const guardrail = selectedGuardrail(scene, () => true);
			if (ui.focus !== 'guardrails' || guardrail === undefined) return screen({...ui, zoomed: !ui.zoomed});
			return open({kind: 'detail', guardrail, scroll: 0});
		}
		case 'back':
			return screen(backed(ui));
		case 'down':
			return screen(move(scene, 1));
		case 'up':
			return screen(move(scene, -1));
		case 'page-down':
			return screen(move(scene, pageItems));
		case 'page-up':
			return screen(move(scene, -pageItems));
		case 'top':
			return screen(following(ui));
		case 'bottom':
			return screen(move(scene, Number.MAX_SAFE_INTEGER));
		case 'next-breach':
			return screen(jump(scene, ['breach', 'alarm', 'failed'], 1));
		case 'previous-breach':
			return screen(jump(scene, ['breach', 'alarm', 'failed'], -1));
		case 'next-mark':
			return screen(jump(scene, ['checkpoint', 'stage', 'note'], 1));
		case 'previous-mark':
			return screen(jump(scene, ['checkpoint', 'stage', 'note'], -1));
		case 'filter':
			return open({kind: 'filter', pane: ui.focus, mode: 'only', typed: ui.panes[ui.focus].filters[0] ?? ''});
		case 'and-filter':
			return open({kind: 'filter', pane: ui.focus, mode: 'and', typed: ''});
		case 'palette':
			return open({kind: 'palette', typed: '', selected: 0});
		case 'burst':
			return open({kind: 'burst', scroll: 0});
		case 'compare':
			return open({kind: 'compare', scroll: 0});
		case 'help':
			return open({kind: 'help', scroll: 0});
		case 'redraw':
			return screen(ui, {type: 'redraw'});
		case 'suspend':
			return screen(ui, {type: 'suspend'});
		case 'theme': {
			const next = themeNames[((themeNames as readonly string[]).indexOf(ui.theme) + 1) % themeNames.length] ?? 'default';
			return withTheme(scene, next);
		}
		case 'bell': {
			const bell = !ui.bell;
			const told = flash(scene, bell ? 'the bell is on' : 'the bell is off', 'good');
			return screen({...ui, bell, flash: told}, {type: 'remember', preference: {bell}});
		}
		case 'go-to':
			return open({kind: 'go-to', typed: ''});
		case 'to-share':
			return replay({do: 'go', moment: {kind: 'share', percent: Number(key) * 10}});
		default:
			return replay(replayCommands[action]);
	}
}

const secondMs = 1_000;

/** What the keys of a replay ask of its player. */
const replayCommands: Readonly<Record<Exclude<ReplayAction, 'go-to' | 'to-share'>, ReplayCommand>> = {
	'play-pause': {do: 'play-pause'},
	'back-5-s': {do: 'move', byMs: -5 * secondMs},
	'on-5-s': {do: 'move', byMs: 5 * secondMs},
	'back-1-min': {do: 'move', byMs: -60 * secondMs},
	'on-1-min': {do: 'move', byMs: 60 * secondMs},
	'to-end': {do: 'end'},
	'previous-tick': {do: 'mark', kind: 'tick', direction: -1},
	'next-tick': {do: 'mark', kind: 'tick', direction: 1},
	slower: {do: 'speed', direction: -1},
	faster: {do: 'speed', direction: 1},
	'to-next-breach': {do: 'mark', kind: 'breach', direction: 1},
	'to-previous-breach': {do: 'mark', kind: 'breach', direction: -1},
	'to-next-checkpoint': {do: 'mark', kind: 'checkpoint', direction: 1},
	'to-previous-checkpoint': {do: 'mark', kind: 'checkpoint', direction: -1},
	'to-next-action': {do: 'mark', kind: 'action', direction: 1},
	'to-previous-action': {do: 'mark', kind: 'action', direction: -1},
	'to-next-note': {do: 'mark', kind: 'note', direction: 1},
	'to-previous-note': {do: 'mark', kind: 'note', direction: -1},
};

const send = (command: Extract<Effect, {type: 'send'}>['command']): Effect => ({type: 'send', command});

export const withTheme = (scene: Scene, theme: string): Done => ({
	ui: {...scene.ui, theme, flash: flash(scene, `theme: ${theme}`, 'good')},
	effects: [{type: 'remember', preference: {theme}}],
});

/** The pane in focus; a second time, or where it has no room, zoomed. */
function focused(scene: Scene, pane: Pane, zooms = true): UiState {
	const {ui} = scene;
	const hasRoom = layoutOf({...scene, ui: {...ui, zoomed: false}}).panes[pane] !== undefined;
	const zoomed = ui.focus === pane && zooms ? !ui.zoomed : !hasRoom;
	return {...ui, focus: pane, zoomed};
}

const neighbour = (pane: Pane, by: number): Pane =>
	panes[(panes.indexOf(pane) + by + panes.length) % panes.length] ?? 'guardrails';

/** Follow what is new again: nothing selected. */
const following = (ui: UiState): UiState => withPane(ui, ui.focus, {filters: ui.panes[ui.focus].filters});

/** One step back at a time: the zoom, then the filter, then the selection. */
function backed(ui: UiState): UiState {
	if (ui.zoomed) return {...ui, zoomed: false};
	const {filters, ...pane} = ui.panes[ui.focus];
	return filters.length > 0 ? withPane(ui, ui.focus, {...pane, filters: []}) : following(ui);
}
