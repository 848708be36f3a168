import type {Row, Tone} from './row.ts';

/**
 * How each tone looks: SGR parameters of ECMA-48. The first four themes' colours come from the terminal's own palette where they can,
 * so that they fit the background a person chose.
 */
export type Theme = {
	readonly name: ThemeName;
	readonly title: string;
	readonly styles: Readonly<Record<Tone, readonly number[]>>;
};

export const themeNames = ['default', 'high-contrast', 'colour-blind', 'mono'] as const;
export type ThemeName = (typeof themeNames)[number];

export const isThemeName = (name: string): name is ThemeName => (themeNames as readonly string[]).includes(name);

const bold = 1;
const dim = 2;
const underline = 4;
const inverse = 7;

/** Without any colour: weight, underline and inversion, and the words and glyphs that stand everywhere. */
const mono: Theme['styles'] = {
	text: [],
	strong: [bold],
	dim: [dim],
	accent: [bold],
	border: [dim],
	focus: [bold],
	good: [],
	goodStrong: [bold],
	warn: [underline],
	warnStrong: [bold, underline],
	bad: [bold],
	badStrong: [bold, inverse],
	unknown: [dim, underline],
	stale: [dim],
	goodBand: [inverse],
	warnBand: [bold, underline, inverse],
	badBand: [bold, inverse],
	infoBand: [inverse],
	candidate: [bold],
	baseline: [],
	key: [bold],
	keyOff: [dim],
	selected: [inverse],
};

/** Palette entry 0 is grey in many schemes; this black is black. */
const black: readonly number[] = [38, 5, 16];

const standard: Theme['styles'] = {
	...mono,
	dim: [90],
	accent: [36],
	border: [90],
	focus: [36],
	good: [32],
	goodStrong: [bold, 32],
	warn: [33],
	warnStrong: [bold, 33],
	bad: [31],
	badStrong: [bold, 31],
	unknown: [35],
	stale: [90],
	goodBand: [...black, 42],
	warnBand: [...black, 43],
	badBand: [bold, 97, 41],
	infoBand: [...black, 46],
	candidate: [bold, 36],
	baseline: [94],
	key: [bold, 36],
	keyOff: [90],
	selected: [bold],
};

const highContrast: Theme['styles'] = {
	...standard,
	text: [97],
	strong: [bold, 97],
	dim: [37],
	accent: [bold, 96],
	border: [37],
	focus: [bold, 96],
	good: [92],
	goodStrong: [bold, 92],
	warn: [bold, 93],
	warnStrong: [bold, 93],
	bad: [bold, 91],
	badStrong: [bold, 97, 41],
	unknown: [bold, 95],
	stale: [37],
	goodBand: [...black, 102],
	warnBand: [...black, 103],
	badBand: [bold, 97, 41],
	infoBand: [...black, 106],
	candidate: [bold, 96],
	baseline: [97],
	key: [bold, 97],
	keyOff: [37],
	selected: [bold, inverse],
};

/** Blue and orange of the Okabe–Ito palette in place of green and red: apart for every common colour blindness. */
const sky: readonly number[] = [38, 5, 75];
const orange: readonly number[] = [38, 5, 214];
const vermilion: readonly number[] = [38, 5, 208];
const colourBlind: Theme['styles'] = {
	...standard,
	accent: [38, 5, 117],
	focus: [38, 5, 117],
	good: sky,
	goodStrong: [bold, ...sky],
	warn: [38, 5, 228],
	warnStrong: [bold, 38, 5, 228],
	bad: vermilion,
	badStrong: [bold, ...vermilion],
	unknown: [38, 5, 182],
	goodBand: [bold, 38, 5, 16, 48, 5, 75],
	warnBand: [bold, 38, 5, 16, 48, 5, 228],
	badBand: [bold, 38, 5, 16, 48, 5, 208],
	infoBand: [bold, 38, 5, 16, 48, 5, 152],
	candidate: [bold, ...orange],
	baseline: sky,
	key: [bold, 38, 5, 117],
};

export const themes: Readonly<Record<ThemeName, Theme>> = {
	default: {name: 'default', title: 'the terminal’s own colours', styles: standard},
	'high-contrast': {name: 'high-contrast', title: 'bright and bold', styles: highContrast},
	'colour-blind': {name: 'colour-blind', title: 'blue and orange', styles: colourBlind},
	mono: {name: 'mono', title: 'no colour at all', styles: mono},
};

/**
 * What a person chose, unless the environment forbids colour (https://no-color.org: any value that is not empty).
 * An unknown name is the default theme: a preference written by another version must not keep the console from starting.
 */
export function pickTheme(name: string | undefined, env: Readonly<Record<string, string | undefined>>): Theme {
	if (env['NO_COLOR'] || env['TERM'] === 'vt100' || env['TERM'] === 'vt220') return themes.mono;
	return themes[name !== undefined && isThemeName(name) ? name : 'default'];
}

const unsafe = /[\x00-\x1F\x7F-\x9F]/;
const everyUnsafe = new RegExp(unsafe, 'g');

/** The row as a terminal takes it. What reaches here is sanitised already; this is the last door, and it is shut all the same. */
export function paintRow(row: Row, theme: Theme): string {
	const opening = openingOf(theme);
	let painted = '';
	for (const {text, tone} of row) {
		if (text === '') continue;
		const safe = unsafe.test(text) ? text.replaceAll(everyUnsafe, '?') : text;
		const open = opening[tone];
		painted += open === '' ? safe : `${open}${safe}\x1B[0m`;
	}
	return painted;
}

const openings = new Map<Theme, Readonly<Record<Tone, string>>>();

/** What stands before a text of each tone: made once for a theme. */
function openingOf(theme: Theme): Readonly<Record<Tone, string>> {
	const known = openings.get(theme);
	if (known) return known;
	const made = Object.fromEntries(Object.entries(theme.styles).map(([tone, style]) => [tone, sgr(style)]));
	openings.set(theme, made as Record<Tone, string>);
	return made as Record<Tone, string>;
}

/** One sequence for each attribute and one for each colour: what takes them apart again need not know how to split a list. */
function sgr(style: readonly number[]): string {
	let codes = '';
	for (let index = 0; index < style.length; index++) {
		const code = style[index]!;
		if (code === 38 || code === 48) {
			codes += `\x1B[${code};5;${style[index + 2]}m`;
			index += 2;
		} else codes += `\x1B[${code}m`;
	}
	return codes;
}
