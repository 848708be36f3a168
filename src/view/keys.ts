import {actKeys} from './act-keys.ts';
import {type Action, always, type KeyBinding, type KeyGroup} from './key-binding.ts';
import {replayKeys} from './replay-keys.ts';

const live = (binding: KeyBinding): KeyBinding => ({...binding, only: 'live'});

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
	...actKeys,
	...replayKeys,
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
	{
		...look('burst', [], 'load burst', 'The newest load burst: figures, statuses, each user. Only in the palette.', 'Look'),
		disabledReason: ({state}) => (state.burst ? undefined : 'there was no load burst'),
	},
	{
		...look(
			'compare',
			['c'],
			'compare',
			'Candidate against baseline over the stage: medians, ratio with interval, verdict, and why.',
			'Look',
		),
		disabledReason: ({state}) => (state.plan?.compare ? undefined : 'the profile compares nothing'),
	},
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
	look(
		'bell',
		[],
		'bell on or off',
		'The bell on a breach, a rollback, the decision and the like, on or off. Kept for the next time.',
		'Console',
	),
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
