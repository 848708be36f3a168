import {formatDuration, parseDuration} from '../base/duration.ts';
import {parseBound} from '../core/bound.ts';
import {found} from './found.ts';

const units: readonly (readonly [RegExp, number])[] = [
	[/^(?:ms|msecs?|millis|milliseconds?)$/i, 1],
	[/^(?:s|secs?|seconds?)$/i, 1_000],
	[/^(?:m|mins?|minutes?)$/i, 60_000],
	[/^(?:h|hrs?|hours?)$/i, 3_600_000],
	[/^(?:d|days?)$/i, 86_400_000],
	[/^(?:w|wks?|weeks?)$/i, 604_800_000],
];

/** What is wrong with a duration, and what was probably meant. */
export function durationRemedy(value: unknown): string {
	const allowed = 'Write a number and a unit: 250ms, 30s, 5m, 2h, 1d.';
	if (typeof value === 'number') {
		return value === 0
			? 'a duration is a text: write "0s".'
			: `${value} has no unit. ${allowed} Did you mean "${value}s" or "${value}m"?`;
	}
	if (typeof value !== 'string') return `found ${found(value)} where a duration belongs. ${allowed}`;
	if (/^\s*\d+\s*$/.test(value))
		return `"${value}" has no unit. ${allowed} Did you mean "${value.trim()}s" or "${value.trim()}m"?`;
	if (/^\s*-/.test(value)) return `${found(value)} is negative. ${allowed}`;
	const meant = durationMeant(value);
	return `${found(value)} is no duration. ${allowed}${meant === undefined ? '' : ` Did you mean "${meant}"?`}`;
}

/** `5 min`, `1.5h`, `1 hour 30 minutes`, `90s1m` → `5m`, `1h30m`, `1h30m`, `2m30s`. */
function durationMeant(value: string): string | undefined {
	const parts = [...value.matchAll(/(\d+(?:[.,]\d+)?)\s*([a-z]+)/gi)];
	if (parts.length === 0 || value.replace(/(\d+(?:[.,]\d+)?)\s*([a-z]+)|\s|and|,/gi, '') !== '') return undefined;
	let ms = 0;
	for (const [, count = '', word = ''] of parts) {
		const unit = units.find(([pattern]) => pattern.test(word));
		if (!unit) return undefined;
		ms += Number(count.replace(',', '.')) * unit[1];
	}
	const meant = formatDuration(ms);
	return parseDuration(meant).ok ? meant : undefined;
}

/** What is wrong with a healthy bound, and what was probably meant. */
export function boundRemedy(value: unknown): string {
	const allowed = 'Write what is healthy: "< 1500", ">= 99.6", "= 0".';
	if (typeof value === 'number')
		return `${value} alone says nothing about which side is healthy. ${allowed} Did you mean "${value === 0 ? '=' : '<'} ${value}"?`;
	if (typeof value !== 'string') return `found ${found(value)} where a bound belongs. ${allowed}`;
	const meant = boundMeant(value);
	return `${found(value)} is no bound. ${allowed}${meant ? ` Did you mean ${meant}?` : ''}`;
}

function boundMeant(value: string): string | undefined {
	const tidy = value
		.trim()
		.replace(/^=([<>])/, '$1=')
		.replace(/^(?:<>|≠)/, '!=')
		.replace(/(\d),(?=\d{3}\b)/g, '$1');
	if (parseBound(tidy)) return `"${tidy}"`;
	const unit = /^([<>=!]+\s*[\d._]+)\s*(ms|s|bytes|\/s|rps)$/.exec(tidy);
	if (unit?.[1] && parseBound(unit[1]))
		return `"${unit[1]}" with "unit: ${unit[2] === '/s' || unit[2] === 'rps' ? 'per-second' : unit[2]}"`;
	if (/^[\d._]+%?$/.test(tidy)) return `"< ${tidy}"`;
	const words =
		/^(?:less than|below|under|at most)\s+([\d.]+%?)$/i.exec(tidy) ??
		/^(?:more than|above|over|at least)\s+([\d.]+%?)$/i.exec(tidy);
	if (words)
		return `"${/^(?:less|below|under)/i.test(tidy) ? '<' : /^at most/i.test(tidy) ? '<=' : /^at least/i.test(tidy) ? '>=' : '>'} ${words[1]}"`;
	return undefined;
}
