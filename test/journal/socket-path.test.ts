import {chmodSync, existsSync, lstatSync, mkdirSync, statSync} from 'node:fs';
import {createServer} from 'node:net';
import {userInfo} from 'node:os';
import {join} from 'node:path';
import {afterAll, expect, test} from 'vitest';
import {connectPath, prepareSocket, removeSocket, socketBytesMax, socketPathsFor} from '../../src/journal/socket-path.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

const temp = createTempFolder('sock');
afterAll(() => temp.remove());

test('a short folder holds its own socket', () => {
	expect(socketPathsFor('/s/one')[0]).toBe('/s/one/control.sock');
});

test('a deep folder gets a socket where the path is short, private, and a link to it', async () => {
	const folder = join(temp.path, 'd'.repeat(80), 'e'.repeat(60));
	mkdirSync(folder, {recursive: true});
	const [path = ''] = socketPathsFor(folder, {XDG_RUNTIME_DIR: temp.path});
	expect(Buffer.byteLength(path)).toBeLessThanOrEqual(socketBytesMax);
	prepareSocket(folder, path);
	expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700);
	const server = createServer();
	await new Promise<void>((resolve, reject) => server.once('error', reject).listen(connectPath(folder), resolve));
	expect(lstatSync(join(folder, 'control.sock')).isSymbolicLink()).toBe(true);
	expect(lstatSync(path).isSocket()).toBe(true);
	server.close();
	removeSocket(folder, path);
	expect(existsSync(join(folder, 'control.sock'))).toBe(false);
});

test('a runtime folder that is too deep itself is passed over', () => {
	expect(socketPathsFor(`/x${'y'.repeat(120)}`, {XDG_RUNTIME_DIR: `/r${'z'.repeat(120)}`})).toEqual([
		expect.stringMatching(/^\/tmp\//),
	]);
});

test('a folder that others may enter is not used', () => {
	const base = join(temp.path, 'open');
	const shared = join(base, `canary-${userInfo().uid}`);
	mkdirSync(shared, {recursive: true});
	chmodSync(shared, 0o755);
	expect(() => prepareSocket('/anywhere', join(shared, 'x.sock'))).toThrow(/mode 0700/);
});

test('a socket that somebody else may have put there is not connected to', async () => {
	const folder = join(temp.path, 'elsewhere');
	mkdirSync(folder);
	const env = {XDG_RUNTIME_DIR: join(temp.path, 'run')};
	const path = socketPathsFor(folder, env)[1] ?? '';
	mkdirSync(join(path, '..'), {recursive: true, mode: 0o700});
	const server = createServer();
	await new Promise<void>(resolve => server.listen(path, resolve));
	expect(connectPath(folder, env)).toBe(path);
	chmodSync(join(path, '..'), 0o777);
	expect(connectPath(folder, env)).toBe(join(folder, 'control.sock'));
	server.close();
});
