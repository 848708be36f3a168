import {sanitize} from '../base/text.ts';

const esc = '\x1B';
const pasteOn = `${esc}[?2004h`;
const pasteOff = `${esc}[?2004l`;
const showCursor = `${esc}[?25h`;
const leaveAlternate = `${esc}[?1049l`;
const pushTitle = `${esc}[22;0t`;
const popTitle = `${esc}[23;0t`;

type Streams = {readonly stdin: NodeJS.ReadStream; readonly stdout: Pick<NodeJS.WriteStream, 'write'>};

/** The modes of a terminal that the console needs: raw keys, bracketed paste, a title of its own. Ink does the alternate screen. */
export type Terminal = {
	enter(): void;
	/** Everything as it was found. Safe at any time, and twice. */
	leave(): void;
	setTitle(title: string): void;
	bell(): void;
};

export function createTerminal({stdin, stdout}: Streams): Terminal {
	let title = '';
	let isIn = false;
	return {
		enter() {
			isIn = true;
			stdin.setRawMode?.(true);
			stdin.resume();
			stdout.write(pushTitle + pasteOn);
			title = '';
		},
		leave() {
			if (!isIn) return;
			isIn = false;
			stdout.write(pasteOff + popTitle + leaveAlternate + showCursor);
			stdin.setRawMode?.(false);
			stdin.pause();
		},
		setTitle(text) {
			const safe = sanitize(text, 80);
			if (safe === title || !isIn) return;
			title = safe;
			stdout.write(`${esc}]0;${safe}\x07`);
		},
		bell() {
			if (isIn) stdout.write('\x07');
		},
	};
}
