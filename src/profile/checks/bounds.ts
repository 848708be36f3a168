import type {Bound} from '../../core/bound.ts';
import type {Issue} from '../fault.ts';
import {boundOf, durationOf, mapOf} from '../lenient.ts';
import type {Path, Plain} from '../tree.ts';

/** Bounds of one map (a guardrail, an override): severe is worse and quicker, warn is stricter, a ratio is 0–1. */
export function checkBounds(keys: {readonly [key: string]: Plain}, path: Path, unit: string | undefined): Issue[] {
	const healthy = boundOf(keys['healthy']);
	const severe = mapOf(keys['severe']);
	const worse = boundOf(severe?.['healthy']);
	const warn = boundOf(keys['warn']);
	const issues: Issue[] = [];
	if (healthy && worse && !isLooser(worse, healthy)) {
		issues.push({
			path: [...path, 'severe', 'healthy'],
			message: `the severe bound must lie beyond the guardrail's own (${keys['healthy']}), in the same direction; otherwise it is broken first by small faults.`,
		});
	}
	if (healthy && warn && !isLooser(healthy, warn)) {
		issues.push({
			path: [...path, 'warn'],
			message: `a warning bound is stricter than the healthy one (${keys['healthy']}); this one could never show.`,
		});
	}
	const forMs = durationOf(keys['for']);
	const severeForMs = severe ? (durationOf(severe['for'] ?? '0s') ?? 0) : 0;
	if (forMs !== undefined && severe && severeForMs >= forMs) {
		issues.push({
			path: [...path, 'severe', Object.hasOwn(severe, 'for') ? 'for' : 'healthy'],
			message: `the severe bound must need less time than the guardrail's own "for" (${keys['for']}); otherwise it changes nothing.`,
		});
	}
	if (unit === 'ratio') issues.push(...checkRatios(keys, path));
	return issues;
}

/** Whether everything healthy by `strict` is healthy by `loose`, and more. `=` is stricter than everything around it. */
function isLooser(loose: Bound, strict: Bound): boolean {
	const isBelow = loose.op.startsWith('<');
	const isAbove = loose.op.startsWith('>');
	if (isBelow && (strict.op.startsWith('<') || strict.op === '='))
		return loose.value >= strict.value && !sameBound(loose, strict);
	if (isAbove && (strict.op.startsWith('>') || strict.op === '='))
		return loose.value <= strict.value && !sameBound(loose, strict);
	return false;
}

const sameBound = (left: Bound, right: Bound): boolean => left.op === right.op && left.value === right.value;

function checkRatios(keys: {readonly [key: string]: Plain}, path: Path): Issue[] {
	const places: readonly (readonly [Path, Plain | undefined])[] = [
		[[...path, 'healthy'], keys['healthy']],
		[[...path, 'warn'], keys['warn']],
		[[...path, 'severe', 'healthy'], mapOf(keys['severe'])?.['healthy']],
	];
	return places.flatMap(([place, value]) => {
		const bound = boundOf(value);
		if (!bound || (!String(value).includes('%') && Math.abs(bound.value) <= 1)) return [];
		const meant = Number((bound.value / 100).toPrecision(12));
		return [
			{
				path: place,
				message: `with "unit: ratio" the value is 0–1. Write "${bound.op} ${meant}", or, if the query gives 0–100, "unit: percent".`,
			},
		];
	});
}
