import type {Redact} from '../base/redact.ts';
import type {MetricsOptions} from '../core/source-options.ts';
import {openSeriesFile, seriesFiles} from '../journal/series-file.ts';
import {SeriesEncoder} from '../promql/series-text.ts';
import type {SeriesRecord} from '../sources/registry.ts';
import type {MetricsSource} from '../sources/source.ts';

export type SeriesRecording = {
	readonly ports: SeriesRecord;
	/** The source, which takes the file along when it is closed. */
	around(source: MetricsSource): MetricsSource;
	onNotices(tell: (text: string) => void): void;
};

/** The record of what a scrape reads, in the session's folder; undefined where the profile wants none, or a server keeps it. */
export function openSeriesRecord(metrics: MetricsOptions, folder: string, redact: Redact): SeriesRecording | undefined {
	if (metrics.kind !== 'scrape' || !metrics.record) return undefined;
	const said: string[] = [];
	let tell = (text: string): void => void said.push(text);
	const encoder = new SeriesEncoder(redact);
	const file = openSeriesFile({
		path: seriesFiles(folder).scrape,
		bytesMax: metrics.record.bytesMax,
		lastLine: why => encoder.end(why),
		onEnd: text => tell(text),
	});
	return {
		ports: {write: lines => file.write(lines), clean: redact},
		around: source => ({
			...source,
			close: async () => {
				await source.close();
				await file.close();
			},
		}),
		onNotices(listener) {
			tell = listener;
			for (const text of said.splice(0)) tell(text);
		},
	};
}
