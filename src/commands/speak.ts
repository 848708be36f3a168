import {createConsoleSession} from '../console/console-session.ts';
import {createPace} from '../console/pace.ts';
import {readKeys} from '../console/read-keys.ts';
import {nothingSpoken, speech} from '../view/speech.ts';
import {say} from './output.ts';
import type {Screen, ScreenPorts} from './screen.ts';

/** The session as lines of text, for a screen reader or a dumb terminal: what is new, and nothing twice. The keys are the same. */
export function speakTo(ports: ScreenPorts): Screen {
	let spoken = nothingSpoken;
	const speak = (): void => {
		const said = speech(session.scene(), spoken);
		spoken = said.spoken;
		for (const line of said.lines) say(line);
	};
	const pace = createPace(speak, ports.monoMs);
	const session = createConsoleSession({
		...ports,
		changed: urgent => pace.want(urgent),
		redraw() {
			spoken = nothingSpoken;
			speak();
		},
		suspend: () => {},
		pager: path => `the file is ${path}`,
		bell: () => void (process.stdout.isTTY && process.stdout.write('\x07')),
		// What is read aloud is news enough.
		note: () => {},
	});
	const input = ports.input ?? process.stdin;
	const isTerminal = input.isTTY;
	if (isTerminal) input.setRawMode(true);
	input.resume();
	const keys = readKeys(session, ports.monoMs, input);
	speak();
	return {
		ui: () => session.scene().ui,
		close() {
			pace.stop();
			// What the pace had put off is said too.
			speak();
			keys.close();
			session.close();
			if (isTerminal) input.setRawMode(false);
		},
	};
}
