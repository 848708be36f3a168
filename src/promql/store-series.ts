import type {Labels} from './labels.ts';
import {isStaleAt, type Series, writeStale} from './samples.ts';

const capacityFirst = 16;

/**
 * The samples of one series: two arrays and a window that slides along them. When the window reaches the end it is moved back
 * to the front; the arrays grow (by a quarter) only while more than seven eighths of them are alive. So an append costs a fixed
 * time on average, a sample 16 bytes plus at most two fifths of that, and every range of samples lies in one piece.
 */
export class StoredSeries implements Series {
	readonly labels: Labels;
	times = new Float64Array(capacityFirst);
	values = new Float64Array(capacityFirst);
	from = 0;
	to = 0;
	mayBeStale = false;
	/** How far behind the newest sample one is still kept. */
	keepMs: number;
	private readonly samplesMax: number;

	constructor(labels: Labels, keepMs: number, samplesMax: number) {
		this.labels = labels;
		this.keepMs = keepMs;
		this.samplesMax = samplesMax;
	}

	get count(): number {
		return this.to - this.from;
	}

	/** NaN if there is no sample. */
	get newestMs(): number {
		return this.to > this.from ? (this.times[this.to - 1] as number) : Number.NaN;
	}

	get endsStale(): boolean {
		return this.mayBeStale && this.to > this.from && isStaleAt(this.values, this.to - 1);
	}

	/** False if the time is not above the newest one: nothing is changed then. */
	append(timeMs: number, value: number): boolean {
		if (timeMs <= this.newestMs) return false;
		this.makeRoom(timeMs);
		this.times[this.to] = timeMs;
		this.values[this.to] = value;
		this.to++;
		return true;
	}

	/** Says that the series ended here. Twice in a row is once. */
	appendStale(timeMs: number): boolean {
		if (this.to === this.from || this.endsStale || timeMs <= this.newestMs) return false;
		this.makeRoom(timeMs);
		this.times[this.to] = timeMs;
		writeStale(this.values, this.to);
		this.to++;
		this.mayBeStale = true;
		return true;
	}

	private makeRoom(timeMs: number): void {
		const oldest = timeMs - this.keepMs;
		while (this.from < this.to && (this.times[this.from] as number) < oldest) this.from++;
		if (this.count >= this.samplesMax) this.from = this.to - this.samplesMax + 1;
		if (this.to < this.times.length) return;
		const capacity = this.times.length;
		if (this.from * 8 >= capacity) this.moveTo(this.times, this.values);
		else this.grow(Math.ceil(capacity * 1.25));
	}

	private grow(capacity: number): void {
		this.moveTo(new Float64Array(capacity), new Float64Array(capacity));
	}

	private moveTo(times: Float64Array<ArrayBuffer>, values: Float64Array<ArrayBuffer>): void {
		// Typed arrays are moved as bytes: the bits of a stale marker stay what they are.
		times.set(this.times.subarray(this.from, this.to));
		values.set(this.values.subarray(this.from, this.to));
		this.times = times;
		this.values = values;
		this.to -= this.from;
		this.from = 0;
	}
}
