/** The file of a checkpoint, without its ending. Names come from the plan and from our own numbers; a name is never a path. */
export const checkpointFileName = (name: string): string =>
	name
		.replaceAll(/[^A-Za-z0-9+._-]/g, '_')
		.replace(/^\.+/, '_')
		.slice(0, 120) || '_';
