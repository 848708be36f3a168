import {Box, Text, Transform} from 'ink';
import {memo} from 'react';
import type {Part} from '../src/view/pane.ts';
import {paintRow, type Theme} from '../src/view/theme.ts';

export type PartBoxProps = {readonly part: Part; readonly theme: Theme};

/**
 * One rectangle of the screen at its place. The view has measured its rows already, and measuring them again would cost Ink more than
 * all the rest: it lays out a blank a row, and the rows take their place as they are drawn.
 */
export const PartBox = memo(function PartBox({part, theme}: PartBoxProps) {
	const {x, y, size, rows} = part;
	return (
		<Box position="absolute" left={x} top={y} width={size.columns} height={size.rows}>
			<Transform transform={(_, index) => paintRow(rows[index] ?? [], theme)}>
				<Text>{Array.from({length: size.rows}, () => ' ').join('\n')}</Text>
			</Transform>
		</Box>
	);
});
