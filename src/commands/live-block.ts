import {openPreferences} from '../console/preferences.ts';
import {asciiRow, type Glyphs} from '../view/glyphs.ts';
import {cutRow, type Row} from '../view/row.ts';
import {paintRow, pickTheme} from '../view/theme.ts';
import {glyphsOf} from './locale.ts';

/** A few rows on a terminal that are drawn over again, below what was printed before. */
export type LiveBlock = {
	readonly glyphs: Glyphs;
	/** Columns that a row may have. */
	columns(): number;
	/** Draws the rows in the place of those before. */
	draw(rows: readonly Row[]): void;
	/** Takes the rows away; what is printed next stands in their place. */
	clear(): void;
};

/** Undefined where nothing can be drawn over: a pipe, a terminal without cursor, or somebody who has the screen read aloud. */
export function openLiveBlock(stream: NodeJS.WriteStream = process.stderr, env = process.env): LiveBlock | undefined {
	if (!stream.isTTY || env['TERM'] === 'dumb' || env['INK_SCREEN_READER'] === 'true') return undefined;
	const glyphs = glyphsOf(env);
	const theme = pickTheme(openPreferences().get().theme, env);
	// The last column is left free, so that no terminal wraps.
	const columns = (): number => Math.max(8, (stream.columns || 80) - 1);
	let height = 0;
	const back = (): string => (height > 0 ? `\x1B[${height}A\r` : '\r');
	return {
		glyphs,
		columns,
		draw(rows) {
			const spelled = rows.map(row => {
				const cut = cutRow(row, columns(), glyphs.marks);
				return paintRow(glyphs.name === 'ascii' ? asciiRow(cut) : cut, theme);
			});
			stream.write(`${back()}${spelled.map(line => `${line}\x1B[K\n`).join('')}\x1B[J`);
			height = spelled.length;
		},
		clear() {
			if (height > 0) stream.write(`${back()}\x1B[J`);
			height = 0;
		},
	};
}
