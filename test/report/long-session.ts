import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {ok} from '../../src/base/result.ts';
import {startController} from '../../src/controller/controller.ts';
import type {Plan} from '../../src/core/plan.ts';
import type {Reading} from '../../src/core/reading.ts';
import {createSession} from '../../src/journal/session-folder.ts';
import type {Router} from '../../src/routers/router.ts';
import type {MetricsSource} from '../../src/sources/source.ts';
import type {TailHandlers} from '../../src/sources/tail/tail.ts';
import {guardrail, plan, stage} from '../helpers/given.ts';
import {createManualClock} from '../helpers/manual-clock.ts';

const minuteMs = 60_000;
/** Limits on work with the disk: real work, which a clock that is turned by hand must not cut off. */
const diskLimitsMs = [3_000, 10_000];
const stepSeconds = 5;
const hourMs = 60 * minuteMs;
export const startMs = Date.UTC(2026, 10, 21, 6);

const {bound: _, ...shownOnly} = guardrail({id: 'chunks', title: 'Chunks', unit: 'count', severity: 'info', onBreach: 'warn'});
const asked = {forMs: 3 * minuteMs, noDataAfterMs: minuteMs};

/** Three phases over twelve hours and three quarters, as a knowledge API is rolled out; asked every fifteen seconds. */
export const longPlan = (over: Partial<Plan> = {}): Plan =>
	plan(
		{
			profile: 'r2-knowledge',
			title: 'Knowledge API R2',
			environment: 'production',
			baseline: {name: 'R1'},
			candidate: {name: 'R2'},
			pollMs: 15_000,
			router: 'haproxy unix:/run/haproxy.sock be_knowledge',
			observedShareQuery: 'share',
			guardrails: [
				guardrail({
					...asked,
					id: 'success',
					title: 'Success',
					unit: '%',
					bound: {op: '>=', value: 99},
					minRequests: {query: 'sum(rate(http_requests_total{side="candidate"}[1m]))', min: 0.01},
				}),
				guardrail({...asked, id: 'p95', title: 'p95 latency', unit: 'ms', bound: {op: '<=', value: 400}}),
				guardrail({...asked, forMs: 0, id: 'security', title: 'Security violations', bound: {op: '=', value: 0}, security: true}),
				guardrail({
					...asked,
					id: 'pool',
					title: 'DB pool',
					unit: '%',
					bound: {op: '<', value: 85},
					severity: 'warning',
					onBreach: 'warn',
				}),
				shownOnly,
			],
			stages: [
				stage(5, {
					name: 'phase 1',
					durationMs: 15 * minuteMs,
					checkpointsMs: [15 * minuteMs],
					gates: {p95: {op: '<', value: 300}},
				}),
				stage(25, {
					name: 'phase 2',
					durationMs: 30 * minuteMs,
					checkpointsMs: [30 * minuteMs],
					overrides: {p95: {bound: {op: '<=', value: 350}}},
				}),
				stage(100, {name: 'phase 3', durationMs: 12 * hourMs, checkpointsMs: [6 * hourMs, 12 * hourMs]}),
			],
			...over,
		},
		{splitReadEveryMs: minuteMs, metricsCheckEveryMs: 30 * minuteMs, watchAfterEndMs: 0},
	);

type Batch = Parameters<TailHandlers['onBatch']>[0];

export type LongSession = {
	readonly plan?: Plan;
	/** What a guardrail reads instead at that minute; undefined leaves it as it is. */
	readonly reads?: (id: string, minute: number) => Reading | undefined;
	readonly batches?: readonly (readonly [minute: number, batch: Batch])[];
	readonly hours?: number;
};

/**
 * A whole session by the real controller (its journal, checkpoints and decisions) on a clock that a test turns; only the metrics and
 * the router stand in memory. Gives the session's folder.
 */
