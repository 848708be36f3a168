import {closeSync, openSync, writeSync} from 'node:fs';
import type {Fact, SessionEvent} from '../../src/core/event.ts';
import type {Reading} from '../../src/core/reading.ts';
import {encodeEvent, encodeHeader, hashOf, journalFormat} from '../../src/journal/codec.ts';
import {guardrail, plan, splitRead, stage, started} from '../../test/helpers/given.ts';

const guardrails = Array.from({length: 20}, (_, index) =>
	guardrail({id: `g${index}`, title: `Guardrail ${index}`, query: `errors_${index}`, forMs: 30_000}),
);

const reading = (value: number): Reading => ({
	kind: 'values',
	series: [{labels: {instance: '10.0.0.1:9100', side: 'canary'}, value}],
	seriesCount: 1,
	ageMs: 800,
	up: [2, 2],
	tookMs: 3,
});

/** Writes a journal of so many ticks, a second apart, with the split read and error lines in between. */
export function makeSession(path: string, ticks: number): {readonly ticks: number; readonly values: number} {
	const startedMs = Date.UTC(2026, 0, 1);
	const startedAt = new Date(startedMs).toISOString();
	const header = encodeHeader({format: journalFormat, product: 'canary-console', version: '0', profile: 'day', startedAt});
	let hash = hashOf(header);
	let seq = 0;
	let lines = [`${header}\n`];
	const file = openSync(path, 'w');
	const take = (fact: Fact, tMs: number): void => {
		const encoded = encodeEvent({...fact, seq: seq++, tMs, atMs: startedMs + tMs} as SessionEvent, hash);
		hash = encoded.hash;
		lines.push(`${encoded.line}\n`);
		if (lines.length < 500) return;
		writeSync(file, lines.join(''));
		lines = [];
	};
	take(started(plan({guardrails, stages: [stage(5, {durationMs: 48 * 3_600_000}), stage(100)]})), 0);
	take(splitRead(0), 0);
	for (let count = 0; count < ticks; count++) {
		const dueMs = count * 1_000;
		const readings = guardrails.map(({id}, index) => [id, reading(((count + index * 7) % 89) / 10)] as const);
		take(
			{type: 'tick-taken', dueMs, lateMs: 0, missed: 0, readings: Object.fromEntries(readings), observedPercent: 5.01, skewMs: 1},
			dueMs,
		);
		if (count === 0) start(take, seq - 1);
		if (count % 5 === 0) take(splitRead(5), dueMs);
		if (count % 10 === 0) take(errors(count), dueMs);
	}
	writeSync(file, lines.join(''));
	closeSync(file);
	return {ticks, values: ticks * guardrails.length};
}

function start(take: (fact: Fact, tMs: number) => void, decidedBy: number): void {
	const intentId = `${decidedBy}:0`;
	take(
		{
			type: 'action-intended',
			intentId,
			purpose: 'start',
			toPercent: 5,
			stageIndex: 0,
			reason: 'the split and the metrics answer',
			by: 'canary-console',
		},
		0,
	);
	take({type: 'action-verified', intentId, router: 'r', split: {weightPercent: 5}, attempt: 1, tookMs: 1}, 0);
}

const errors = (second: number): Fact => ({
	type: 'errors-seen',
	groups: [
		{
			signature: 'upstream timed out after # ms',
			code: 'E',
			level: 'error',
			side: 'candidate',
			count: 100,
			sample: `upstream timed out after ${second} ms`,
		},
	],
	lines: 120,
	dropped: 0,
});
