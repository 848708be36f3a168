import {asciiGlyphs, type Glyphs, unicodeGlyphs} from '../view/glyphs.ts';

/** By the rule of POSIX: the first of these that is set decides. */
export function isUtf8(env: NodeJS.ProcessEnv): boolean {
	const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
	return locale === '' ? env['TERM'] !== 'linux' : /utf-?8/i.test(locale);
}

/** The signs that this terminal has. */
export const glyphsOf = (env: NodeJS.ProcessEnv, ascii = false): Glyphs => (ascii || !isUtf8(env) ? asciiGlyphs : unicodeGlyphs);
