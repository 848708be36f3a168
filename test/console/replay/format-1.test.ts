import {expect, test} from 'vitest';
import {foldJournal} from '../../../src/journal/fold.ts';
import {openPlayer} from './kit.ts';

const path = new URL('../../fixtures/journal-format-1/2026-11-25T12-51-10Z-demo/journal.ndjson', import.meta.url).pathname;

test('a session of format 1 opens whole, and says for ever what it said when it was written', async () => {
	const player = await openPlayer(path);
	expect(player.view().notices).toEqual([]);
	const state = await player.goToSeq(54);
	expect(state).toMatchObject({
		nextSeq: 55,
		lastTMs: 10_656,
		canaryStartedAtMs: 123,
		plan: {profile: 'demo'},
		tick: {count: 22},
		rollback: {reason: 'Errors breached: 5.02 % (healthy < 2 %)', guardrails: ['error-rate'], verifiedAtMs: 10_623},
		split: {askedPercent: 0, configured: {weightPercent: 0}},
		errors: {lines: 2},
	});
	expect(state.guardrails['error-rate']).toMatchObject({status: 'breached', latched: true, breaches: 1});
	expect(state.guardrails['latency-p95']).toMatchObject({status: 'ok', worst: {value: 84.16666666666664}});
	expect(state.timeline.map(({seq, kind}) => `${seq} ${kind}`).slice(0, 9)).toEqual([
		'0 session',
		'4 action',
		'5 note',
		'7 stage',
		'8 checkpoint',
		'23 note',
		'33 pending',
		'44 breach',
		'45 action',
	]);
	const before = await player.goToSeq(43);
	expect(before.guardrails['error-rate']).toMatchObject({status: 'pending'});
	expect(before.rollback).toBeUndefined();
	player.close();
});

test('the replay of it ends where the fold of it ends', async () => {
	const folded = await foldJournal(path);
	const player = await openPlayer(path);
	expect(folded.ok && folded.value.state).toStrictEqual(await player.goToSeq(Number.MAX_SAFE_INTEGER));
	player.close();
});
