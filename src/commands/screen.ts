import type {Client} from '../console/client-port.ts';
import type {createConsoleSession} from '../console/console-session.ts';
import {type NoteWay, noteWays} from '../console/desktop-note.ts';
import {openPreferences} from '../console/preferences.ts';
import type {Role} from '../core/protocol.ts';
import type {SessionSummary} from '../journal/sessions.ts';
import {initialUi, panes, type UiState} from '../view/ui-state.ts';
import {drawTo} from './draw.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';
import {glyphsOf} from './locale.ts';
import {safe, say, tell} from './output.ts';
import {speakTo} from './speak.ts';
import {verdictCode} from './verdict.ts';

export type ScreenOptions = {
	readonly theme?: string;
	readonly bell?: boolean;
	readonly notify?: NoteWay;
	readonly screenReader?: boolean;
	readonly ascii?: boolean;
	readonly operator?: string;
};

type ConsoleOptions = ScreenOptions & {
	readonly role: Role;
	readonly who: string;
	/** The session ends with the console, as the demo's does. */
	readonly endsWithConsole?: boolean;
	/** A recorded session, and what moves about in it. */
	readonly replay?: ScreenPorts['replay'];
	readonly input?: NodeJS.ReadStream;
	/** Nobody can press a key: leave by itself then, with all said. */
	readonly leaveWhen?: Promise<void>;
};

const monoMs = (): number => performance.now();

/** The console on a session until its reader leaves: the whole wiring between terminal, keys, view and controller. */
export async function openConsole(
	client: Client,
	{name}: Pick<SessionSummary, 'name'>,
	options: ConsoleOptions,
): Promise<ExitCode> {
	const left = Promise.withResolvers<void>();
	// A terminal that went away takes no last words; that is no fault of ours.
	process.stdout.on('error', () => {});
	const isSpoken = options.screenReader === true || process.env['INK_SCREEN_READER'] === 'true' || process.env['TERM'] === 'dumb';
	const preferences = openPreferences();
	const kept = preferences.get();
	const ports = {
		client,
		who: options.who,
		ui: uiFor(options, kept),
		glyphs: glyphsOf(process.env, options.ascii),
		size: () => ({columns: process.stdout.columns ?? 80, rows: process.stdout.rows ?? 24}),
		offsetMinutes: () => -new Date().getTimezoneOffset(),
		quit: () => left.resolve(),
		remember: preferences.set,
		noteWay: options.notify ?? noteWays.find(way => way === kept.notify) ?? 'auto',
		monoMs,
		...(options.replay && {replay: options.replay}),
		...(options.input && {input: options.input}),
	};
	const screen = isSpoken ? speakTo(ports) : drawTo(ports);
	const onSignal = (): void => left.resolve();
	for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) process.on(signal, onSignal);
	void options.leaveWhen?.then(left.resolve);
	await left.promise;
	const {focus, zoomed} = screen.ui();
	screen.close();
	if (focus !== ports.ui.focus || zoomed !== ports.ui.zoomed) await preferences.set({focus, zoomed});
	const {state, status} = client.getSnapshot();
	client.close();
	if (options.replay) {
		for (const notice of options.replay.view().notices) tell(`canary: ${safe(notice)}`);
		return exitCodes.good;
	}
	if (state.ended) say(`${name} is over: ${state.ended.outcome}: ${state.ended.reason}`);
	else if (status === 'live' && !options.endsWithConsole)
		say(`${name} goes on being guarded. canary attach ${name} returns to it.`);
	return state.ended ? verdictCode(state) : 0;
}

/** What is open on the terminal, whichever way it is shown. */
export type Screen = {ui(): UiState; close(): void};

export type ScreenPorts = Omit<
	Parameters<typeof createConsoleSession>[0],
	'changed' | 'redraw' | 'suspend' | 'bell' | 'note' | 'pager'
> & {
	/** How a note of the desktop is asked for. */
	readonly noteWay: NoteWay;
	/** Where keys come from, when standard input is something else. */
	readonly input?: NodeJS.ReadStream;
};

function uiFor({theme, bell, who}: ConsoleOptions, kept: ReturnType<ReturnType<typeof openPreferences>['get']>): UiState {
	return {
		...initialUi,
		theme: theme ?? kept.theme ?? 'default',
		bell: bell !== false && (kept.bell ?? true),
		operator: kept.operator ?? who,
		focus: panes.find(pane => pane === kept.focus) ?? initialUi.focus,
		zoomed: kept.zoomed ?? false,
	};
}
