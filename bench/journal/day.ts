/**
 * A controller's loop through a day in as little time as it takes: twenty guardrails polled each second, the split read every five,
 * a real journal in the folder given. Prints one JSON. A process of its own, so that its memory is its own.
 */
import {statSync} from 'node:fs';
import {createSessionTime} from '../../src/controller/clock.ts';
import {createRuntime} from '../../src/controller/runtime.ts';
import type {Fact} from '../../src/core/event.ts';
import type {Reading} from '../../src/core/reading.ts';
import {initialState} from '../../src/core/state.ts';
import {openFileJournal} from '../../src/journal/file-journal.ts';
import {foldJournal} from '../../src/journal/fold.ts';
import {createSession, sessionFiles} from '../../src/journal/session-folder.ts';
import {readIndex, type StateIndex, writeIndex} from '../../src/journal/state-index.ts';
import {guardrail, plan, splitRead, stage, started} from '../../test/helpers/given.ts';

const ticks = Number(process.argv[3] ?? 86_400);
const query = 'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{job="app",side="canary"}[5m])))';
const guardrails = Array.from({length: 20}, (_, index) => guardrail({id: `g${index}`, title: `Guardrail ${index}`, query}));
const thePlan = plan({guardrails, stages: [stage(5, {durationMs: 1e9})]});

const session = createSession({sessionsFolder: process.argv[2] ?? '', profile: 'day', version: '0', startedAtMs: Date.now()});
if (!session.ok) throw new Error(session.error);
const {folder, last} = session.value;
const {journal: path} = sessionFiles(folder);
const journal = openFileJournal({path, last, onTrouble: console.error, onRecovered: () => {}});

let nowMs = 0;
const clock = {nowMs: () => 1_790_000_000_000 + nowMs, monoMs: () => nowMs, sleep: async () => {}};
const quiet = {publish: () => {}, perform: () => {}, complain: console.error};
const runtime = createRuntime({time: createSessionTime(clock, 0), journal, state: initialState, ...quiet});

const reading = (value: number): Reading => ({
	kind: 'values',
	series: [{labels: {instance: '10.0.0.1:9100', side: 'canary'}, value}],
	seriesCount: 1,
	ageMs: 800,
	up: [2, 2],
	tookMs: 3,
});
const tick = (dueMs: number): Fact => ({
	type: 'tick-taken',
	dueMs,
	lateMs: 0,
	missed: 0,
	readings: Object.fromEntries(guardrails.map(({id}, index) => [id, reading(((dueMs / 1_000 + index * 7) % 89) / 10)])),
	observedPercent: 5.01,
	skewMs: 1,
});

const residentMb: number[] = [];
const megabytes = (bytes: number): number => Math.round(bytes / 1e5) / 10;
const cpuBefore = process.cpuUsage();
runtime.take(started(thePlan));
runtime.take(splitRead(5));
let half: StateIndex | undefined;
for (let count = 0; count < ticks; count++) {
	nowMs = count * 1_000;
	runtime.take(tick(nowMs));
	if (count % 5 === 0) runtime.take(splitRead(5));
	if (count % 20 === 0) await new Promise(resolve => setImmediate(resolve));
	if (count % Math.ceil(ticks / 24) === 0) residentMb.push(megabytes(process.memoryUsage.rss()));
	if (count === ticks - 5_000) {
		await journal.sync(5_000);
		const {bytes, lines = 0, hash} = journal.mark();
		half = {position: {offset: bytes, lineNumber: lines, hash, nextSeq: runtime.state.nextSeq}, state: runtime.state};
	}
}
await journal.sync(10_000);
const {user, system} = process.cpuUsage(cpuBefore);
if (half) await writeIndex(folder, '0', half);
await journal.close(5_000);

async function timed(index?: StateIndex): Promise<number> {
	const startedMs = performance.now();
	const folded = await foldJournal(path, index);
	if (!folded.ok) throw new Error(folded.error.message);
	return Math.round(performance.now() - startedMs);
}

const figures = {
	ticks,
	cpuMsPerTick: Math.round((user + system) / ticks) / 1_000,
	residentMb,
	journalMb: megabytes(statSync(path).size),
	stateKb: Math.round(JSON.stringify(runtime.state).length / 1_000),
	resumeMs: await timed(readIndex(folder, '0')),
	foldWholeMs: await timed(),
};
process.stdout.write(JSON.stringify(figures));
