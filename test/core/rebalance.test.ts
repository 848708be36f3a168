import {expect, test} from 'vitest';
import {parseClientLine} from '../../src/controller/command-line.ts';
import {admit} from '../../src/core/admit.ts';
import type {Fact} from '../../src/core/event.ts';
import {fold, splitRead, started, tick} from '../helpers/given.ts';

const asked = (...facts: readonly Fact[]) =>
	admit(
		fold([started(), splitRead(5), ...facts]).states.at(-1)!,
		{command: 'rebalance', reason: ''},
		{role: 'script', who: 'ana'},
		5_000,
	);

test('where nothing has drifted there is nothing to set', () => {
	expect(asked(tick(4_000, 1))).toMatchObject({accepted: false, reason: 'the split is as asked: 5 %'});
});

test('down is always allowed, up only while the guardrails hold', () => {
	expect(asked(splitRead(30))).toMatchObject({accepted: true, fact: {type: 'rebalance-asked'}});
	expect(asked(tick(4_000, 1), splitRead(0))).toMatchObject({accepted: true});
	expect(asked(splitRead(0))).toMatchObject({accepted: false, reason: expect.stringContaining('Errors has no data')});
	expect(asked(tick(4_000, {kind: 'empty', tookMs: 1}), tick(30_000, {kind: 'empty', tookMs: 1}), splitRead(0)).accepted).toBe(
		false,
	);
});

test('an attached console has to be armed for it; a read-only one never may', () => {
	const state = fold([started(), splitRead(5), splitRead(30)]).states.at(-1)!;
	expect(admit(state, {command: 'rebalance', reason: ''}, {role: 'attached', who: 'ana'}, 0).accepted).toBe(false);
	expect(admit(state, {command: 'rebalance', reason: ''}, {role: 'read-only', who: 'ana'}, 0).accepted).toBe(false);
});

test('it comes through the socket as it was sent', () => {
	const line = {type: 'command', id: 1, command: 'rebalance', reason: 'reload'};
	expect(parseClientLine(JSON.stringify(line))).toEqual(line);
});
