import {mkdirSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {pruneBursts} from '../../src/commands/old-bursts.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

const minute = (index: number): string => `2026-01-01T00-${String(index).padStart(2, '0')}-00Z-relay`;

test('the newest fifty bursts stay, the one just sent, and what is no burst', () => {
	using temp = createTempFolder('bursts');
	// A clock that was set back: the newest burst bears the oldest name.
	const own = '2025-12-31T23-59-59Z-relay';
	const bursts = Array.from({length: 55}, (_, index) => minute(index));
	for (const name of [...bursts, own, 'mine', '.2026-notes']) mkdirSync(join(temp.path, name));
	pruneBursts(temp.path, join(temp.path, own));
	expect(readdirSync(temp.path).sort()).toEqual(['.2026-notes', own, ...bursts.slice(5), 'mine']);
});

test('a folder that is not there is no fault', () => {
	expect(() => pruneBursts('/nowhere/bursts', '/nowhere/bursts/x')).not.toThrow();
});
