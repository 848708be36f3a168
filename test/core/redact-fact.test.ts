import {RE2JS} from 're2js';
import {expect, test} from 'vitest';
import {createMask} from '../../src/base/redact.ts';
import type {Fact} from '../../src/core/event.ts';
import {createFactRedactor} from '../../src/core/redact-fact.ts';
import {plan, started} from '../helpers/given.ts';

const tick = (message: string): Fact => ({
	type: 'tick-taken',
	dueMs: 0,
	lateMs: 0,
	missed: 0,
	readings: {errors: {kind: 'error', error: 'refused', message, tookMs: 1}},
});

test('a secret is masked at any depth, also one that was learned late', () => {
	const mask = createMask();
	const redact = createFactRedactor(mask);
	const fact = tick('denied: s3cr3t-value');
	expect(redact(fact)).toBe(fact);
	mask.learn('s3cr3t-value');
	expect(JSON.stringify(redact(fact))).toContain('"denied: •••"');
});

test('a pattern from the profile breaks no name of our own and no query; a known secret goes from there too', () => {
	const mask = createMask();
	mask.addPatterns([RE2JS.compile('[a-z0-9]+')]);
	const redact = createFactRedactor(mask);
	const written: Fact = {type: 'checkpoint-failed', intentId: '7:0', name: 'T+15m', message: 'disk'};
	expect(redact(written)).toEqual({...written, message: '•••'});
	expect(redact(started(plan()))).toMatchObject({plan: plan()});
	mask.learn(plan().profile);
	expect(JSON.stringify(redact(started(plan())))).not.toContain(`"${plan().profile}"`);
});

test('the beginning of a secret before a cut is masked', () => {
	const mask = createMask();
	mask.learn('abcdefghijklmnop');
	expect(mask.redact('said “token abcdefghijk…” and more')).toBe('said “token •••…” and more');
	expect(mask.redact('said abcde…')).toBe('said abcde…');
});
