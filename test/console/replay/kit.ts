import {createPlayer, type Player, type PlayerOptions} from '../../../src/console/replay/player.ts';
import {createSessionTime} from '../../../src/controller/clock.ts';
import {createRuntime} from '../../../src/controller/runtime.ts';
import type {Fact} from '../../../src/core/event.ts';
import {initialState, type SessionState} from '../../../src/core/state.ts';
import {readJournal} from '../../../src/journal/reader.ts';
import {guardrail, plan, splitRead, stage, started, tick} from '../../helpers/given.ts';
import {createTestJournal} from '../../helpers/journal.ts';
import {createManualClock} from '../../helpers/manual-clock.ts';

export type Recorded = {
	readonly path: string;
	readonly folder: string;
	/** The state the runtime had after each event. */
	readonly states: readonly SessionState[];
};

const errorsSeen = (second: number): Fact => ({
	type: 'errors-seen',
	groups: [
		{
			signature: `boom ${second % 250}`,
			code: 'E',
			level: 'error',
			side: 'candidate',
			count: 1 + (second % 4),
			sample: `boom at ${second}`,
		},
	],
	lines: 5,
	dropped: 0,
});

/** A session by the real runtime and journal: some `seconds` of ticks that breach and recover, errors, notes, holds and a rollback. */
export async function recordSession(parent: string, seconds = 1_000): Promise<Recorded> {
	const clock = createManualClock();
	const {journal, path, folder} = createTestJournal(parent);
	const states: SessionState[] = [];
	const runtime = createRuntime({
		time: createSessionTime(clock, 0),
		journal,
		state: initialState,
		publish: (_, state) => void states.push(state),
		perform(intent) {
			// A router that does what it is told.
			if (intent.type !== 'set-weight') return;
			const {id: intentId, purpose, toPercent, stageIndex, reason, by} = intent;
			runtime.take({type: 'action-intended', intentId, purpose, toPercent, stageIndex, reason, by});
			runtime.take({
				type: 'action-verified',
				intentId,
				router: 'scripted',
				split: {weightPercent: toPercent},
				attempt: 1,
				tookMs: 3,
			});
		},
		complain: fault => {
			throw fault;
		},
	});
	const take = (fact: Fact): void => void runtime.take(fact);
	const stages = [stage(5, {durationMs: 10_000_000}), stage(100)];
	take(started(plan({guardrails: [guardrail({onBreach: 'warn', forMs: 10_000})], stages})));
	take(splitRead(0));
	for (let second = 0; second < seconds; second++) {
		const isOutside = second % 400 > 350 && second < 1_200;
		take(tick(second * 1_000, isOutside ? 19 : 1));
		if (second % 3 === 0) take(errorsSeen(second));
		if (second % 100 === 7)
			take({type: 'note-added', by: 'ana', text: `note ${second} \x1B]52;c;ZXZpbA==\x07 of second ${second}`});
		if (second === 200) take({type: 'hold-asked', by: 'ana', reason: 'lunch'});
		if (second === 260) take({type: 'resume-asked', by: 'ana', reason: ''});
		if (second === 900) take({type: 'rollback-asked', by: 'ana', reason: 'pager'});
		if (second % 300 === 299)
			take({
				type: 'checkpoint-written',
				intentId: `c${second}`,
				name: `T+${second}s`,
				trigger: 'planned',
				sha256: '0'.repeat(64),
				bytes: 1,
			});
		await clock.advance(1_000);
	}
	take({type: 'session-ended', outcome: 'rolled-back', reason: 'pager'});
	await journal.close(10_000);
	return {path, folder, states};
}

/** A player on a journal's file, standing still at its start, with the whole read. */
export async function openPlayer(path: string, options: Partial<PlayerOptions> = {}): Promise<Player> {
	const player = createPlayer({
		read: from => readJournal(path, from),
		folder: path,
		speed: 60,
		monoMs: () => performance.now(),
		offsetMinutes: () => 0,
		at: {kind: 'event', seq: 0},
		...options,
	});
	await player.open();
	await player.whole;
	return player;
}
