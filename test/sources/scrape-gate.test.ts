import {setTimeout as sleep} from 'node:timers/promises';
import {expect, test} from 'vitest';
import {Gate} from '../../src/sources/scrape-gate.ts';

test('who wants to store waits until everything that is being judged is judged', async () => {
	const gate = new Gate();
	const seen: string[] = [];
	const judge = (name: string, ms: number) =>
		gate.during(async () => {
			seen.push(`${name} begins`);
			await sleep(ms);
			seen.push(`${name} ends`);
		});
	const ticks = [judge('long', 60), judge('short', 20)];
	const stored = gate.passed().then(() => seen.push('stored'));
	await Promise.all([...ticks, stored]);
	expect(seen).toEqual(['long begins', 'short begins', 'short ends', 'long ends', 'stored']);
});

test('an open gate lets pass at once, also after work that failed', async () => {
	const gate = new Gate();
	await gate.passed();
	await expect(
		gate.during(async () => {
			throw new Error('broken');
		}),
	).rejects.toThrow('broken');
	await gate.passed();
	expect(await gate.during(async () => 'answer')).toBe('answer');
});
