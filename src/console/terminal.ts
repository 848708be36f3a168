import {sanitize} from '../base/text.ts';

const esc = '\x1B';
const pushTitle = `${esc}[22;0t`;
const popTitle = `${esc}[23;0t`;
/** The other buffer, no cursor, no wrapping at the right edge, pastes marked as such. */
const modesOn = `${esc}[?1049h${esc}[?25l${esc}[?7l${esc}[?2004h`;
const modesOff = `${esc}[0m${esc}[?2026l${esc}[?2004l${esc}[?7h${esc}[?25h${esc}[?1049l`;

type Streams = {readonly stdin: NodeJS.ReadStream; readonly write: (text: string) => void};

/** The modes of a terminal that the console needs: raw keys, the other buffer, bracketed paste, a title of its own. */
export type Terminal = {
	enter(): void;
	/** Everything as it was found. Safe at any time, and twice. */
	leave(): void;
	setTitle(title: string): void;
	bell(): void;
	/** A sequence that shows nothing on the screen. */
	tell(sequence: string): void;
};

export function createTerminal({stdin, write}: Streams): Terminal {
	let title = '';
	let isIn = false;
	return {
		enter() {
			isIn = true;
			stdin.setRawMode?.(true);
			stdin.resume();
			write(pushTitle + modesOn);
			title = '';
		},
		leave() {
			if (!isIn) return;
			isIn = false;
			write(modesOff + popTitle);
			// A terminal that is gone can't be set any more.
			try {
				stdin.setRawMode?.(false);
			} catch {}
			stdin.pause();
		},
		setTitle(text) {
			const safe = sanitize(text, 80);
			if (safe === title || !isIn) return;
			title = safe;
			write(`${esc}]0;${safe}\x07`);
		},
		bell() {
			if (isIn) write('\x07');
		},
		tell(sequence) {
			if (isIn) write(sequence);
		},
	};
}

/** What puts a terminal right that a killed console has left behind: the same, as a text for a shell's `printf`. */
export const modesOffForShell = (modesOff + popTitle).replaceAll(esc, '\\033');
