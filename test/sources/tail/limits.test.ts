import {expect, test} from 'vitest';
import {createBudget} from '../../../src/sources/tail/budget.ts';
import {createDisk} from '../../../src/sources/tail/disk.ts';
import {createSpending} from '../../../src/sources/tail/spending.ts';

test('a budget fills with time, holds one second of it, and may be overdrawn once', () => {
	const budget = createBudget(100);
	expect(budget.has(0)).toBe(true);
	budget.spend(150);
	expect(budget.has(0)).toBe(false);
	expect(budget.has(400)).toBe(false);
	expect(budget.has(600)).toBe(true);
	budget.spend(10);
	expect(budget.has(600)).toBe(false);
	expect(budget.has(99_000)).toBe(true);
	budget.spend(100);
	expect(budget.has(99_000)).toBe(false);
});

test('a clock that steps back fills nothing, and does not stop the filling', () => {
	const budget = createBudget(100);
	budget.has(50_000);
	budget.spend(100);
	expect(budget.has(10_000)).toBe(false);
	expect(budget.has(10_500)).toBe(true);
});

test('lines of guardrails have a purse of their own, in lines and in time', () => {
	const spending = createSpending({linesPerSecond: 2, urgentLinesPerSecond: 3, cpuMsPerSecond: 100});
	const look = (urgent: boolean) => [1, 2, 3, 4].map(() => spending.mayLook(0, urgent));
	expect(look(false)).toEqual([true, true, false, false]);
	expect(spending.mayLookAtAny(0)).toBe(false);
	expect(look(true)).toEqual([true, true, true, false]);
	spending.spent(150);
	expect(spending.mayLook(400, false)).toBe(false);
	expect(spending.mayLook(400, true)).toBe(true);
	spending.spent(500);
	expect(spending.mayLook(800, true)).toBe(false);
});

test('while an operation hangs no other is started, and afterwards all is well', async () => {
	const disk = createDisk(30);
	let release: (value: string) => void = () => {};
	const hung = disk.ask('reading a', () => new Promise<string>(resolve => (release = resolve)));
	await expect(hung).rejects.toThrow('reading a: no answer within 30 ms');
	let started = false;
	const second = disk.ask('reading b', async () => (started = true));
	await expect(second).rejects.toThrow('reading b: not tried, reading a still hangs');
	expect(started).toBe(false);
	release('late');
	await new Promise(resolve => setImmediate(resolve));
	await expect(disk.ask('reading c', async () => 'c')).resolves.toBe('c');
});

test('an operation that fails says so and holds up nothing', async () => {
	const disk = createDisk(1_000);
	await expect(disk.ask('x', () => Promise.reject(new Error('EACCES')))).rejects.toThrow('EACCES');
	await expect(disk.ask('y', async () => 'y')).resolves.toBe('y');
});
