import type {Random} from './random-query.ts';
import type {PushedSeries} from './remote-write.ts';

type Shape = (step: number) => number | 'stale' | 'gap';

/** A small world with everything that matters: resets, gaps, ends, NaN and infinities, buckets, equal values, jitter. */
export function randomSeries(random: Random, startMs: number, steps: number, stepMs: number): PushedSeries[] {
	const series: PushedSeries[] = [];
	const add = (labels: Record<string, string>, shape: Shape, jitterMs = 0): void => {
		const samples: [number, number | 'stale'][] = [];
		for (let step = 0; step < steps; step++) {
			const value = shape(step);
			if (value !== 'gap') samples.push([startMs + step * stepMs + Math.floor(random.next() * jitterMs), value]);
		}
		series.push({labels, samples});
	};
	for (const job of ['api', 'web']) {
		add({__name__: 'quota', job}, () => (job === 'api' ? 40 : 25));
		for (const instance of ['a', 'b']) {
			for (const code of ['200', '500']) {
				add({__name__: 'requests_total', job, instance, code}, counter(random, 0.02), code === '500' ? 400 : 0);
			}
			add({__name__: 'temperature', job, instance}, gauge(random, job === 'web'));
			buckets(random, {__name__: 'latency_seconds_bucket', job, instance}, add);
		}
	}
	add({__name__: 'flaky', instance: 'a'}, gaps(random, counter(random, 0)));
	add({__name__: 'flaky', instance: 'b'}, ends(random, gauge(random, false)));
	add({__name__: 'short', instance: 'a'}, step => (step > 30 && step < 34 ? step : 'gap'));
	add({__name__: 'same', x: '1'}, () => 7);
	add({__name__: 'same', x: '2'}, () => 7);
	return series;
}

function counter(random: Random, resetShare: number): Shape {
	let value = random.next() < 0.5 ? 0 : Math.floor(random.next() * 1000);
	return () => {
		value = random.next() < resetShare ? Math.floor(random.next() * 5) : value + Math.floor(random.next() * 20);
		return value;
	};
}

const gauge =
	(random: Random, isWild: boolean): Shape =>
	() => {
		const dice = random.next();
		if (isWild && dice < 0.03) return Number.NaN;
		if (isWild && dice < 0.05) return dice < 0.04 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
		return dice < 0.2 ? Math.round((dice - 0.1) * 100) : (dice - 0.5) * 10 ** Math.floor(dice * 8);
	};

const gaps =
	(random: Random, inner: Shape): Shape =>
	step => {
		const value = inner(step);
		return random.next() < 0.5 ? 'gap' : value;
	};

/** Ends with a stale marker now and then, and comes back later. */
function ends(random: Random, inner: Shape): Shape {
	let rest = 0;
	return step => {
		if (rest > 0) {
			rest--;
			return 'gap';
		}
		if (random.next() > 0.1) return inner(step);
		rest = Math.floor(random.next() * 30);
		return 'stale';
	};
}

function buckets(
	random: Random,
	labels: Record<string, string>,
	add: (labels: Record<string, string>, shape: Shape) => void,
): void {
	const bounds = ['0.1', '0.5', '1', '5', '+Inf'];
	const counts = bounds.map(() => 0);
	// Every bucket is asked once a step, in the order of time: each keeps its own history.
	const history: number[][] = [];
	const at = (step: number): number[] => {
		while (history.length <= step) {
			let sum = 0;
			history.push(
				counts.map((_, i) => {
					counts[i] = (counts[i] as number) + Math.floor(random.next() * 4);
					sum += counts[i] as number;
					return sum;
				}),
			);
		}
		return history[step] as number[];
	};
	for (const [i, le] of bounds.entries()) add({...labels, le}, step => at(step)[i] as number);
}
