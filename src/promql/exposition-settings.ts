import type {Format} from './exposition-series.ts';

export type PageSettings = {
	readonly format: Format;
	/**
	 * 2.x knows no quoted names, takes no trailing comma and no exemplar but on counters and buckets in OpenMetrics, and leaves
	 * the bounds of buckets as they are written; 3.x writes them as floats (`le="500.0"`).
	 */
	readonly dialect: '3.x' | '2.x';
	readonly samplesMax: number;
};

export const defaultPageSettings: PageSettings = {format: 'text', dialect: '3.x', samplesMax: 200_000};
