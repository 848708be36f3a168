import {PassThrough} from 'node:stream';
import {render} from 'ink';
import {createElement} from 'react';
import {App} from '../../components/App.tsx';
import type {Client} from '../console/client.ts';
import {type ConsoleSession, createConsoleSession} from '../console/console-session.ts';
import {joinOutput} from '../console/joined-output.ts';
import {createPace} from '../console/pace.ts';
import {openPreferences} from '../console/preferences.ts';
import {readKeys} from '../console/read-keys.ts';
import {createTerminal} from '../console/terminal.ts';
import type {Role} from '../core/protocol.ts';
import type {SessionSummary} from '../journal/sessions.ts';
import {frameOf} from '../view/frame.ts';
import {asciiGlyphs, unicodeGlyphs} from '../view/glyphs.ts';
import {pickTheme} from '../view/theme.ts';
import {initialUi, type UiState} from '../view/ui-state.ts';
import {titleOf} from '../view/verdict.ts';
import type {ExitCode} from './exit-codes.ts';
import {say} from './output.ts';
import {speakTo} from './speak.ts';
import {verdictCode} from './verdict.ts';

export type ScreenOptions = {
	readonly theme?: string;
	readonly bell?: boolean;
	readonly screenReader?: boolean;
	readonly ascii?: boolean;
	readonly operator?: string;
};

type ConsoleOptions = ScreenOptions & {readonly role: Role; readonly who: string};

const monoMs = (): number => performance.now();

/** The console on a session until its reader leaves: the whole wiring between terminal, keys, view and controller. */
export async function openConsole(client: Client, {name}: SessionSummary, options: ConsoleOptions): Promise<ExitCode> {
	const left = Promise.withResolvers<void>();
	const isSpoken = options.screenReader === true || process.env['INK_SCREEN_READER'] === 'true';
	const preferences = openPreferences();
	const ports = {
		client,
		who: options.who,
		ui: uiFor(options, preferences.get()),
		glyphs: options.ascii === true || !isUtf8(process.env) ? asciiGlyphs : unicodeGlyphs,
		size: () => ({columns: process.stdout.columns ?? 80, rows: process.stdout.rows ?? 24}),
		offsetMinutes: () => -new Date().getTimezoneOffset(),
		quit: () => left.resolve(),
		remember: preferences.set,
		monoMs,
	};
	const screen = isSpoken ? speakTo(ports) : drawTo(ports);
	const onSignal = (): void => left.resolve();
	for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) process.on(signal, onSignal);
	await left.promise;
	screen.close();
	const {state, status} = client.getSnapshot();
	client.close();
	if (state.ended) say(`${name} is over: ${state.ended.outcome}: ${state.ended.reason}`);
	else if (status === 'live') say(`${name} goes on being guarded. canary attach ${name} returns to it.`);
	return state.ended ? verdictCode(state) : 0;
}

export type ScreenPorts = Omit<Parameters<typeof createConsoleSession>[0], 'changed' | 'redraw' | 'suspend' | 'bell'>;

function uiFor({theme, bell, who}: ConsoleOptions, kept: ReturnType<ReturnType<typeof openPreferences>['get']>): UiState {
	return {
		...initialUi,
		theme: theme ?? kept.theme ?? 'default',
		bell: bell !== false && (kept.bell ?? true),
		operator: kept.operator ?? who,
	};
}

/** By the rule of POSIX: the first of these that is set decides. */
function isUtf8(env: NodeJS.ProcessEnv): boolean {
	const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
	return locale === '' ? env['TERM'] !== 'linux' : /utf-?8/i.test(locale);
}

/** The screen by Ink, in the terminal's other buffer. */
function drawTo(ports: ScreenPorts): {close(): void} {
	const terminal = createTerminal(process);
	const output = joinOutput(process.stdout, () => pace.want(true));
	let ink: ReturnType<typeof render> | undefined;

	const element = () => {
		const scene = session.scene();
		terminal.setTitle(titleOf(scene));
		return createElement(App, {frame: frameOf(scene), theme: pickTheme(scene.ui.theme, process.env)});
	};
	const mount = (): void => {
		ink = render(element(), {
			stdout: output.stream,
			// Keys are read by us: Ink would let go of the real one.
			stdin: new PassThrough() as unknown as NodeJS.ReadStream,
			exitOnCtrlC: false,
			patchConsole: false,
			alternateScreen: true,
			incrementalRendering: true,
			interactive: true,
		});
	};
	const unmount = (): void => {
		ink?.unmount();
		ink?.cleanup();
		ink = undefined;
	};
	/** From nothing: after a resize, a suspension, or when something else has written on the terminal. */
	const redraw = (): void => {
		unmount();
		mount();
	};
	// A frozen terminal gets no frame behind the one it still owes.
	const pace = createPace(() => void (output.isBlocked || ink?.rerender(element())), monoMs);
	const suspend = (): void => {
		unmount();
		output.write('');
		terminal.leave();
		process.once('SIGCONT', () => {
			terminal.enter();
			mount();
		});
		process.kill(process.pid, 'SIGSTOP');
	};
	const session: ConsoleSession = createConsoleSession({
		...ports,
		changed: urgent => pace.want(urgent),
		redraw,
		suspend,
		bell: () => terminal.bell(),
	});
	const keys = readKeys(session, monoMs);
	const restore = (): void => terminal.leave();
	process.on('exit', restore);
	process.on('SIGTSTP', suspend);
	process.stdout.on('resize', redraw);
	terminal.enter();
	mount();
	pace.want(false);
	return {
		close() {
			pace.stop();
			process.stdout.off('resize', redraw);
			process.off('SIGTSTP', suspend);
			keys.close();
			session.close();
			unmount();
			output.close();
			terminal.leave();
			process.off('exit', restore);
		},
	};
}
