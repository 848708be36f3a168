import {existsSync, readFileSync} from 'node:fs';
import {join, posix} from 'node:path';
import {expect, test} from 'vitest';
import {bannedInReplay, replayEntries, replayFloors} from './floors.ts';

const root = new URL('../..', import.meta.url).pathname;

/** Every module a file leads to, types alone included: what stands in a type today may be called tomorrow. */
function reachedFrom(entries: readonly string[], read: (path: string) => string): readonly string[] {
	const reached = new Set<string>();
	const open = [...entries];
	for (let path = open.pop(); path !== undefined; path = open.pop()) {
		if (reached.has(path)) continue;
		reached.add(path);
		if (!path.startsWith('src/') && !path.startsWith('components/')) continue;
		for (const [, target = ''] of read(path).matchAll(/(?:from |import\()'([^']+)'/g)) {
			open.push(target.startsWith('.') ? posix.join(posix.dirname(path), target) : target);
		}
	}
	return [...reached];
}

function breaches(reached: readonly string[]): readonly string[] {
	const isOurs = (path: string): boolean => existsSync(join(root, path));
	const onFloors = (path: string): boolean => replayFloors.some(floor => path.startsWith(`${floor}/`));
	return reached.filter(path => bannedInReplay.includes(path) || (isOurs(path) && path.includes('/') && !onFloors(path)));
}

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

test('nothing a replay is made of leads to a controller, a router, a source or a socket', () => {
	const reached = reachedFrom(replayEntries, read);
	expect(reached).toContain('src/journal/reader.ts');
	expect(reached).toContain('src/console/console-session.ts');
	expect(breaches(reached)).toEqual([]);
});

test('one import of the socket client, however far away, is found', () => {
	const withSocket = (path: string): string =>
		path === 'src/console/pace.ts' ? "import {connect} from './client.ts';" : read(path);
	expect(breaches(reachedFrom(replayEntries, withSocket))).toEqual(
		expect.arrayContaining(['src/console/client.ts', 'src/console/connection.ts', 'node:net']),
	);
});
