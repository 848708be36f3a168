import {readFileSync} from 'node:fs';
import type {Plan} from '../../src/core/plan.ts';

type Line = {seq: number; tMs: number; type: string; [key: string]: unknown};
type Sample = {seq: number; dueMs: number; values: Record<string, number>; requests: number};

const rank = (values: readonly number[], share: number): number => {
	const sorted = [...values].sort((left, right) => left - right);
	return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1]!;
};

/** Figures over some samples, by plain arithmetic. */
function figures(samples: readonly Sample[], id: string) {
	const values = samples.map(sample => sample.values[id]!);
	return {
		count: values.length,
		min: Math.min(...values),
		median: rank(values, 0.5),
		p95: rank(values, 0.95),
		p99: rank(values, 0.99),
		max: Math.max(...values),
		last: values.at(-1)!,
		events: {fromSeq: samples[0]!.seq, toSeq: samples.at(-1)!.seq},
	};
}

/**
 * The numbers of a session in which every guardrail always answered with one series, counted from the raw lines alone: it shares no
 * code with the report.
 */
export function countLines(path: string, plan: Plan) {
	const lines = readFileSync(path, 'utf8')
		.trim()
		.split('\n')
		.slice(1)
		.map(line => JSON.parse(line) as Line);
	const of = (type: string): Line[] => lines.filter(line => line.type === type);
	const samples: Sample[] = of('tick-taken').map(line => {
		const readings = Object.entries(line['readings'] as Record<string, {series: {value: number}[]; requests?: number}>);
		return {
			seq: line.seq,
			dueMs: line['dueMs'] as number,
			values: Object.fromEntries(readings.map(([id, one]) => [id, one.series[0]!.value])),
			requests: readings.find(([id]) => id === 'success')![1].requests!,
		};
	});
	const steps = of('action-verified');
	const end = of('session-ended')[0]!;
	const ids = plan.guardrails.map(({id}) => id);
	const limits = [400, 350, 400];
	const stages = steps.map((step, index) => {
		const next = steps[index + 1] ?? end;
		const own = samples.filter(({seq}) => seq > step.seq && seq < next.seq);
		const requests = own.reduce((sum, {dueMs, requests: rate}) => {
			const before = samples.filter(one => one.dueMs < dueMs).at(-1);
			return sum + (rate * Math.min(dueMs - (before?.dueMs ?? dueMs - plan.pollMs), 2 * plan.pollMs)) / 1_000;
		}, 0);
		const errors = of('errors-seen').filter(({seq}) => seq > step.seq && seq < next.seq);
		return {
			weight: (step['split'] as {weightPercent: number}).weightPercent,
			enteredSeq: step.seq,
			exitedSeq: next.seq,
			lastedMs: next.tMs - step.tMs,
			ticks: own.length,
			errorLines: errors.reduce((sum, line) => sum + (line['lines'] as number), 0),
			requests: Math.round(requests),
			guardrails: Object.fromEntries(ids.map(id => [id, figures(own, id)])),
			margins: {
				p95: limits[index]! - Math.max(...own.map(({values}) => values['p95']!)),
				success: Math.min(...own.map(({values}) => values['success']!)) - 99,
			} as Record<string, number>,
		};
	});
	const first = steps[0]!;
	const whole = samples.filter(({seq}) => seq > first.seq && seq < end.seq);
	const hours = Math.ceil((end.tMs - first.tMs) / 3_600_000);
	const trend = Array.from({length: hours}, (_, hour) => {
		const isIn = (tMs: number): boolean => Math.min(hours - 1, Math.max(0, Math.floor((tMs - first.tMs) / 3_600_000))) === hour;
		const own = whole.filter(({dueMs}) => isIn(dueMs));
		const p95 = own.map(({values}) => values['p95']!);
		const errors = of('errors-seen').filter(({tMs, seq}) => seq > first.seq && isIn(tMs));
		return {
			ticks: own.length,
			errorLines: errors.reduce((sum, line) => sum + (line['lines'] as number), 0),
			p95: {median: rank(p95, 0.5), worst: Math.max(...p95)},
		};
	});
	const files = new Map<string, {name: string; sha256: string; bytes: number}>();
	for (const line of lines.filter(({type}) => type === 'checkpoint-written' || type === 'artifact-written')) {
		const key = `${line.type} ${line['name']}`;
		files.set(key, {name: line['name'] as string, sha256: line['sha256'] as string, bytes: line['bytes'] as number});
	}
	return {
		stages,
		whole: Object.fromEntries(ids.map(id => [id, figures(whole, id)])),
		window: {lastedMs: end.tMs - first.tMs, ticks: whole.length, events: {fromSeq: first.seq, toSeq: end.seq}},
		actions: of('action-intended').map(asked => {
			const done = steps.find(step => step['intentId'] === asked['intentId'])!;
			return {
				toPercent: asked['toPercent'],
				tookMs: done.tMs - asked.tMs,
				events: {fromSeq: asked.seq, toSeq: done.seq},
				result: 'verified',
			};
		}),
		trend,
		files: [...files.values()],
		lastSeq: lines.at(-1)!.seq,
	};
}
