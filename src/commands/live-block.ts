import {columnsOf} from '../base/text.ts';
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
	let widths: readonly number[] = [];
	/** Up to where the block begins. Nearly every terminal that is made narrower breaks a row in two: they are counted as it stands now. */
	const back = (): string => {
		const across = Math.max(1, stream.columns || 80);
		const height = widths.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / across)), 0);
		return height > 0 ? `\x1B[${height}A\r` : '\r';
	};
	return {
		glyphs,
		columns,
		draw(rows) {
			const fitted = rows.map(row => {
				const cut = cutRow(row, columns(), glyphs.marks);
				return glyphs.name === 'ascii' ? asciiRow(cut) : cut;
			});
			stream.write(`${back()}${fitted.map(row => `${paintRow(row, theme)}\x1B[K\n`).join('')}\x1B[J`);
			widths = fitted.map(row => columnsOf(row.map(({text}) => text).join('')));
		},
		clear() {
			if (widths.length > 0) stream.write(`${back()}\x1B[J`);
			widths = [];
		},
	};
}
