import type {Clock} from '../base/clock.ts';
import {fail, type Result} from '../base/result.ts';
import type {ResolveSecret} from '../core/secret.ts';
import type {MetricsOptions} from '../core/source-options.ts';
import {type OpenError, openPrometheus} from './prometheus.ts';
import {openScrape} from './scrape.ts';
import type {MetricsSource, Questions} from './source.ts';

export type SourcePorts = {
	readonly resolve: ResolveSecret;
	readonly clock: Clock;
	/** Takes the raw series of a source that reads them itself, as lines (see promql/series-text.ts). */
	readonly recordSeries?: SeriesRecord;
};

export type SeriesRecord = {readonly write: (lines: string) => void; readonly clean: (text: string) => string};

type Kind = MetricsOptions['kind'];
type Open<K extends Kind> = (
	options: Extract<MetricsOptions, {kind: K}>,
	questions: Questions,
	ports: SourcePorts,
) => Promise<Result<MetricsSource, OpenError>>;

/** One line a kind. */
const sources: {readonly [K in Kind]: Open<K>} = {
	prometheus: (options, questions, {resolve, clock}) => openPrometheus(options, questions, resolve, clock),
	scrape: openScrape,
};

export const sourceKinds = Object.keys(sources) as readonly Kind[];

/** Opens the source of the options' kind. An unknown kind is an error that lists the known ones, never a silent default. */
export async function openSource(
	options: MetricsOptions,
	questions: Questions,
	ports: SourcePorts,
): Promise<Result<MetricsSource, OpenError>> {
	if (!Object.hasOwn(sources, options.kind)) {
		return fail({
			message: `There is no metrics source "${String(options.kind)}".`,
			remedy: `Known sources: ${sourceKinds.join(', ')}.`,
		});
	}
	// The table pairs each kind with its own options; the compiler can't follow that through a look-up.
	const open = sources[options.kind] as (...all: readonly [MetricsOptions, Questions, SourcePorts]) => ReturnType<Open<Kind>>;
	return open(options, questions, ports);
}
