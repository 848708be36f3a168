/**
 * A day of guarding in a few minutes, in a process of its own: the real controller (runtime, journal, checkpoints, socket) on a clock
 * that runs as fast as the work is done, with sources that answer from memory. `node --expose-gc bench/kit/day.ts HOME HOURS,…` prints
 * a JSON line when it can be attached to (`{"folder"}`), and one at each of the hours, with what is held after a collection.
 */
import {statSync} from 'node:fs';
import {join} from 'node:path';
import {setImmediate as turn} from 'node:timers/promises';
import {ok} from '../../src/base/result.ts';
import {startController} from '../../src/controller/controller.ts';
import type {GuardrailPlan} from '../../src/core/plan.ts';
import type {Reading} from '../../src/core/reading.ts';
import {createSession, sessionFiles} from '../../src/journal/session-folder.ts';
import type {TailHandlers} from '../../src/sources/tail/tail.ts';
import {guardrail, plan, stage} from '../../test/helpers/given.ts';
import {createManualClock} from '../../test/helpers/manual-clock.ts';
import {createScriptedRouter} from '../../test/helpers/scripted-router.ts';

const guardrails: readonly GuardrailPlan[] = Array.from({length: 20}, (_, index) =>
	guardrail({
		id: `g${index}`,
		title: `Guardrail ${index}`,
		query: `histogram_quantile(0.95, sum by (le) (rate(latency_${index}_ms_bucket{track="canary"}[5m])))`,
		bound: {op: '<', value: 1_000},
		forMs: 30_000,
		// One of them comes and goes all day: a line of the timeline each time.
		...(index === 19 && {severity: 'warning', onBreach: 'warn'}),
	}),
);

/** Values that differ at every tick, without chance: the same day each time. */
function reading(index: number, tick: number): Reading {
	const isOutside = index === 19 && Math.floor(tick / 300) % 2 === 1;
	const series = [0, 1, 2].map(number => ({
		labels: {job: 'relay', track: 'canary', instance: `10.0.0.${number}:3001`},
		value: (isOutside ? 1_200 : 400) + 100 * Math.sin(tick / 60 + index + number),
	}));
	return {kind: 'values', series, seriesCount: 3, ageMs: 200, up: [3, 3], tookMs: 4};
}

const hour = 3_600;
const [home = '', hours = '1,6,24'] = process.argv.slice(2);
const marks = hours.split(',').map(Number);

const clock = createManualClock();
const created = createSession({sessionsFolder: join(home, 'sessions'), profile: 'day', version: '0', startedAtMs: Date.now()});
if (!created.ok) throw new Error(created.error);
const {folder} = created.value;
let tick = 0;
let tell: TailHandlers | undefined;
const starting = startController({
	folder,
	leasesFolder: join(home, 'leases'),
	plan: plan({
		profile: 'day',
		guardrails,
		stages: [stage(5, {durationMs: 48 * hour * 1_000, checkpointsMs: [900_000]}), stage(100)],
	}),
	by: 'bench',
	version: '0',
	source: {
		target: 'memory',
		ask: async () => {
			tick++;
			return {readings: Object.fromEntries(guardrails.map(({id}, index) => [id, reading(index, tick)])), observedPercent: 5};
		},
		lint: async () => [],
		close: async () => {},
	},
	routers: [createScriptedRouter(`memory ${home}`)],
	openTail(handlers) {
		tell = handlers;
		return ok({close: async () => {}});
	},
	clock,
});
// The start waits for this and that by the same clock: it has to go on meanwhile.
let isStarting = true;
void starting.finally(() => {
	isStarting = false;
});
while (isStarting) await clock.advance(1);
const started = await starting;
if (!started.ok) throw new Error(started.error.message);

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
say({folder});

/** Errors all day, and every minute a signature nobody has seen. */
function errors(second: number): void {
	const group = (signature: string, count: number) =>
		({signature, code: 'E', level: 'error', side: 'candidate', count, sample: `${signature} at ${second}`}) as const;
	const news = second % 60 === 0 ? [group(`never seen before: case ${second}`, 1)] : [];
	tell?.onBatch({
		tMs: second * 1_000,
		groups: [group('upstream timed out after # ms', 12), ...news],
		lines: 40,
		matched: 12 + news.length,
		dropped: 0,
	});
}

for (let second = 1; second <= Math.max(...marks) * hour; second++) {
	errors(second);
	await clock.advance(1_000);
	// A console that looks on draws in real time: it gets a turn now and then.
	if (second % 50 === 0) await turn();
	if (!marks.includes(second / hour)) continue;
	await new Promise(resolve => setTimeout(resolve, 1_500));
	global.gc?.();
	global.gc?.();
	const {heapUsed, external, rss} = process.memoryUsage();
	say({hours: second / hour, ticks: tick, heapUsed, external, rss, journalBytes: statSync(sessionFiles(folder).journal).size});
	await new Promise(resolve => process.stdin.once('data', resolve));
}
await started.value.stop('the day is over', 'leave');
process.exit(0);
