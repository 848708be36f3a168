import {appendFileSync, copyFileSync, readFileSync, statSync, truncateSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {createPlayer} from '../../../src/console/replay/player.ts';
import {chainHash} from '../../../src/journal/codec.ts';
import {packRecord} from '../../../src/journal/packed/pack.ts';
import {readJournal} from '../../../src/journal/reader.ts';
import {readRecord, recordForm} from '../../../src/journal/record.ts';
import {createTempFolder} from '../../helpers/temp-folder.ts';
import {openPlayer, type Recorded, recordSession} from './kit.ts';

const temp = createTempFolder('replay');
afterAll(() => temp.remove());

let recorded: Recorded;
beforeAll(async () => {
	recorded = await recordSession(temp.path);
});

const copy = (name: string): string => {
	const path = join(temp.path, name);
	copyFileSync(recorded.path, path);
	return path;
};

describe('the replayed state is the one the runtime had', () => {
	test('after every event, forward', async () => {
		const player = await openPlayer(recorded.path);
		expect(recorded.states.length).toBeGreaterThan(1_300);
		for (const [seq, state] of recorded.states.entries()) {
			expect(await player.goToSeq(seq)).toStrictEqual(state);
		}
		player.close();
	});

	test('after any event, from any other: far and near, backwards and forwards', async () => {
		const player = await openPlayer(recorded.path);
		const {length} = recorded.states;
		for (let count = 0, seq = length - 1; count < 300; count++) {
			seq = count % 3 === 0 ? Math.max(0, seq - 1 - (count % 5)) : (seq * 7_919 + count * 104_729) % length;
			expect(await player.goToSeq(seq)).toStrictEqual(recorded.states[seq]);
		}
		player.close();
	});

	test('at any time: what had happened by then, and nothing of what came after', async () => {
		const player = await openPlayer(recorded.path);
		for (const percent of [100, 3, 77.7, 50, 50.01, 0]) {
			await player.command({do: 'go', moment: {kind: 'share', percent}});
			const {positionMs} = player.view();
			const {state} = player.getSnapshot();
			const last = recorded.states.findLastIndex(({lastTMs}) => lastTMs <= positionMs);
			expect(state).toStrictEqual(recorded.states[last]);
		}
		player.close();
	});
});

test('a record that was packed once its session was over is the same at every jump', async () => {
	const packed = await recordSession(join(temp.path, 'packed'));
	expect(await packRecord(packed.folder)).toMatchObject({ok: true});
	expect(recordForm(packed.folder)).toBe('packed');
	const player = await openPlayer(packed.path, {read: from => readRecord(packed.folder, from)});
	const {length} = packed.states;
	for (let count = 0; count < 100; count++) {
		const seq = (count * 7_919) % length;
		expect(await player.goToSeq(seq)).toStrictEqual(packed.states[seq]);
	}
	player.close();
});

describe('moments', () => {
	test('by T+, by the clock, by the number of an event', async () => {
		const player = await openPlayer(recorded.path);
		const began = recorded.states.at(-1)?.canaryStartedAtMs ?? Number.NaN;
		await player.command({do: 'go', moment: {kind: 'elapsed', ms: 120_000}});
		expect(player.view().positionMs).toBe(began + 120_000);
		await player.command({do: 'go', moment: {kind: 'event', seq: 321}});
		expect(player.getSnapshot().state.nextSeq).toBe(322);
		const {lastAtMs, nextSeq} = recorded.states[600]!;
		await player.command({do: 'go', moment: {kind: 'time-of-day', ofDayMs: lastAtMs % 86_400_000}});
		expect(player.getSnapshot().state.lastAtMs).toBe(lastAtMs);
		expect(player.getSnapshot().state.nextSeq).toBeGreaterThanOrEqual(nextSeq);
		player.close();
	});

	test('one that is not in the record is refused with what there is', async () => {
		const player = await openPlayer(recorded.path);
		expect(await player.command({do: 'go', moment: {kind: 'event', seq: 1_000_000}})).toMatch(
			/event 1000000 is not in the record \(.*events 0 to \d+\)/,
		);
		player.close();
	});

	test('breaches, checkpoints, actions, notes and polls are gone to one by one, there and back', async () => {
		const player = await openPlayer(recorded.path);
		for (const kind of ['breach', 'checkpoint', 'action', 'note'] as const) {
			await player.goToSeq(0);
			const seen: number[] = [];
			while ((await player.command({do: 'mark', kind, direction: 1})) === undefined) {
				seen.push(player.getSnapshot().state.nextSeq - 1);
			}
			expect(seen.length).toBeGreaterThan(1);
			const newest = player.getSnapshot().state.timeline.at(-1);
			expect(newest?.seq).toBe(seen.at(-1));
			const back = [seen.at(-1)];
			while ((await player.command({do: 'mark', kind, direction: -1})) === undefined) {
				back.push(player.getSnapshot().state.nextSeq - 1);
			}
			expect(back.toReversed()).toEqual(seen);
		}
		await player.goToSeq(500);
		const {count} = player.getSnapshot().state.tick;
		await player.command({do: 'mark', kind: 'tick', direction: 1});
		expect(player.getSnapshot().state.tick.count).toBe(count + 1);
		await player.command({do: 'mark', kind: 'tick', direction: -1});
		expect(player.getSnapshot().state.tick.count).toBe(count);
		player.close();
	});

	test('playing goes on by itself at its speed, and stands still at the end', async () => {
		let nowMs = 0;
		const player = await openPlayer(recorded.path, {monoMs: () => nowMs, speed: 10});
		await player.command({do: 'play-pause'});
		nowMs += 2_000;
		expect(player.sessionNowMs()).toBe(20_000);
		await expect.poll(() => player.getSnapshot().state.lastTMs).toBe(20_000);
		nowMs += 1_000_000;
		await expect.poll(() => player.view().playing).toBe(false);
		expect(player.getSnapshot().state).toStrictEqual(recorded.states.at(-1));
		player.close();
	});
});

test('nothing can be asked of a replay', async () => {
	const player = await openPlayer(recorded.path);
	expect(await player.send({command: 'rollback', reason: ''})).toEqual({ok: false, error: 'this is a replay'});
	player.close();
});

describe('a record that is not whole is opened as far as it is sound, and says so', () => {
	test('a torn end', async () => {
		const path = copy('torn.ndjson');
		truncateSync(path, statSync(path).size - 20);
		const player = await openPlayer(path);
		expect(player.view().notices[0]).toMatch(/line \d+ was cut off \(\d+ bytes\)/);
		const last = recorded.states.length - 2;
		expect(await player.goToSeq(last + 1)).toStrictEqual(recorded.states[last]);
		player.close();
	});

	test('a line that was changed in the middle', async () => {
		const path = copy('damaged.ndjson');
		const lines = readFileSync(path, 'utf8').split('\n');
		lines[700] = lines[700]!.replace(/"tMs":\d/, '"tMs":9');
		writeFileSync(path, lines.join('\n'));
		const player = await openPlayer(path);
		expect(player.view().notices[0]).toMatch(/the record is damaged: line 701 .*; shown up to event 698/);
		expect(await player.goToSeq(2_000)).toStrictEqual(recorded.states[698]);
		expect(await player.goToSeq(5)).toStrictEqual(recorded.states[5]);
		player.close();
	});

	test('an event of a type nobody knows yet', async () => {
		const path = copy('unknown.ndjson');
		const last = /"hash":"([0-9a-f]+)"\}\n$/.exec(readFileSync(path, 'utf8'))?.[1] ?? '';
		const seq = recorded.states.length;
		const plain = JSON.stringify({seq, at: '2026-11-21T13:00:00.000Z', tMs: 2_000_000, type: 'moon-landed'});
		appendFileSync(path, `${plain.slice(0, -1)},"hash":"${chainHash(last, plain)}"}\n`);
		const player = await openPlayer(path);
		expect(player.view().notices).toEqual(['1 event of type moon-landed, unknown to this version, left out']);
		expect((await player.goToSeq(seq)).nextSeq).toBe(seq + 1);
		player.close();
	});

	test('no journal at all', async () => {
		const player = await openPlayer(join(temp.path, 'nothing'));
		expect(player.view().notices[0]).toMatch(/can't be read/);
		player.close();
	});
});

test('a session still running is followed from its file', async () => {
	const whole = readFileSync(recorded.path);
	const path = join(temp.path, 'growing.ndjson');
	const cut = whole.indexOf('\n', whole.length / 2) - 30;
	writeFileSync(path, whole.subarray(0, cut));
	let grow = (_: boolean): void => {};
	const grown = (): Promise<boolean> =>
		new Promise(resolve => {
			grow = resolve;
		});
	const player = createPlayer({
		read: from => readJournal(path, from),
		folder: temp.path,
		speed: 1,
		monoMs: () => performance.now(),
		offsetMinutes: () => 0,
		follow: true,
		grown,
	});
	await player.open();
	await expect.poll(() => player.view().isRead).toBe(true);
	const {nextSeq} = player.getSnapshot().state;
	expect(player.getSnapshot().state).toStrictEqual(recorded.states[nextSeq - 1]);
	// The line that was being written is no fault of the record.
	expect(player.view().notices).toEqual([]);
	expect(player.view().following).toBe(true);
	appendFileSync(path, whole.subarray(cut));
	grow(true);
	await expect.poll(() => player.getSnapshot().state.nextSeq).toBe(recorded.states.length);
	expect(player.getSnapshot().state).toStrictEqual(recorded.states.at(-1));
	await player.command({do: 'move', byMs: -60_000});
	expect(player.view().following).toBe(false);
	player.close();
});
