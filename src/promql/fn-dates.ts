/** Days since 1970-01-01 to a date of the Gregorian calendar (Howard Hinnant's algorithm, exact for every safe integer). */
function civil(days: number): {year: number; month: number; day: number} {
	const shifted = days + 719_468;
	const era = Math.floor(shifted / 146_097);
	const dayOfEra = shifted - era * 146_097;
	const yearOfEra = Math.floor(
		(dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
	);
	const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
	const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
	const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
	return {
		year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
		month,
		day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
	};
}

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const daysInMonth = (year: number, month: number): number =>
	month === 2 && isLeap(year) ? 29 : (monthDays[month - 1] as number);

function dayOfYear(days: number): number {
	const {year, month, day} = civil(days);
	let total = day;
	for (let m = 1; m < month; m++) total += daysInMonth(year, m);
	return total;
}

const secondsPerDay = 86_400;

/**
 * What Go makes of a NaN or a time beyond 64 bits of seconds: the smallest integer, which its calendar shows as
 * Sunday, 4 December 292277026596, 15:30.
 */
const beyond: Readonly<Record<string, number>> = {
	days_in_month: 31,
	day_of_month: 4,
	day_of_week: 0,
	day_of_year: 339,
	hour: 15,
	minute: 30,
	month: 12,
	year: 292_277_026_596,
};

const parts: Readonly<Record<string, (days: number, second: number) => number>> = {
	days_in_month: days => daysInMonth(civil(days).year, civil(days).month),
	day_of_month: days => civil(days).day,
	day_of_week: days => (((days + 4) % 7) + 7) % 7,
	day_of_year: dayOfYear,
	hour: (_days, second) => Math.floor(second / 3_600),
	minute: (_days, second) => Math.floor(second / 60) % 60,
	month: days => civil(days).month,
	year: days => civil(days).year,
};

/** The part of a date (UTC) that a function such as `hour` asks for; undefined for a name that is not one of them. */
export function datePart(name: string, seconds: number): number | undefined {
	const part = parts[name];
	if (!part) return undefined;
	if (!(Math.abs(seconds) < 2 ** 63)) return beyond[name];
	const whole = Math.trunc(seconds);
	const days = Math.floor(whole / secondsPerDay);
	return part(days, whole - days * secondsPerDay);
}
