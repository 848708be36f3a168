import {redact} from '../base/redact.ts';
import {sanitize, sanitizeLines} from '../base/text.ts';

const columnsMax = 600;
const linesMax = 60;

/** One line of text from outside, without anything a terminal or a reader would obey; a secret that slipped through is hidden. */
export const clean = (text: string, columns = columnsMax): string => sanitize(redact(text), columns);

/** The same, with its line breaks: what a router said. */
export const cleanLines = (text: string): string => sanitizeLines(redact(text), columnsMax, linesMax).join('\n');
