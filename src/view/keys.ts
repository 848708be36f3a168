import {admit} from '../core/admit.ts';
import type {Command} from '../core/protocol.ts';
import type {Scene} from './scene.ts';

/** What a key, or a line of the palette, makes the console do. */
export type Action =
	| 'rollback'
	| 'promote'
	| 'hold'
	| 'snapshot'
	| 'note'
	| 'acknowledge'
	| 'arm'
	| 'end'
	| 'preflight'
	| 'guardrails'
	| 'traffic'
	| 'timeline'
	| 'errors'
	| 'next-pane'
	| 'previous-pane'
	| 'zoom'
	| 'down'
	| 'up'
	| 'top'
	| 'bottom'
	| 'page-down'
	| 'page-up'
	| 'next-breach'
	| 'previous-breach'
	| 'next-mark'
	| 'previous-mark'
	| 'filter'
	| 'and-filter'
	| 'detail'
	| 'back'
	| 'palette'
	| 'help'
	| 'quit'
	| 'redraw'
	| 'suspend'
	| 'theme'
	| 'bell'
	| ReplayAction;

/** What a key does in a replay and nowhere else. */
export type ReplayAction =
	| 'play-pause'
	| 'back-5-s'
	| 'on-5-s'
	| 'back-1-min'
	| 'on-1-min'
	| 'to-share'
	| 'to-end'
	| 'previous-tick'
	| 'next-tick'
	| 'slower'
	| 'faster'
	| 'go-to'
	| 'to-next-breach'
	| 'to-previous-breach'
	| 'to-next-checkpoint'
	| 'to-previous-checkpoint'
	| 'to-next-action'
	| 'to-previous-action'
	| 'to-next-note'
	| 'to-previous-note';

export type KeyGroup = 'Act' | 'Replay' | 'Look' | 'Move' | 'Find' | 'Console';

export type KeyBinding = {
	readonly action: Action;
	/** Names as the input decoder gives them: `r`, `shift-tab`, `page-down`. None: only in the palette. */
	readonly keys: readonly string[];
	/** One or two words for the footer and the palette. */
	readonly label: (scene: Scene) => string;
	/** A sentence for `?` and the manual. */
	readonly help: string;
	readonly group: KeyGroup;
	/** Changes something, or opens what does: only one isolated code point counts, never a paste, a burst or the tail of an escape sequence. */
	readonly guarded: boolean;
	/** Where the key means this; absent: live and in a replay alike. */
	readonly only?: 'live' | 'replay';
	/** Its place in the footer when there is room, 1 first to stay; absent: not in the footer. */
	readonly footer?: number;
	/** Why it can't be done now; undefined when it can. A disabled key stays where it is and says this. */
	readonly disabledReason: (scene: Scene) => string | undefined;
};

const always = (): undefined => undefined;

/** Nothing reaches a controller that is not there, and nothing changes a saved session. */
function unreachable({link}: Scene): string | undefined {
	if (link.replay) return 'this is a replay';
	if (link.role === 'read-only') return 'this console is read only';
	if (link.status === 'lost') return 'the controller is lost';
	return link.status === 'ended' ? 'the session is over' : undefined;
}

/** Leaving is always allowed; where this console can't ask for it, something else can. */
function rollbackReason(scene: Scene): string | undefined {
	const reason = unreachable(scene);
	return reason !== undefined && scene.link.status === 'lost' && scene.link.role !== 'read-only'
		? 'lost: canary rollback works in a shell'
		: reason;
}

/** The controller's own rule, asked before the key rather than after it. */
const refused =
	(command: Command) =>
	(scene: Scene): string | undefined => {
		const {state, link, ui, now} = scene;
		const asker = {role: link.role, who: link.who, ...(ui.armedUntilMs !== undefined && {armedUntilMs: ui.armedUntilMs})};
		const {accepted, reason} = admit(state, command, asker, now.tMs);
		return unreachable(scene) ?? (accepted ? undefined : reason);
	};

const hold = refused({command: 'hold', reason: ''});
const resume = refused({command: 'resume', reason: ''});

function armReason(scene: Scene): string | undefined {
	return unreachable(scene) ?? (scene.link.role === 'attached' ? undefined : 'this console may do everything already');
}

const live = (binding: KeyBinding): KeyBinding => ({...binding, only: 'live'});

const replay = (action: ReplayAction, keys: readonly string[], label: string, help: string, footer?: number): KeyBinding => ({
	action,
	keys,
	label: action === 'play-pause' ? scene => (scene.replay?.playing ? 'pause' : 'play') : () => label,
	help,
	group: 'Replay',
	guarded: false,
	only: 'replay',
	disabledReason: always,
	...(footer !== undefined && {footer}),
});

const paneKey = (action: 'guardrails' | 'traffic' | 'timeline' | 'errors', digit: string): KeyBinding => ({
	action,
	keys: [digit],
	only: 'live',
	label: () => action,
	help: `Focus the ${action} pane; once more, or while it has no room, zoom it.`,
	group: 'Look',
	guarded: false,
	disabledReason: always,
});

