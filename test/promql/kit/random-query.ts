/** A seeded source of chance: the same seed makes the same queries. */
export class Random {
	private state: number;

	constructor(seed: number) {
		this.state = seed >>> 0;
	}

	/** Between 0 and 1 (mulberry32). */
	next(): number {
		this.state = (this.state + 0x6d2b79f5) >>> 0;
		let t = this.state;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
	}

	pick<Item>(items: readonly Item[]): Item {
		return items[Math.floor(this.next() * items.length)] as Item;
	}
}

const selectors = [
	'requests_total',
	'requests_total{code="200"}',
	'requests_total{job="api",instance=~"a|b"}',
	'requests_total{instance!="a"}',
	'temperature',
	'temperature{job=~"w.*"}',
	'latency_seconds_bucket',
	'latency_seconds_bucket{le!="+Inf"}',
	'quota',
	'flaky',
	'short',
	'same',
	'nothing',
	'{__name__=~"temperature|quota"}',
	'{job="api",__name__!~"latency.*"}',
];
const overTime =
	'avg_over_time changes count_over_time delta deriv idelta increase irate last_over_time max_over_time min_over_time present_over_time rate resets stddev_over_time stdvar_over_time sum_over_time absent_over_time'.split(
		' ',
	);
const maths =
	'abs ceil floor exp sqrt ln log2 log10 sgn sin cos tan atan sinh tanh deg rad timestamp sort absent minute hour day_of_week day_of_month day_of_year month year days_in_month'.split(
		' ',
	);
const aggregates = ['sum', 'avg', 'min', 'max', 'count', 'group', 'stddev', 'stdvar'];
const durations = ['15s', '30s', '1m', '2m30s', '5m', '7m', '20m'];
const steps = ['', '15s', '20s', '1m', '2m'];
const labels = ['job', 'instance', 'code', 'le', 'x'];
const comparisons = ['==', '!=', '<', '<=', '>', '>='];
const arithmetic = ['+', '-', '*', '/', '%', '^', 'atan2'];
const numbers = ['0', '1', '2', '-1', '0.5', '3.7', '100', '-Inf', '+Inf', 'NaN', '1e3'];

/** Random well-typed queries. `startMs` and `endMs` bound what `@` may name. */
export class QueryMaker {
	private readonly random: Random;
	private readonly startMs: number;
	private readonly endMs: number;

	constructor(random: Random, startMs: number, endMs: number) {
		this.random = random;
		this.startMs = startMs;
		this.endMs = endMs;
	}

	query(): string {
		return this.random.next() < 0.05 ? this.scalar(2) : this.vector(3);
	}

	private chance(share: number): boolean {
		return this.random.next() < share;
	}

	private modifiers(): string {
		const offset = this.chance(0.15) ? ` offset ${this.chance(0.3) ? '-' : ''}${this.random.pick(durations)}` : '';
		if (!this.chance(0.08)) return offset;
		const time = (this.startMs + this.random.next() * (this.endMs - this.startMs)) / 1000;
		return `${offset} @ ${this.random.pick([time.toFixed(3), time.toFixed(0), 'start()', 'end()'])}`;
	}

	vector(depth: number): string {
		const dice = this.random.next();
		if (depth === 0 || dice < 0.12) return this.random.pick(selectors) + this.modifiers();
		if (dice < 0.4) return this.ranged(depth);
		if (dice < 0.52) return this.mathematics(depth);
		if (dice < 0.72) return this.aggregate(depth);
		if (dice < 0.92) return this.binary(depth);
		return this.other(depth);
	}

	private range(depth: number): string {
		if (this.chance(0.75) || depth <= 1)
			return `${this.random.pick(selectors)}[${this.random.pick(durations)}]${this.modifiers()}`;
		return `(${this.vector(depth - 2)})[${this.random.pick(durations)}:${this.random.pick(steps)}]${this.modifiers()}`;
	}

	private ranged(depth: number): string {
		const dice = this.random.next();
		const range = this.range(depth);
		if (dice < 0.06) return `quantile_over_time(${this.random.pick(['0', '0.5', '0.9', '1', '2', '-1', 'NaN'])}, ${range})`;
		if (dice < 0.1) return `predict_linear(${range}, ${this.random.pick(['60', '-30', '3600'])})`;
		if (dice < 0.13) return `holt_winters(${range}, 0.${Math.floor(1 + this.random.next() * 9)}, 0.3)`;
		return `${this.random.pick(overTime)}(${range})`;
	}

