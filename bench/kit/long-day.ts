/**
 * A day's journal in a session folder, made by the real runtime and the real file journal as fast as they go: twenty guardrails polled
 * each second, the split read every five, and a million error lines in groups. `node bench/kit/long-day.ts FOLDER [TICKS]` prints
 * `{"folder","bytes","events","errorLines","values"}`.
 */
import {statSync} from 'node:fs';
import {createSessionTime} from '../../src/controller/clock.ts';
import {createRuntime} from '../../src/controller/runtime.ts';
import type {ErrorGroupDelta, Fact} from '../../src/core/event.ts';
import type {Reading} from '../../src/core/reading.ts';
import {initialState} from '../../src/core/state.ts';
import {openFileJournal} from '../../src/journal/file-journal.ts';
import {createSession, sessionFiles} from '../../src/journal/session-folder.ts';
import {guardrail, plan, splitRead, stage, started} from '../../test/helpers/given.ts';

const ticks = Number(process.argv[3] ?? 86_400);
const errorLinesPerDay = 1_000_000;
const query = 'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{job="app",side="canary"}[5m])))';
const guardrails = Array.from({length: 20}, (_, index) =>
	guardrail({
		id: `g${index}`,
		title: `Guardrail ${index}`,
		query,
		forMs: 30_000,
		onBreach: 'warn',
		bound: {op: '<', value: 1_000},
	}),
);

const session = createSession({
	sessionsFolder: process.argv[2] ?? '',
	profile: 'day',
	version: '0',
	startedAtMs: 1_790_000_000_000,
});
if (!session.ok) throw new Error(session.error);
const {folder, last} = session.value;
const {journal: path} = sessionFiles(folder);
const journal = openFileJournal({path, last, onTrouble: console.error, onRecovered: () => {}});

let nowMs = 0;
const clock = {nowMs: () => 1_790_000_000_000 + nowMs, monoMs: () => nowMs, sleep: async () => {}};
const runtime = createRuntime({
	time: createSessionTime(clock, 0),
	journal,
	state: initialState,
	publish: () => {},
	perform: () => {},
	complain: console.error,
});

/** Three series each, that move; one guardrail is outside its bound for five minutes in every hour. */
function reading(index: number, second: number): Reading {
	const isOutside = index === 19 && second % 3_600 >= 1_800 && second % 3_600 < 2_100;
	const series = [0, 1, 2].map(number => ({
		labels: {job: 'app', side: 'canary', instance: `10.0.0.${number}:9100`},
		value: (isOutside ? 1_200 : 400) + 100 * Math.sin(second / 60 + index + number),
	}));
	return {kind: 'values', series, seriesCount: 3, ageMs: 200 + (second % 700), up: [3, 3], tookMs: 3};
}

/** Twelve lines a second or so in a few of three hundred groups, twice a second. */
function errorGroups(second: number, half: number): ErrorGroupDelta[] {
	return [0, 1, 2].map(number => {
		const group = (second * 7 + half * 3 + number * 31) % 300;
		return {
			signature: `upstream # of pool ${group} failed after # ms with status #`,
			code: `E${group}`,
			level: 'error',
			side: 'candidate',
			count: 2,
			sample: `2026-09-21T12:00:00.${second % 1_000}Z ERROR upstream ${second} of pool ${group} failed after ${second % 977} ms with status 502 request=${second}-${number} route=/v1/things/${group} trace=4bf92f3577b34da6a3ce929d0e0e${second % 9_999}`,
		};
	});
}

const tick = (second: number): Fact => ({
	type: 'tick-taken',
	dueMs: second * 1_000,
	lateMs: second % 7,
	missed: 0,
	readings: Object.fromEntries(guardrails.map(({id}, index) => [id, reading(index, second)])),
	observedPercent: 5.01,
	skewMs: 1,
});

runtime.take(started(plan({guardrails, profile: 'day', stages: [stage(5, {durationMs: 1e9}), stage(100)]})));
runtime.take(splitRead(5));
let errorLines = 0;
for (let second = 0; second < ticks; second++) {
	nowMs = second * 1_000;
	runtime.take(tick(second));
	if (second % 5 === 0) runtime.take(splitRead(5));
	for (const half of [0, 1]) {
		nowMs = second * 1_000 + 300 + half * 500;
		const groups = errorGroups(second, half);
		const lines = groups.reduce((sum, {count}) => sum + count, 0);
		if (errorLines + lines > errorLinesPerDay) continue;
		errorLines += lines;
		runtime.take({type: 'errors-seen', groups, lines, dropped: 0});
	}
	if (second % 900 === 899)
		runtime.take({
			type: 'checkpoint-written',
			intentId: `c${second}`,
			name: `T+${Math.round(second / 60)}m`,
			trigger: 'planned',
			sha256: '0'.repeat(64),
			bytes: 1,
		});
	if (second % 20 === 0) await new Promise(resolve => setImmediate(resolve));
}
runtime.take({type: 'session-ended', outcome: 'ended', reason: 'the day is over'});
await journal.sync(60_000);
await journal.close(5_000);
const {size: bytes} = statSync(path);
const {nextSeq: events} = runtime.state;
process.stdout.write(`${JSON.stringify({folder, bytes, events, errorLines, values: ticks * guardrails.length})}\n`);