const look = (
	action: Action,
	keys: readonly string[],
	label: string,
	help: string,
	group: KeyGroup,
	footer?: number,
): KeyBinding => ({
	action,
	keys,
	label: () => label,
	help,
	group,
	guarded: false,
	disabledReason: always,
	...(footer !== undefined && {footer}),
});

/** The one table behind the handler, the footer, `?`, the palette and docs/keys.md. */
export const keyTable: readonly KeyBinding[] = [
	{
		action: 'promote',
		keys: ['p'],
		label: () => 'promote',
		help: 'Promote to the next stage. Asks, with Cancel focused; the step to 100 % asks for the profile’s name to be typed.',
		group: 'Act',
		guarded: true,
		footer: 3,
		disabledReason: refused({command: 'promote', reason: ''}),
	},
	{
		action: 'hold',
		keys: ['h'],
		label: ({state}) => (state.held ? 'resume' : 'hold'),
		help: 'Hold: the stage clock stands still and nothing goes forward; guarding goes on. Held, it resumes (and asks).',
		group: 'Act',
		guarded: true,
		footer: 4,
		disabledReason: scene => (scene.state.held ? resume(scene) : hold(scene)),
	},
	{
		action: 'rollback',
		keys: ['r'],
		label: () => 'roll back',
		help: 'Roll back: all traffic to the baseline. Names from → to and the age of the data; y or Enter does it. From any state.',
		group: 'Act',
		guarded: true,
		footer: 1,
		disabledReason: rollbackReason,
	},
	{
		action: 'snapshot',
		keys: ['s'],
		label: () => 'snapshot',
		help: 'Write a checkpoint now.',
		group: 'Act',
		guarded: true,
		footer: 6,
		disabledReason: refused({command: 'snapshot', reason: ''}),
	},
	{
		action: 'note',
		keys: ['n'],
		label: () => 'note',
		help: 'Write a note into the journal.',
		group: 'Act',
		guarded: true,
		footer: 9,
		disabledReason: refused({command: 'note', text: ''}),
	},
	{
		action: 'acknowledge',
		keys: ['a'],
		label: () => 'acknowledge',
		help: 'Acknowledge the alert of the selected guardrail, or of the first one that is breached.',
		group: 'Act',
		guarded: true,
		footer: 8,
		disabledReason: scene =>
			unreachable(scene) ??
			(Object.values(scene.state.guardrails).some(({status}) => status !== 'ok') ? undefined : 'no alert stands'),
	},
	{
		action: 'arm',
		keys: ['A'],
		label: () => 'arm',
		help: 'Arm an attached console for ten minutes, with a name and a reason: promote, hold and resume then work here.',
		group: 'Act',
		guarded: true,
		disabledReason: armReason,
	},
	{
		action: 'end',
		keys: [],
		label: () => 'end the session',
		help: 'End the session: write what is due, leave the split where it is, stop the controller. Only in the palette, and it asks.',
		group: 'Act',
		guarded: true,
		disabledReason: refused({command: 'end', reason: ''}),
	},
	{
		action: 'preflight',
		keys: [],
		label: () => 'pre-flight again',
		help: 'Run the checks before the first weight again, after mending what failed. Only in the palette.',
		group: 'Act',
		guarded: true,
		disabledReason: refused({command: 'preflight', reason: ''}),
	},
	replay('play-pause', [' '], 'play', 'Play, or stand still.', 0.5),
	replay('back-5-s', ['left'], 'back 5 s', 'Back by 5 s.'),
	replay('on-5-s', ['right'], 'on 5 s', 'On by 5 s.'),
	replay('back-1-min', ['shift-left'], 'back 1 min', 'Back by a minute.'),
	replay('on-1-min', ['shift-right'], 'on 1 min', 'On by a minute.'),
	replay('previous-tick', [','], 'previous poll', 'Back to the poll before.'),
	replay('next-tick', ['.'], 'next poll', 'On to the next poll.'),
	replay(
		'to-share',
		['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
		'to the start',
		'To the start, to 10 %, 20 % … 90 % of the record.',
	),
	replay('to-end', ['$'], 'to the end', 'To the end; of a session that still runs: follow it.'),
	replay('slower', ['-'], 'slower', 'Slower: down to half of real time.'),
	replay('faster', ['+', '='], 'faster', 'Faster: up to an hour a second.'),
	replay(
		'go-to',
		[':'],
		'go to',
		'Go to a moment: T+12m since the first weight, 12:30:05 by the clock, 50% of the record, or the number of an event.',
		2.2,
	),
	replay('to-next-breach', ['e'], 'next breach', 'To the next breach, alarm or failure.', 2.4),
	replay('to-previous-breach', ['E'], 'previous breach', 'To the one before.'),
	replay('to-next-checkpoint', [']'], 'next checkpoint', 'To the next checkpoint or stage.', 5.5),
	replay('to-previous-checkpoint', ['['], 'previous checkpoint', 'To the one before.'),
	replay('to-next-action', ['}'], 'next action', 'To the next action: what was asked or done about the split, a hold.'),
	replay('to-previous-action', ['{'], 'previous action', 'To the one before.'),
	replay('to-next-note', [')'], 'next note', 'To the next note.'),
	replay('to-previous-note', ['('], 'previous note', 'To the one before.'),
	paneKey('guardrails', '1'),
	paneKey('traffic', '2'),
	paneKey('timeline', '3'),
	paneKey('errors', '4'),
	look('next-pane', ['tab'], 'next pane', 'Focus the next pane.', 'Look'),
	look('previous-pane', ['shift-tab'], 'previous pane', 'Focus the previous pane.', 'Look'),
	look('zoom', ['z'], 'zoom', 'Zoom the focused pane to the whole screen, and back.', 'Look', 7),
	look(
		'detail',
		['enter'],
		'detail',
		'Detail of the selected guardrail: query, bound, every series, chart, history, explanation.',
		'Look',
	),
	look(
		'back',
		['escape'],
		'back',
		'Close a dialog, leave the zoom, clear the filter, follow what is new again: one at a time.',
		'Look',
	),
	look('down', ['j', 'down'], 'down', 'Move down.', 'Move'),
	look('up', ['k', 'up'], 'up', 'Move up.', 'Move'),
	look('top', ['g', 'home'], 'top', 'To the first line; follow what is new again.', 'Move'),
	look('bottom', ['G', 'end'], 'bottom', 'To the last line.', 'Move'),
	look('page-down', ['page-down', 'ctrl-d'], 'page down', 'Ten lines down.', 'Move'),
	look('page-up', ['page-up', 'ctrl-u'], 'page up', 'Ten lines up.', 'Move'),
	live(
		look(
			'next-breach',
			['e'],
			'next breach',
			'To the next line of the timeline that tells of a breach, an alarm or a failure.',
			'Move',
		),
	),
	live(look('previous-breach', ['E'], 'previous breach', 'To the one before.', 'Move')),
	live(look('next-mark', [']'], 'next checkpoint', 'To the next checkpoint, stage or note of the timeline.', 'Move')),
	live(look('previous-mark', ['['], 'previous checkpoint', 'To the one before.', 'Move')),
	look(
		'filter',
		['/'],
		'filter',
		'Show only lines that match (RE2 syntax; a leading ! turns it round). Counts of what is hidden stay on the screen.',
		'Find',
		5,
	),
	look('and-filter', ['&'], 'narrow', 'Narrow further: lines must match this, too.', 'Find'),
	live(look('palette', [':'], 'palette', 'Every command by name (fuzzy), with the reason where one can’t be used.', 'Find')),
	{...look('palette', ['ctrl-p'], 'palette', 'The same in a replay.', 'Find'), only: 'replay'},
	look('help', ['?'], 'help', 'This page.', 'Console', 2),
	look('theme', [], 'next theme', 'Next theme: default, high-contrast, colour-blind, mono. Kept for the next time.', 'Console'),
	look('bell', [], 'bell on or off', 'The bell on a new breach, on or off. Kept for the next time.', 'Console'),
	look('redraw', ['ctrl-l'], 'redraw', 'Draw the whole screen anew.', 'Console'),
	look('suspend', ['ctrl-z'], 'suspend', 'Back to the shell; fg returns. The controller keeps guarding.', 'Console'),
	{
		action: 'quit',
		keys: ['q', 'ctrl-c'],
		label: () => 'quit',
		help: 'Leave. Asks what becomes of the controller: leave it guarding (default), hold, roll back. Ctrl-C twice leaves it guarding.',
		group: 'Console',
		guarded: true,
		footer: 10,
		disabledReason: always,
	},
];

export const bindingOf = (action: Action): KeyBinding | undefined => keyTable.find(binding => binding.action === action);

/** Whether the key means this where it is pressed. */
export const holdsIn = ({only}: KeyBinding, isReplay: boolean): boolean => only === undefined || (only === 'replay') === isReplay;

export const bindingFor = (key: string, isReplay: boolean): KeyBinding | undefined =>
	keyTable.find(binding => binding.keys.includes(key) && holdsIn(binding, isReplay));

const keyNames: Readonly<Record<string, string>> = {
	' ': 'Space',
	left: '←',
	right: '→',
	'shift-left': 'Shift-←',
	'shift-right': 'Shift-→',
	tab: 'Tab',
	'shift-tab': 'Shift-Tab',
	enter: 'Enter',
	escape: 'Esc',
	down: '↓',
	up: '↑',
	home: 'Home',
	end: 'End',
	'page-down': 'PgDn',
	'page-up': 'PgUp',
};

/** How a key is written: `Ctrl-D`, `PgDn`. */
export const keyName = (key: string): string =>
	keyNames[key] ?? key.replace(/^ctrl-(.)$/, (_, letter: string) => `Ctrl-${letter.toUpperCase()}`);
