import {sanitize} from '../base/text.ts';
import type {Press} from './key-decoder.ts';

/** What a field takes at most; the controller cuts at about the same. */
const fieldMax = 300;

/** A line of text after one more press. */
export function edited(text: string, press: Press): string {
	if (press.type === 'paste') return (text + clean(press.text)).slice(0, fieldMax);
	if (press.key === 'backspace') return [...text].slice(0, -1).join('');
	if (press.key === 'ctrl-u') return '';
	if (press.key === 'ctrl-w') return text.replace(/\S*\s*$/, '');
	return [...press.key].length === 1 ? (text + clean(press.key)).slice(0, fieldMax) : text;
}

const clean = (text: string): string => sanitize(text.replaceAll(/[\r\n\t]+/g, ' '), fieldMax);