	private mathematics(depth: number): string {
		const inner = this.vector(depth - 1);
		const dice = this.random.next();
		if (dice < 0.1) return `clamp(${inner}, ${this.random.pick(numbers)}, ${this.random.pick(numbers)})`;
		if (dice < 0.2) return `${this.random.pick(['clamp_min', 'clamp_max'])}(${inner}, ${this.scalar(1)})`;
		if (dice < 0.3) return `round(${inner}, ${this.random.pick(['0.1', '5', '1', '0.03'])})`;
		const name = this.random.pick(maths);
		// Of a large number whose last digit is in doubt no sine is right.
		return `${name}(${['sin', 'cos', 'tan'].includes(name) ? this.random.pick(selectors) : inner})`;
	}

	private grouping(): string {
		if (this.chance(0.3)) return '';
		const count = Math.floor(this.random.next() * 3);
		const names = Array.from({length: count}, () => this.random.pick([...labels, '__name__']));
		return ` ${this.random.pick(['by', 'without'])} (${[...new Set(names)].join(', ')}) `;
	}

	private aggregate(depth: number): string {
		const dice = this.random.next();
		const inner = this.vector(depth - 1);
		if (dice < 0.1) return `quantile${this.grouping()}(${this.random.pick(['0.1', '0.5', '0.95', '1.5', '-1'])}, ${inner})`;
		if (dice < 0.18) return `count_values${this.grouping()}("v", ${this.random.pick(selectors)})`;
		return `${this.random.pick(aggregates)}${this.grouping()}(${inner})`;
	}

	private binary(depth: number): string {
		const isComparison = this.chance(0.35);
		const op = isComparison ? this.random.pick(comparisons) + (this.chance(0.4) ? ' bool' : '') : this.random.pick(arithmetic);
		const dice = this.random.next();
		if (dice < 0.35) {
			const [left, right] = [`(${this.vector(depth - 1)})`, `(${this.scalar(1)})`];
			return this.chance(0.5) ? `${left} ${op} ${right}` : `${right} ${op} ${left}`;
		}
		if (dice < 0.6)
			return `(${this.vector(depth - 1)}) ${this.random.pick(['and', 'or', 'unless'])}${this.matching()} (${this.vector(depth - 1)})`;
		if (dice < 0.75) return this.sameShape(op);
		const matching = this.matching();
		const group =
			matching && this.chance(0.4) ? ` ${this.random.pick(['group_left', 'group_right'])}(${this.chance(0.3) ? 'job' : ''})` : '';
		return `(${this.vector(depth - 1)}) ${op}${matching}${group} (${this.vector(depth - 1)})`;
	}

	/** Two sides that do match: the queries people write. */
	private sameShape(op: string): string {
		const [left, right] = [this.random.pick(durations), this.random.pick(durations)];
		const by = this.random.pick(['job', 'instance', 'job, instance']);
		return this.random.pick([
			`sum by (${by}) (rate(requests_total{code="500"}[${left}])) ${op} sum by (${by}) (rate(requests_total[${right}]))`,
			`rate(requests_total[${left}]) ${op} ignoring(code) group_left sum without (code) (rate(requests_total[${right}]))`,
			`requests_total ${op} on(job) group_left quota`,
			`quota ${op} on(job) group_right temperature`,
			`temperature ${op} temperature offset ${left}`,
		]);
	}

	private matching(): string {
		if (this.chance(0.3)) return '';
		const count = Math.floor(this.random.next() * 3);
		const names = Array.from({length: count}, () => this.random.pick(labels));
		return ` ${this.random.pick(['on', 'ignoring'])}(${[...new Set(names)].join(', ')})`;
	}

	private other(depth: number): string {
		const inner = this.vector(depth - 1);
		return this.random.pick([
			`-(${inner})`,
			`vector(${this.scalar(1)})`,
			`label_replace(${inner}, "${this.random.pick(labels)}", "$1-x", "job", "(.).*")`,
			`label_join(${inner}, "y", "/", "job", "instance")`,
			`histogram_quantile(${this.random.pick(['0.5', '0.9', '0.99', '0', '1', '2'])}, rate(latency_seconds_bucket[${this.random.pick(durations)}]))`,
			`histogram_quantile(0.9, sum by (le, job) (increase(latency_seconds_bucket[${this.random.pick(durations)}])))`,
			`histogram_quantile(0.7, latency_seconds_bucket)`,
			`minute()`,
		]);
	}

	private scalar(depth: number): string {
		const dice = this.random.next();
		if (depth === 0 || dice < 0.6) return this.random.pick(numbers);
		if (dice < 0.7) return 'time()';
		if (dice < 0.85) return `scalar(${this.vector(depth - 1)})`;
		return `${this.scalar(depth - 1)} ${this.random.pick(['+', '*', '/', '-'])} ${this.scalar(depth - 1)}`;
	}
}
