import {Box, Static, Text} from 'ink';

export type SpokenProps = {
	/** Everything said so far, oldest first; each line is printed once. */
	readonly lines: readonly {readonly key: number; readonly text: string}[];
	/** The open dialog, if any, in one line. */
	readonly prompt: string;
};

/** The session for a screen reader: lines printed as they come, and nothing that moves. */
export function Spoken({lines, prompt}: SpokenProps) {
	return (
		<Box flexDirection="column">
			<Static items={[...lines]}>{({key, text}) => <Text key={key}>{text}</Text>}</Static>
			{prompt !== '' && <Text>{prompt}</Text>}
		</Box>
	);
}
