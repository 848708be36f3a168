/** A healthy bound, as a person writes it: `< 1500`, `>= 99.6`, `= 0`. */
export type Bound = {readonly op: BoundOp; readonly value: number};

export const boundOps = ['<', '<=', '>', '>=', '=', '!='] as const;

export type BoundOp = (typeof boundOps)[number];

/** Whether a value lies inside its healthy bound. NaN is inside none: ask {@link readingVerdict} for what that means. */
export function isHealthy({op, value: limit}: Bound, value: number): boolean {
	switch (op) {
		case '<':
			return value < limit;
		case '<=':
			return value <= limit;
		case '>':
			return value > limit;
		case '>=':
			return value >= limit;
		case '=':
			return value === limit;
		case '!=':
			return value !== limit && !Number.isNaN(value);
	}
}

/**
 * How far a value stands from its limit, in the bound's own unit: negative is inside, positive outside; larger is worse.
 * For `=` and `!=` the distance to the limit, so that the worst of several series is the one furthest off.
 */
export function badness({op, value: limit}: Bound, value: number): number {
	switch (op) {
		case '<':
		case '<=':
			return value - limit;
		case '>':
		case '>=':
			return limit - value;
		case '=':
			return Math.abs(value - limit);
		case '!=':
			return -Math.abs(value - limit);
	}
}

const glyphs: Readonly<Record<BoundOp, string>> = {'<': '<', '<=': '≤', '>': '>', '>=': '≥', '=': '=', '!=': '≠'};

/** `≥ 99.6`: the bound for a screen; the number is formatted by the caller, who knows the unit. */
export const boundText = ({op, value}: Bound, format: (value: number) => string = String): string =>
	`${glyphs[op]} ${format(value)}`;

const pattern = /^\s*(<=|>=|==|!=|<|>|=|≤|≥|≠)\s*([+-]?(?:\d+(?:_\d+)*)(?:\.\d+)?(?:e[+-]?\d+)?|[+-]?\.\d+)\s*(%)?\s*$/i;
const aliases: Readonly<Record<string, BoundOp>> = {'==': '=', '≤': '<=', '≥': '>=', '≠': '!='};

/** Reads `< 1500`, `≥ 99.6`, `== 0`, `< 80%` (the percent sign is decoration). Undefined when it is no bound. */
export function parseBound(text: string): Bound | undefined {
	const match = pattern.exec(text);
	if (!match) return undefined;
	const [, op = '', digits = ''] = match;
	return {op: aliases[op] ?? (op as BoundOp), value: Number(digits.replaceAll('_', ''))};
}
