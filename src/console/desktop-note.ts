import {sanitize} from '../base/text.ts';

/** How a terminal is asked for a note of the desktop; `bell`: not at all. */
export const noteWays = ['auto', 'bell', 'osc9', 'osc777'] as const;
export type NoteWay = (typeof noteWays)[number];

type Env = Readonly<Record<string, string | undefined>>;

const esc = '\x1B';
/** String terminator: a bell in its place would ring where the sequence is not known. */
const st = `${esc}\\`;

/**
 * The sequence that shows a note of the desktop, or undefined where the terminal could only print rubbish. OSC 9 is iTerm2's, taken
 * over by kitty, WezTerm, Ghostty and others; OSC 777 is rxvt's, taken over by VTE and foot. A terminal that knows neither passes
 * over both.
 */
export function noteSequence(title: string, text: string, way: NoteWay, env: Env): string | undefined {
	const term = env['TERM'] ?? '';
	// Within tmux TERM may be `screen`, which by itself is told by STY.
	const cannot = term === '' || /^(?:dumb|linux|vt\d+)/.test(term) || (env['STY'] !== undefined && !env['TMUX']);
	if (way === 'bell' || cannot) return undefined;
	const plain = (part: string, columns: number): string => sanitize(part, columns).replaceAll(';', ',');
	const is777 = way === 'osc777' || (way === 'auto' && (env['VTE_VERSION'] !== undefined || /^(?:rxvt|foot)/.test(term)));
	const heading = `canary ${plain(title, 40)}`;
	const body = plain(text, 200);
	const osc = is777 ? `${esc}]777;notify;${heading};${body}${st}` : `${esc}]9;${heading}: ${body}${st}`;
	// tmux hands it on where it is allowed to (allow-passthrough), and passes over it otherwise.
	return env['TMUX'] ? `${esc}Ptmux;${osc.replaceAll(esc, esc + esc)}${st}` : osc;
}
