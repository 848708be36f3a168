/** One name for each level, whatever a logger calls it. Numbers are those of pino and bunyan. */
const canonical: Readonly<Record<string, string>> = {
	...{'10': 'trace', '20': 'debug', '30': 'info', '40': 'warn', '50': 'error', '60': 'fatal'},
	...{t: 'trace', d: 'debug', i: 'info', n: 'notice', w: 'warn', e: 'error', f: 'fatal'},
	...{warning: 'warn', err: 'error', severe: 'error', information: 'info', informational: 'info', dbg: 'debug'},
	...{crit: 'fatal', critical: 'fatal', alert: 'fatal', emerg: 'fatal', emergency: 'fatal', panic: 'fatal'},
};

/** Lower case and by its usual name: `WARNING` → `warn`, `50` → `error`, `crit` → `fatal`; an unknown one stays as it is. */
export function canonicalLevel(level: string): string {
	const lower = level.trim().toLowerCase().slice(0, 32);
	return Object.hasOwn(canonical, lower) ? (canonical[lower] ?? lower) : lower;
}

const names = 'trace|debug|info|notice|warn|warning|error|err|severe|crit|critical|alert|fatal|panic|emerg|emergency';

/** In brackets, before a colon at the start, or written as level=…: not a word of the sentence that happens to be "error". */
const marked = new RegExp(
	String.raw`[[<(](${names})[\])>]|^(${names}):\s|\b(?:level|lvl|severity)["']?[=:]\s?["']?(${names})\b`,
	'i',
);
const shouted = new RegExp(String.raw`(?<![^\s|[])(${names.toUpperCase()})(?=[\s:|,\]]|$)`);

/** How far into a line its level may stand: behind a date, a host and a thread name. */
const prefixUnits = 120;

/** The level of a line of no known format, where the line plainly says one; empty where it does not. */
export function levelInProse(line: string): string {
	const prefix = line.slice(0, prefixUnits);
	const first = [marked.exec(prefix), shouted.exec(prefix)].filter(match => match !== null).sort((a, b) => a.index - b.index)[0];
	const level = first?.slice(1).find(name => name !== undefined);
	return level === undefined ? '' : canonicalLevel(level);
}

const crash =
	/^(?:Uncaught |Unhandled |Exception in thread |Traceback \(|panic: |fatal error: |thread '.{0,80}' panicked|[\w.]{0,80}(?:Error|Exception)(?:: |$| \[))/;

/** A runtime's last words, printed as plain text into whatever log there is. */
export const looksLikeCrash = (line: string): boolean => crash.test(line);
