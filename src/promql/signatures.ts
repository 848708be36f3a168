import type {ValueType} from './ast.ts';

/** What a function takes and gives. */
export type Signature = {
	readonly args: readonly ValueType[];
	/** How many of the last arguments may be left out (the last one counted), or `many`: the last may repeat without end. */
	readonly variadic: number | 'many';
	readonly returns: ValueType;
};

const sign = (args: readonly ValueType[], variadic: number | 'many' = 0, returns: ValueType = 'vector'): Signature => ({
	args,
	variadic,
	returns,
});

const vectorToVector =
	'abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor histogram_avg histogram_count histogram_stddev histogram_stdvar histogram_sum ln log10 log2 rad sgn sin sinh sort sort_desc sqrt tan tanh timestamp';
const matrixToVector =
	'absent_over_time avg_over_time changes count_over_time delta deriv first_over_time idelta increase irate last_over_time mad_over_time max_over_time min_over_time present_over_time rate resets stddev_over_time stdvar_over_time sum_over_time ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time';
const datesOfVector = 'days_in_month day_of_month day_of_week day_of_year hour minute month year';
const queryScalars = 'end pi range start step time';

const all = (names: string, signature: Signature): [string, Signature][] => names.split(' ').map(name => [name, signature]);

/**
 * Every function of PromQL 3.x with its types; `holt_winters` is the 2.x name of `double_exponential_smoothing`.
 * The `histogram_*` ones over native histograms parse, and give nothing for floats, as on a server.
 */
export const signatures: ReadonlyMap<string, Signature> = new Map([
	...all(vectorToVector, sign(['vector'])),
	...all(matrixToVector, sign(['matrix'])),
	...all(datesOfVector, sign(['vector'], 1)),
	...all(queryScalars, sign([], 0, 'scalar')),
	['clamp', sign(['vector', 'scalar', 'scalar'])],
	['clamp_max', sign(['vector', 'scalar'])],
	['clamp_min', sign(['vector', 'scalar'])],
	['double_exponential_smoothing', sign(['matrix', 'scalar', 'scalar'])],
	['histogram_fraction', sign(['scalar', 'scalar', 'vector'])],
	['histogram_quantile', sign(['scalar', 'vector'])],
	['histogram_quantiles', sign(['vector', 'string', 'scalar', 'scalar'], 9)],
	['holt_winters', sign(['matrix', 'scalar', 'scalar'])],
	['info', sign(['vector', 'vector'], 1)],
	['label_join', sign(['vector', 'string', 'string', 'string'], 'many')],
	['label_replace', sign(['vector', 'string', 'string', 'string', 'string'])],
	['max_of', sign(['scalar', 'scalar'], 0, 'scalar')],
	['min_of', sign(['scalar', 'scalar'], 0, 'scalar')],
	['predict_linear', sign(['matrix', 'scalar'])],
	['quantile_over_time', sign(['scalar', 'matrix'])],
	['round', sign(['vector', 'scalar'], 1)],
	['scalar', sign(['vector'], 0, 'scalar')],
	['sort_by_label', sign(['vector', 'string'], 'many')],
	['sort_by_label_desc', sign(['vector', 'string'], 'many')],
	['vector', sign(['scalar'])],
]);
