import {spawn} from 'node:child_process';
import {expect, test} from 'vitest';
import {decodeProcess, encodeProcess, lifeOf, ownProcess, startTicksOf} from '../../src/journal/process-id.ts';
import {waitUntil} from '../helpers/wait.ts';

test('we live', () => {
	expect(lifeOf(ownProcess())).toBe('alive');
});

test('a process that has ended is dead, and so is one that only waits to be reaped', async () => {
	// The shell's child ends at once and is never waited for: a zombie for as long as the shell sleeps.
	const shell = spawn('/bin/sh', ['-c', 'sh -c "exit 0" & echo $!; exec sleep 5'], {stdio: ['ignore', 'pipe', 'ignore']});
	const text = await new Promise<string>(resolve => shell.stdout.once('data', data => resolve(String(data))));
	await waitUntil('the zombie is seen as dead', () => startTicksOf(Number(text.trim())) === undefined);
	expect(startTicksOf(shell.pid ?? 0)).toMatch(/^\d+$/);
	const {promise, resolve} = Promise.withResolvers<void>();
	shell.once('exit', () => resolve());
	shell.kill('SIGKILL');
	await promise;
	expect(startTicksOf(shell.pid ?? 0)).toBeUndefined();
});

test('what is written into a pid file is read back; what nobody wrote is nothing', () => {
	const id = ownProcess();
	expect(decodeProcess(encodeProcess(id))).toEqual(id);
	expect(decodeProcess('')).toBeUndefined();
	expect(decodeProcess('123')).toBeUndefined();
	expect(decodeProcess('abc def ghi')).toBeUndefined();
});
