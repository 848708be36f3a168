import {PassThrough} from 'node:stream';
import {render} from 'ink';
import {createElement} from 'react';
import {App} from '../../components/App.tsx';
import {type ConsoleSession, createConsoleSession} from '../console/console-session.ts';
import {noteSequence} from '../console/desktop-note.ts';
import {createFrameOutput} from '../console/frame-output.ts';
import {createPace} from '../console/pace.ts';
import {readKeys} from '../console/read-keys.ts';
import {createTerminal} from '../console/terminal.ts';
import {guardTerminal, type TerminalGuard} from '../console/terminal-guard.ts';
import {createTtyWriter, openTty} from '../console/tty-writer.ts';
import {frameOf} from '../view/frame.ts';
import {pickTheme} from '../view/theme.ts';
import {titleOf} from '../view/verdict.ts';
import {openPager} from './pager.ts';
import type {Screen, ScreenPorts} from './screen.ts';

/** How long a terminal may take for the last words. A frozen one is left as it is. */
const leaveMs = 200;
/** By then a job that can be stopped has been. */
const unheardMs = 250;

/** Where the terminal can't be opened anew: as Node does it, waiting. */
function takeByStdout(bytes: Uint8Array): number {
	process.stdout.write(bytes);
	return bytes.length;
}

/** The screen by Ink, in the terminal's other buffer, until closed. */
export function drawTo(ports: ScreenPorts): Screen {
	const {monoMs} = ports;
	const tty = openTty();
	const writer = createTtyWriter(tty?.take ?? takeByStdout, {
		onFree() {
			output.draw();
			pace.want(true);
		},
		onGone: ports.quit,
		nowMs: monoMs,
	});
	const output = createFrameOutput(writer, ports.size);
	const terminal = createTerminal({stdin: ports.input ?? process.stdin, write: text => writer.write(text)});
	let guard: TerminalGuard | undefined;

	const element = () => {
		const scene = session.scene();
		terminal.setTitle(titleOf(scene));
		return createElement(App, {frame: frameOf(scene), theme: pickTheme(scene.ui.theme, process.env)});
	};
	// A frozen terminal gets no frame behind the one it still owes: `onFree` asks for the newest.
	const pace = createPace(() => void (writer.isBlocked ? pace.want(false) : ink.rerender(element())), monoMs);
	/** From nothing: after a resize, a suspension, or when something else has written on the terminal. */
	const redraw = (): void => {
		output.invalidate();
		pace.want(true);
	};
	const suspend = (): void => {
		terminal.leave();
		writer.finish(leaveMs);
		process.off('SIGTSTP', suspend);
		const resume = (): void => {
			clearTimeout(unheard);
			process.off('SIGCONT', resume);
			process.on('SIGTSTP', suspend);
			terminal.enter();
			redraw();
		};
		process.on('SIGCONT', resume);
		// The whole job: a shell waits for `npm` or a script that started us, too.
		process.kill(0, 'SIGTSTP');
		// Where no shell could continue it, the system stops nobody; stopped, this comes together with SIGCONT.
		const unheard = setTimeout(resume, unheardMs);
	};
	const pager = (path: string): string | undefined => {
		terminal.leave();
		writer.finish(leaveMs);
		const trouble = openPager(path, process.env);
		terminal.enter();
		redraw();
		return trouble;
	};
	const session: ConsoleSession = createConsoleSession({
		...ports,
		changed: urgent => pace.want(urgent),
		redraw,
		suspend,
		pager,
		bell: () => terminal.bell(),
		note(title, text) {
			const sequence = noteSequence(title, text, ports.noteWay, process.env);
			if (sequence !== undefined) terminal.tell(sequence);
		},
	});
	const restore = (): void => {
		terminal.leave();
		writer.finish(leaveMs);
	};
	process.on('exit', restore);
	process.on('SIGTSTP', suspend);
	process.stdout.on('resize', redraw);
	terminal.enter();
	const keys = readKeys(session, monoMs, ports.input);
	const ink = render(element(), {
		stdout: output.stream,
		// Keys are read by us: Ink would let go of the real one.
		stdin: new PassThrough() as unknown as NodeJS.ReadStream,
		exitOnCtrlC: false,
		patchConsole: false,
		interactive: true,
		// Every frame whole: which rows differ from what the terminal really has is known to the output alone.
		debug: true,
	});
	pace.want(false);
	// After the first frame: to start a process takes as long as to draw one.
	const guarding = setImmediate(() => {
		guard = guardTerminal();
	});
	return {
		ui: () => session.scene().ui,
		close() {
			pace.stop();
			process.stdout.off('resize', redraw);
			process.off('SIGTSTP', suspend);
			keys.close();
			session.close();
			ink.unmount();
			ink.cleanup();
			restore();
			clearImmediate(guarding);
			guard?.dismiss();
			process.off('exit', restore);
			writer.close();
			tty?.close();
		},
	};
}
