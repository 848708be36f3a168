import {Box, Text, Transform} from 'ink';
import {memo} from 'react';
import type {Part} from '../src/view/pane.ts';
import {paintRow, type Theme} from '../src/view/theme.ts';
import {trimmed} from '../src/view/trim.ts';

export type PartBoxProps = {
	readonly part: Part;
	readonly theme: Theme;
	/** It lies over others: its blanks must hide what is beneath. */
	readonly covers?: boolean;
};

/** One rectangle of the screen at its place. */
export const PartBox = memo(function PartBox({part, theme, covers = false}: PartBoxProps) {
	const {x, y, size, rows} = part;
	const pieces = rows.map(row => (covers ? {left: row} : trimmed(row)));
	const edges = pieces.map(({edge}) => (edge ? paintRow([edge], theme) : ''));
	return (
		<>
			<Lines x={x} y={y} columns={size.columns} lines={pieces.map(({left}) => paintRow(left, theme))} />
			{edges.some(edge => edge !== '') && <Lines x={x + size.columns - 1} y={y} columns={1} lines={edges} />}
		</>
	);
});

type LinesProps = {readonly x: number; readonly y: number; readonly columns: number; readonly lines: readonly string[]};

/**
 * The view has measured its rows already, and measuring them again would cost Ink more than all the rest: it lays out a blank a row,
 * and the rows take their place as they are drawn.
 */
function Lines({x, y, columns, lines}: LinesProps) {
	return (
		<Box position="absolute" left={x} top={y} width={columns} height={lines.length}>
			<Transform transform={(_, index) => lines[index] ?? ''}>
				<Text>{lines.map(() => ' ').join('\n')}</Text>
			</Transform>
		</Box>
	);
}
