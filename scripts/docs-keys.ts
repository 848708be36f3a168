import {keyGroups} from '../src/view/help.ts';
import {keyName, keyTable} from '../src/view/keys.ts';

/** A key as it is read in Markdown; a bar would end the table's cell. */
const code = (key: string): string => `\`${keyName(key).replaceAll('|', '\\|')}\``;

const titles: Readonly<Record<(typeof keyGroups)[number], string>> = {
	Act: 'What changes something',
	Replay: 'Moving about in a replay',
	Look: 'Looking',
	Move: 'Moving',
	Find: 'Finding',
	Console: 'The console itself',
};

/** `docs/keys.md`: the manual of the console's keys, from the one table behind the handler, the footer, `?` and the palette. */
export function keysManual(): string {
	const groups = keyGroups.flatMap(group => [
		`## ${titles[group]}`,
		'',
		'| key | does |',
		'|---|---|',
		...keyTable
			.filter(binding => binding.group === group)
			.map(({keys, action, help}) => `| ${keys.map(code).join(' ') || `\`:\` ${action}`} | ${help} |`),
		'',
	]);
	return [
		'# Keys of the console',
		'',
		'<!-- Written by `npm run docs` from src/view/keys.ts. -->',
		'',
		'`?` shows the same in the console, with the reason beside what can’t be used at the moment; a disabled key stays in the footer.',
		'',
		...groups,
		'## Commands of a profile',
		'',
		'A profile may give its commands keys of their own, never one of the above: [commands.md](commands.md).',
		'',
		'## When a key counts',
		'',
		'- What changes something is done only by a key pressed by itself: never by a paste, by several keys that arrive in one go, by the end of',
		'  a torn escape sequence (on a slow line a split F3 arrives as a letter), or by what a terminal answers by itself.',
		'- `r`, then `y` or `Enter`, rolls back: two keystrokes from any state. Only where text is typed does `Esc` come first.',
		'- An open dialog takes all keys. `Esc` closes it.',
		'- `canary attach` looks, and may always roll back. Promote, hold and resume work there after `A`: a name and a reason, for ten minutes.',
		'  With `--read-only` nothing is changed. The controller enforces it, not the screen.',
		'- `Ctrl-C` twice leaves the console; the controller goes on guarding.',
		'',
	].join('\n');
}
