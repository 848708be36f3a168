import {InvalidArgumentError} from 'commander';

const units = {B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12} as const;

/** `4.2 MB`. */
export function sizeText(bytes: number): string {
	const [unit, scale] = Object.entries(units).findLast(([, one]) => bytes >= one) ?? ['B', 1];
	return `${scale === 1 ? bytes : (bytes / scale).toFixed(1)} ${unit}`;
}

/** A size option: `500MB`, `2 GB`. */
export function parseSize(text: string): number {
	const [, number = '', unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([kMGT]?B)\s*$/i.exec(text) ?? [];
	const scale = Object.entries(units).find(([one]) => one.toLowerCase() === unit.toLowerCase())?.[1];
	if (scale === undefined) throw new InvalidArgumentError(`A size is a number with a unit, such as 500MB; not "${text}".`);
	return Math.round(Number(number) * scale);
}

/** A number of things, whole and not negative. */
export function parseCount(text: string): number {
	if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError(`A whole number is wanted, not "${text}".`);
	return Number(text);
}

/** An age: a duration, or days: `30d`. */
export function parseAge(parse: (text: string) => number): (text: string) => number {
	return text => {
		const days = /^(\d{1,5})d$/.exec(text)?.[1];
		return days === undefined ? parse(text) : Number(days) * 86_400_000;
	};
}
