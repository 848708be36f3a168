import {Box, Text} from 'ink';
import {memo} from 'react';
import type {Part} from '../src/view/pane.ts';
import {paintRow, type Theme} from '../src/view/theme.ts';

export type PartBoxProps = {readonly part: Part; readonly theme: Theme};

/** One rectangle of the screen at its place. A row is one text: many small ones would cost far more to lay out. */
export const PartBox = memo(function PartBox({part, theme}: PartBoxProps) {
	const {x, y, size, rows} = part;
	return (
		<Box position="absolute" left={x} top={y} width={size.columns} height={size.rows} flexDirection="column" overflow="hidden">
			<Text wrap="truncate">{rows.map(row => paintRow(row, theme)).join('\n')}</Text>
		</Box>
	);
});
