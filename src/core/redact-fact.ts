import type {Mask} from '../base/redact.ts';
import type {Fact} from './event.ts';

/**
 * Members that are names of our own or sums, which others refer to: a pattern from a profile must not break the record's inner links.
 * Nothing from outside stands in them.
 */
const ours: ReadonlySet<string> = new Set([
	'type',
	'kind',
	'intentId',
	'guardrail',
	'purpose',
	'trigger',
	'outcome',
	'level',
	'topic',
	'side',
	'sha256',
	'op',
	'bootId',
	'startTicks',
]);

/** Only known secrets go from these: queries and bounds must stay what they are, and file names must be found again. */
const shaped: ReadonlySet<string> = new Set(['plan', 'name', 'id']);

const cachedMax = 4_096;

/**
 * The one door to the record: every text of every fact with what must not be written down masked. The same labels come with each
 * tick, so what was looked at is remembered; a fact without a secret is given back as it is.
 */
export function createFactRedactor(mask: Mask): (fact: Fact) => Fact {
	const seen = new Map<string, string>();
	let version = mask.version;

	function clean(text: string): string {
		const known = seen.get(text);
		if (known !== undefined) return known;
		if (seen.size >= cachedMax) seen.clear();
		const cleaned = mask.redact(text);
		seen.set(text, cleaned);
		return cleaned;
	}

	function walk(value: unknown, redact: (text: string) => string): unknown {
		if (typeof value === 'string') return redact(value);
		if (typeof value !== 'object' || value === null) return value;
		if (Array.isArray(value)) {
			const cleaned = value.map(one => walk(one, redact));
			return cleaned.some((one, index) => one !== value[index]) ? cleaned : value;
		}
		let changed: Record<string, unknown> | undefined;
		for (const [name, member] of Object.entries(value)) {
			if (ours.has(name)) continue;
			const cleaned = walk(member, shaped.has(name) ? mask.redactKnown : redact);
			if (cleaned === member) continue;
			changed ??= {...value};
			changed[name] = cleaned;
		}
		return changed ?? value;
	}

	return fact => {
		if (mask.version !== version) {
			seen.clear();
			version = mask.version;
		}
		return walk(fact, clean) as Fact;
	};
}