export async function runLongSession(
	home: string,
	{plan: thePlan = longPlan(), reads, batches = [], hours = 14}: LongSession = {},
) {
	const clock = createManualClock(startMs);
	const forController = {
		...clock,
		sleep: (ms: number, signal?: AbortSignal) =>
			diskLimitsMs.includes(ms) && signal
				? new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), {once: true}))
				: clock.sleep(ms, signal),
	};
	const {profile} = thePlan;
	const created = createSession({sessionsFolder: join(home, 'sessions'), profile, version: '1.0.0', startedAtMs: startMs});
	if (!created.ok) throw new Error(created.error);
	const {folder} = created.value;
	let weight = 0;
	let handlers: TailHandlers | undefined;
	const say = () =>
		ok({
			weightPercent: weight,
			pools: {baseline: [3, 3], candidate: [3, 3]} as const,
			text: `be_knowledge/r1 weight ${100 - weight} UP\nbe_knowledge/r2 weight ${weight} UP`,
		});
	const router: Router = {
		target: `haproxy ${home}`,
		readSplit: async () => say(),
		async setWeight(percent) {
			await clock.sleep(40);
			weight = percent;
			return say();
		},
		lint: async () => [],
		close: async () => {},
	};
	const source: MetricsSource = {
		target: 'prometheus',
		async ask() {
			const minute = clock.monoMs() / minuteMs;
			const readings = thePlan.guardrails.map(({id}) => [id, reads?.(id, minute) ?? usual(id, minute)] as const);
			const seen = weight === 0 || weight === 100 ? weight : weight + wave(minute, 1);
			return {readings: Object.fromEntries(readings), observedPercent: seen};
		},
		lint: async () => [],
		close: async () => {},
	};
	const starting = startController({
		folder,
		leasesFolder: join(home, 'leases'),
		plan: thePlan,
		by: 'ana@bastion',
		version: '1.0.0',
		source,
		routers: [router],
		clock: forController,
		openTail: theirs => {
			handlers = theirs;
			return ok({close: async () => {}});
		},
	});
	let isUp = false;
	void starting.then(() => {
		isUp = true;
	});
	for (let turn = 0; turn < 500 && !isUp; turn++) await clock.advance(100);
	const started = await starting;
	if (!started.ok) throw new Error(started.error.message);
	const controller = started.value;
	let isOver = false;
	const ended = controller.ended.then(() => {
		isOver = true;
	});
	const queue = [...batches];
	/** An action waits for the disk: the clock waits with it. */
	const calm = async (): Promise<void> => {
		for (let turn = 0; turn < 5_000 && controller.state.action && !isOver; turn++) {
			await sleep(2);
			await clock.advance(50);
		}
	};
	for (let second = 0; second < hours * 3_600 && !isOver; second += stepSeconds) {
		for (; queue[0] && queue[0][0] * 60 <= second; queue.shift()) handlers?.onBatch(queue[0][1]);
		await clock.advance(stepSeconds * 1_000);
		await calm();
	}
	void controller.stop('the test is over');
	for (let turn = 0; turn < 2_000 && !isOver; turn++) {
		await clock.advance(100);
		await sleep(5);
	}
	await ended;
	return folder;
}

const thousandths = (value: number): number => Math.round(1_000 * value) / 1_000;
const wave = (minute: number, size: number): number => thousandths(size * Math.sin(minute / 7) * Math.cos(minute / 31));

export const reading = (value: number, more: object = {}): Reading => ({
	kind: 'values',
	series: [{labels: {}, value: thousandths(value)}],
	seriesCount: 1,
	tookMs: 3,
	...more,
});

/** What a healthy candidate reads: numbers that move, and are told to the thousandth. */
function usual(id: string, minute: number): Reading {
	if (id === 'success') return reading(99.8 + wave(minute, 0.15), {requests: 4.2});
	if (id === 'p95') return reading(127 + wave(minute, 22));
	if (id === 'pool') return reading(52 + wave(minute, 9));
	return reading(id === 'chunks' ? 1_000 + Math.floor(minute) : 0);
}
