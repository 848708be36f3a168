import {always, type KeyBinding, type ReplayAction} from './key-binding.ts';

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

/** What holds in a replay and nowhere else. */
export const replayKeys: readonly KeyBinding[] = [
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
];
