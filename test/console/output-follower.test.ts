import {readdirSync, readlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, expect, test} from 'vitest';
import {createOutputFollower} from '../../src/console/output-follower.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {waitUntil} from '../helpers/wait.ts';

const temp = createTempFolder('output-follower');
afterAll(() => temp.remove());

/** How many descriptors of ours stand on a file. */
const opened = (path: string): number =>
	readdirSync('/proc/self/fd').filter(name => {
		try {
			return readlinkSync(join('/proc/self/fd', name)) === path;
		} catch {
			return false;
		}
	}).length;

test.runIf(process.platform === 'linux')('a file that nobody looks at any more is closed', async () => {
	const [first, second] = ['first.txt', 'second.txt'].map(name => join(temp.path, name)) as [string, string];
	writeFileSync(first, 'one\n');
	writeFileSync(second, 'two\n');
	const follower = createOutputFollower(() => {});
	const sees = (line: string): boolean => follower.text()?.lines.includes(line) === true;
	follower.follow({path: first});
	await waitUntil('the first is read', () => sees('one'));
	expect(opened(first)).toBe(1);
	follower.follow({path: second});
	await waitUntil('the second is read', () => sees('two'));
	await waitUntil('the first is closed', () => opened(first) === 0);
	follower.follow(undefined);
	await waitUntil('the second is closed', () => opened(second) === 0);
	follower.follow({path: first});
	await waitUntil('the first is read anew', () => sees('one'));
	follower.close();
	await waitUntil('the first is closed', () => opened(first) === 0);
	// Left before it was open: it must not be opened behind that.
	follower.follow({path: second});
	follower.follow(undefined);
	follower.follow({path: first});
	await waitUntil('the first is read once more', () => sees('one'));
	expect(opened(second)).toBe(0);
	follower.close();
	await waitUntil('the first is closed', () => opened(first) === 0);
});
