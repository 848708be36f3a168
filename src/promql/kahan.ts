/** A sum with Neumaier's compensation, as Prometheus keeps its sums. */
export class KahanSum {
	sum: number;
	/** What rounding has lost so far. */
	lost = 0;

	private readonly legacy: boolean;

	/** `legacy`: as 2.x, which computes what was lost even of an infinite sum, and so makes it NaN. */
	constructor(first = 0, legacy = false) {
		this.sum = first;
		this.legacy = legacy;
	}

	add(value: number): void {
		const total = this.sum + value;
		if (Math.abs(total) === Number.POSITIVE_INFINITY && !this.legacy) this.lost = 0;
		else if (Math.abs(this.sum) >= Math.abs(value)) this.lost += this.sum - total + value;
		else this.lost += value - total + this.sum;
		this.sum = total;
	}

	total(): number {
		return Number.isFinite(this.sum) || Number.isNaN(this.sum) ? this.sum + this.lost : this.sum;
	}
}

/**
 * A mean that divides one sum at the end, and turns to a running mean once that sum would overflow (Prometheus from 3.5 on, see
 * https://github.com/prometheus/prometheus/issues/16714).
 */
export class Mean {
	private readonly sum: KahanSum;
	private running: KahanSum | undefined;
	private count = 1;

	constructor(first: number) {
		this.sum = new KahanSum(first);
	}

	add(value: number): void {
		this.count++;
		if (!this.running) {
			const {sum, lost} = this.sum;
			this.sum.add(value);
			if (Math.abs(this.sum.sum) !== Number.POSITIVE_INFINITY) return;
			this.running = new KahanSum(sum / (this.count - 1));
			this.running.lost = lost / (this.count - 1);
		}
		const share = (this.count - 1) / this.count;
		this.running.sum *= share;
		this.running.lost *= share;
		this.running.add(value / this.count);
	}

	value(): number {
		if (this.running) return this.running.sum + this.running.lost;
		return this.sum.sum / this.count + this.sum.lost / this.count;
	}
}

/** The mean of Prometheus 2.x: always running; an infinite mean takes no finite value any more. */
export class RunningMean {
	private mean = 0;
	private lost = 0;
	private count = 0;
	private readonly compensated: boolean;

	constructor(compensated: boolean) {
		this.compensated = compensated;
	}

	add(value: number): void {
		this.count++;
		if (Math.abs(this.mean) === Number.POSITIVE_INFINITY) {
			if (value === this.mean || Number.isFinite(value)) return;
		}
		const change = value / this.count - this.mean / this.count;
		const total = this.mean + change;
		if (this.compensated) {
			this.lost += Math.abs(this.mean) >= Math.abs(change) ? this.mean - total + change : change - total + this.mean;
		}
		this.mean = total;
	}

	value(): number {
		return Math.abs(this.mean) === Number.POSITIVE_INFINITY ? this.mean : this.mean + this.lost;
	}
}
