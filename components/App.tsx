import {Box} from 'ink';
import type {Frame} from '../src/view/frame.ts';
import type {Theme} from '../src/view/theme.ts';
import {PartBox} from './PartBox.tsx';

export type AppProps = {readonly frame: Frame; readonly theme: Theme};

/** The whole screen: exactly as large as the frame, with everything where the view put it. It has no thought of its own. */
export function App({frame, theme}: AppProps) {
	const {size, parts, overlay} = frame;
	return (
		<Box width={size.columns} height={size.rows}>
			{parts.map(part => (
				<PartBox key={`${part.x},${part.y}`} part={part} theme={theme} />
			))}
			{overlay && <PartBox part={overlay} theme={theme} covers />}
		</Box>
	);
}
