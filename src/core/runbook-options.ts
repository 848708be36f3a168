import type {TextOrSecret} from './secret.ts';

/** A command of the runbook as a profile names it. */
export type RunbookCommand = RunbookPlan & {
	readonly cwd: string;
	/** Added to its environment. */
	readonly env: Readonly<Record<string, TextOrSecret>>;
	/** Of its output so much is kept. */
	readonly maxBytes: number;
};

/** What the plan, and so every screen and every record, knows of it. */
export type RunbookPlan = {
	/** Unique among the commands of a profile. */
	readonly title: string;
	/** One printable character. */
	readonly key?: string;
	/** The program and its arguments, with places such as `{{stage}}` in them. */
	readonly argv: readonly string[];
	readonly timeoutMs: number;
	/** It is asked about before it runs. */
	readonly dangerous: boolean;
	/** Where a console shows what it prints. */
	readonly output: 'pane' | 'pager';
};

/** What a place in an argument may name, and what it stands for. */
export const placeMeanings = {
	session: "the session's name",
	profile: "the profile's name",
	title: "the profile's title",
	environment: 'the environment',
	baseline: "the baseline's name",
	candidate: "the candidate's name",
	stage: "the stage's name",
	stageNumber: "the stage's number, from 1",
	weight: "the candidate's weight as the router last said it, such as 5",
	operator: 'who started the run',
	by: 'who asks for the command',
	guardrail: 'the id of the selected guardrail',
	query: 'its query',
	value: 'its newest value, as a plain number',
	error: 'the code of the selected error',
	startedAt: 'when the session began, as 2026-11-21T12:00:05Z',
	now: 'the time now, in the same form',
} as const;

export type PlaceName = keyof typeof placeMeanings;

/** Other names, as everywhere in a profile. */
const otherNames: Readonly<Record<string, PlaceName>> = {canary: 'candidate', stable: 'baseline'};

/** `{{name}}`; a backslash before it keeps it as it is. What stands between other braces (`{{.Names}}`, `{.items}`) is the program's own. */
const place = /\\?\{\{\s*([A-Za-z][A-Za-z0-9_-]*)\s*\}\}/g;

/** The names in an argument that stand for something, as they are written. */
export const namesIn = (argument: string): readonly string[] =>
	[...argument.matchAll(place)].flatMap(([whole, name = '']) => (whole.startsWith('\\') ? [] : [name]));

/** What a name in an argument is called here; undefined for one that stands for nothing. */
export const placeOf = (name: string): PlaceName | undefined =>
	Object.hasOwn(placeMeanings, name) ? (name as PlaceName) : Object.hasOwn(otherNames, name) ? otherNames[name] : undefined;

/** Each place a command needs, once. */
export const placesOf = (argv: readonly string[]): readonly PlaceName[] => [
	...new Set(argv.flatMap(namesIn).flatMap(name => placeOf(name) ?? [])),
];

export type PlaceValues = Readonly<Partial<Record<PlaceName, string>>>;

/** The arguments with their places filled in. Each stays one argument, whatever is put into it. */
export const fillPlaces = (argv: readonly string[], values: PlaceValues): readonly string[] =>
	argv.map(argument =>
		argument.replaceAll(place, (whole: string, name: string) => {
			if (whole.startsWith('\\')) return whole.slice(1);
			return values[placeOf(name) ?? 'session'] ?? '';
		}),
	);

/** The keys of the console that mean something already, live: a command can't have one of them. In step with the key table by a test. */
export const takenKeys: Readonly<Record<string, string>> = {
	p: 'promote',
	h: 'hold',
	r: 'roll back',
	s: 'snapshot',
	n: 'note',
	a: 'acknowledge',
	A: 'arm',
	'1': 'guardrails',
	'2': 'traffic',
	'3': 'timeline',
	'4': 'errors',
	c: 'compare',
	z: 'zoom',
	j: 'down',
	k: 'up',
	g: 'top',
	G: 'bottom',
	e: 'next breach',
	E: 'previous breach',
	']': 'next checkpoint',
	'[': 'previous checkpoint',
	'/': 'filter',
	'&': 'narrow',
	':': 'palette',
	'?': 'help',
	q: 'quit',
};
