import type {Labels} from './labels.ts';

/** One series of a page. It stays the same object from page to page while its text stays the same. */
export type PageSeries<Data> = {
	readonly labels: Labels;
	/** A place for whoever reads the page: what was found out about this series is found again with the next page. */
	data: Data | undefined;
};

/** A line of metadata or the series part of a sample line, by its bytes. */
export class Item<Data> implements PageSeries<Data> {
	/** Where it lies in the page it was seen in last. */
	start: number;
	readonly length: number;
	data: Data | undefined = undefined;
	/** Its place among the items of that page. */
	index = 0;
	/** Absent: a line that holds no sample. */
	readonly series: Labels | undefined;
	/** The label whose values are bounds here: by a TYPE line from that line on, by a series for itself. */
	readonly boundLabel: string | undefined;
	/** A name without braces: the same bytes may go on as a longer name, or with braces. */
	readonly isBare: boolean;

	constructor(start: number, length: number, series: Labels | undefined, boundLabel: string | undefined, isBare: boolean) {
		this.start = start;
		this.length = length;
		this.series = series;
		this.boundLabel = boundLabel;
		this.isBare = isBare;
	}

	get labels(): Labels {
		return this.series as Labels;
	}
}
