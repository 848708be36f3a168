import {type Redact, redacted} from './redact.ts';
import {bareLines, plainLines} from './text.ts';

const nothingHidden = /^[\x20-\x7E\n\t]*$/;

/**
 * A text of many lines that others wrote, masked, and without anything that a terminal would obey: that goes first, since a colour or
 * a zero-width character in the middle of a secret would hide it from the mask. The marks for what was taken out stay, except in a text
 * with a secret, whose halves they would keep apart. Cheap for a text of plain letters.
 */
export function maskPlain(text: string, redact: Redact): string {
	if (nothingHidden.test(text)) return redact(text);
	const plain = plainLines(text);
	if (plain === text) return redact(text);
	// As it came too: a secret may itself hold what is taken out here.
	const [bare, ...others] = [redact(bareLines(text)), redact(plain), plainLines(redact(text))];
	const safest = others.reduce((best, other) => (masksIn(other) > masksIn(best) ? other : best), bare);
	return masksIn(safest) > masksIn(plain) ? safest : redact(plain);
}

const masksIn = (text: string): number => text.split(redacted).length - 1;
