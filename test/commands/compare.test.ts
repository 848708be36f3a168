import {join} from 'node:path';
import {afterAll, expect, test} from 'vitest';
import {compareCommand} from '../../src/commands/compare.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {runLongSession} from '../report/long-session.ts';

const temp = createTempFolder('compare-command');
afterAll(temp.remove);

test('a session whose profile compares nothing says so, and where to read more', async () => {
	const folder = await runLongSession(join(temp.path, 'plain'), {hours: 0.1});
	await expect(compareCommand(folder, {})).rejects.toThrow(
		/compares nothing: its profile has no "compare" \(docs\/compare\.md\)/,
	);
});
