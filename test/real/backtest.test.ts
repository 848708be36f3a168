import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {BacktestResult} from '../../src/commands/backtest-session.ts';
import type {SessionEvent} from '../../src/core/event.ts';
import {readRecord} from '../../src/journal/record.ts';
import {createTempFolder, startProcess, type TempFolder} from '../helpers/process.ts';

/** The built program, as its users start it. */
const program = new URL('../../bin/canary.js', import.meta.url).pathname;

type Told = {readonly exitCode: number; readonly sessions: readonly Extract<BacktestResult, {ok: true}>[]};

/** A real canary that was really rolled back: the demo, every eighth request of whose candidate fails from some second on. */
describe('a recorded session, judged again by the built program', () => {
	let home: TempFolder;
	let folder: string;
	let profile: string;
	const events: SessionEvent[] = [];

	beforeAll(async () => {
		home = createTempFolder('backtest');
		await using demo = await startProcess({
			name: 'demo',
			command: process.execPath,
			args: [program, 'demo', '--headless', '--incident', 'errors', '--after', '8s'],
			env: {CANARY_HOME: home.path},
		});
		expect(await demo.exit).toMatchObject({code: 1});
		const sessions = join(home.path, 'sessions');
		folder = join(sessions, readdirSync(sessions).find(name => name.endsWith('-demo')) ?? '');
		profile = readFileSync(join(folder, 'profile.yaml'), 'utf8');
		for await (const entry of readRecord(folder)) if (entry.ok && entry.value.kind === 'event') events.push(entry.value.event);
	}, 120_000);
	afterAll(() => home.remove());

	async function backtest(...args: string[]): Promise<Told> {
		await using run = await startProcess({
			name: 'backtest',
			command: process.execPath,
			args: [program, 'backtest', folder, '--json', ...args],
			env: {CANARY_HOME: home.path},
		});
		const {code} = await run.exit;
		const told = JSON.parse(run.output()) as Told;
		expect(told.exitCode).toBe(code);
		return told;
	}

	async function backtestWith(change: (text: string) => string): Promise<Told> {
		const changed = change(profile);
		expect(changed).not.toBe(profile);
		const path = join(home.path, 'other.yaml');
		writeFileSync(path, changed);
		return await backtest('--profile', path);
	}

	/** Counted over the journal, by hand: the first tick at which the error rate has been at or above a limit for so long. */
	function firesAt(limit: number, forMs: number): number | undefined {
		const startedMs = events.find(({type}) => type === 'action-verified')?.tMs ?? Number.POSITIVE_INFINITY;
		let since: number | undefined;
		for (const event of events) {
			if (event.type !== 'tick-taken' || event.tMs < startedMs) continue;
			const reading = event.readings['error-rate'];
			const value = reading?.kind === 'values' && Number(reading.requests) >= 0.5 ? Number(reading.series[0]?.value) : Number.NaN;
			if (Number.isNaN(value)) continue;
			since = value >= limit ? (since ?? event.dueMs) : undefined;
			if (since !== undefined && event.dueMs - since >= forMs) return event.tMs;
		}
		return undefined;
	}

	/** It is the profile's first guardrail, so what is found first is its own. */
	const errorRate = (text: string, from: RegExp, to: string): string => text.replace(from, to);

	test('under its own profile it comes out as it did', async () => {
		const {exitCode, sessions} = await backtest();
		expect(exitCode).toBe(0);
		expect(sessions[0]).toMatchObject({
			recorded: {outcome: 'rolled-back'},
			rerun: {outcome: 'rolled-back', tMs: firesAt(2, 3_000)},
			verdict: {change: 'same'},
		});
	});

	test('a shorter wait would have rolled back earlier, at the tick that the values themselves name', async () => {
		const {exitCode, sessions} = await backtestWith(text => errorRate(text, /for: 3s/, 'for: 1s'));
		expect(exitCode).toBe(1);
		const at = firesAt(2, 1_000);
		expect(sessions[0]).toMatchObject({
			rerun: {tMs: at},
			verdict: {change: 'earlier', byMs: (at ?? 0) - (firesAt(2, 3_000) ?? 0)},
		});
		expect(sessions[0]?.verdict.text).toMatch(/^rolled back at T\+00:\d\d, .* earlier, by Errors$/);
	});

	test('a bound beyond all values would not have rolled back, and the record can say no more', async () => {
		expect(firesAt(40, 3_000)).toBeUndefined();
		const {exitCode, sessions} = await backtestWith(text => errorRate(text, /healthy: .?< 2.?\n/, 'healthy: "< 40"\n'));
		expect(exitCode).toBe(3);
		expect(sessions[0]).toMatchObject({rerun: {outcome: 'open'}, verdict: {change: 'never'}});
	});

	test('the same question in other words is asked of the recorded series, and is answered as it was', async () => {
		const {sessions} = await backtestWith(text => errorRate(text, /code=~"5\.\."/, 'code=~"5[0-9]+"'));
		const [session] = sessions;
		expect(session?.evidence.find(({id}) => id === 'error-rate')).toMatchObject({by: 'series'});
		expect(session).toMatchObject({verdict: {change: 'same'}, rerun: {tMs: firesAt(2, 3_000)}});
	});

	test('series nobody read can not be asked, and it is said so', async () => {
		const {sessions} = await backtestWith(text =>
			errorRate(text, /query: 100 \* sum\(rate\(http_requests_total/, 'query: 100 * sum(rate(never_recorded_total'),
		);
		const evidence = sessions[0]?.evidence.find(({id}) => id === 'error-rate');
		expect(evidence).toMatchObject({by: 'none'});
		expect(evidence?.note).toContain('the series of never_recorded_total');
	});
});
