import {formatAge, formatClock, formatCountdown, formatDuration, formatTimeOfDay} from '../base/duration.ts';
import type {GuardrailPlan, Plan} from '../core/plan.ts';
import type {Tone} from './row.ts';
import {type Scene, wallOf} from './scene.ts';
import {freshness, type GuardrailView, oldAfterMs, valueText} from './values.ts';

/** A glyph and a word beside every colour. */
export type Look = {readonly glyph: string; readonly word: string; readonly tone: Tone; readonly strong: Tone};

const breachWords = {rollback: 'ROLLBACK', hold: 'HOLD', warn: 'BREACHED'} as const;

/** How a guardrail's status is said. Green only what is inside its bound, asked lately, by a controller that is there. */
export function lookOf(scene: Scene, {plan, now}: GuardrailView): Look {
	const {glyphs} = scene;
	if (!now || now.readAtMs === undefined) return {glyph: glyphs.pending, word: 'not asked', tone: 'dim', strong: 'dim'};
	const age = valueAge(scene, {plan, now});
	const aged = age.isOld ? ` ${formatAge(age.ageMs)}` : '';
	switch (now.status) {
		case 'breached':
			return {glyph: glyphs.bad, word: breachWords[plan.onBreach], tone: 'bad', strong: 'badStrong'};
		case 'pending':
			return {glyph: glyphs.bad, word: 'breaching', tone: 'bad', strong: 'badStrong'};
		case 'error':
			return {glyph: glyphs.unknown, word: 'error', tone: 'unknown', strong: 'unknown'};
		case 'no-data':
			return {glyph: glyphs.unknown, word: 'no data', tone: 'unknown', strong: 'unknown'};
		case 'ok':
			break;
	}
	if (age.isOld || scene.link.status === 'lost') return {glyph: glyphs.stale, word: `old${aged}`, tone: 'stale', strong: 'stale'};
	if (!plan.bound) return {glyph: glyphs.dot, word: 'shown', tone: 'text', strong: 'dim'};
	if (now.warning) return {glyph: glyphs.warn, word: 'warning', tone: 'warn', strong: 'warnStrong'};
	return {glyph: glyphs.ok, word: 'ok', tone: 'good', strong: 'good'};
}

/** How old the shown value is: since it was read, and what it had aged by then beyond what its profile allows. */
export function valueAge(scene: Scene, {plan, now}: GuardrailView): {readonly ageMs: number; readonly isOld: boolean} {
	const sourceMs = now?.reading?.kind === 'values' ? (now.reading.ageMs ?? 0) : 0;
	// A log guardrail speaks when a line arrives: its silence is not age.
	if (plan.origin === 'log') return {ageMs: 0, isOld: false};
	const sinceRead = freshness(scene, now?.worstAtMs ?? now?.readAtMs);
	const isOld = sinceRead.isOld || sourceMs > Math.max(plan.staleAfterMs, oldAfterMs(scene.state.plan?.pollMs ?? 1_000));
	return {ageMs: sinceRead.ageMs + sourceMs, isOld};
}

/** What is about to happen because of this guardrail, and when: one line, absent while there is nothing to say. */
export function consequence(scene: Scene, {plan, now}: GuardrailView, brief = false): string | undefined {
	const all = scene.state.plan;
	if (!now || !all) return undefined;
	switch (now.status) {
		case 'pending':
			return pendingText(scene, plan, now.firesAtMs, now.severeSinceMs, now.breachingSinceMs, brief);
		case 'breached':
			return breachedText(scene, {plan, now});
		case 'no-data':
		case 'error': {
			const since = now.noDataSinceMs ?? now.sinceMs;
			const last =
				now.worst && now.worstAtMs !== undefined
					? `; last ${valueText(now.worst.value, plan.unit, plan.bound)}, ${freshness(scene, now.worstAtMs).text}`
					: '';
			return `${now.because || now.status} for ${formatClock(scene.now.tMs - since)}${noDataEnd(all, plan, scene, since)}${last}`;
		}
		case 'ok':
			return undefined;
	}
}

const verbs = {rollback: 'rolls back', hold: 'holds', warn: 'warns'} as const;

const verbOf = (plan: Plan, {onBreach}: GuardrailPlan): string =>
	onBreach === 'rollback' && plan.policies.autoRollback === 'advisory' ? 'advises a rollback' : verbs[onBreach];

function pendingText(
	scene: Scene,
	guardrail: GuardrailPlan,
	firesAtMs: number | undefined,
	severeSinceMs: number | undefined,
	breachingSinceMs: number | undefined,
	brief: boolean,
): string {
	const {state, now} = scene;
	const bySevere = severeSinceMs !== undefined && guardrail.severe && firesAtMs === severeSinceMs + guardrail.severe.forMs;
	const since = (bySevere ? severeSinceMs : breachingSinceMs) ?? severeSinceMs ?? now.tMs;
	const lasted = formatClock(Math.max(0, now.tMs - since));
	if (firesAtMs === undefined) return `breaching for ${lasted}`;
	const total = formatClock(firesAtMs - since);
	const level = bySevere ? 'severely ' : '';
	const verb = state.plan ? verbOf(state.plan, guardrail) : verbs[guardrail.onBreach];
	if (state.rollback) return `breaching ${lasted}; rolled back already`;
	const at = formatTimeOfDay(wallOf(now, firesAtMs), now.offsetMinutes);
	if (brief) return `${lasted} of ${total} → ${verb} in ${formatCountdown(firesAtMs - now.tMs)}`;
	return `breaching ${level}${lasted} of ${total} → ${verb} at ${at}, in ${formatCountdown(firesAtMs - now.tMs)}`;
}

function breachedText(scene: Scene, {plan, now}: GuardrailView): string {
	const lasted = now ? formatClock(Math.max(0, scene.now.tMs - now.sinceMs)) : '';
	const by = now?.breachedBy === 'severe' ? ' by the severe bound' : now?.breachedBy === 'no-data' ? ' by missing data' : '';
	const acknowledged = now?.acknowledgedBy ? `; acknowledged by ${now.acknowledgedBy}` : '; a acknowledges';
	const latched = now?.latched ? '; latched until a new run' : '';
	const keeps =
		!now?.latched && plan.keepFiringForMs > 0 ? `; counts ${formatDuration(plan.keepFiringForMs)} beyond its end` : '';
	return `breached${by} for ${lasted}${latched}${keeps}${acknowledged}`;
}

function noDataEnd(plan: Plan, guardrail: GuardrailPlan, scene: Scene, since: number): string {
	if (!guardrail.bound) return '';
	if (guardrail.noData === 'ok' || guardrail.noData === 'zero') return `; counts as ${guardrail.noData} here`;
	const at = since + guardrail.noDataAfterMs;
	const does = guardrail.noData === 'fail' ? verbOf(plan, guardrail) : 'nothing goes forward';
	if (at > scene.now.tMs) return ` → ${does} in ${formatCountdown(at - scene.now.tMs)}`;
	return guardrail.noData === 'fail' ? '' : '; nothing goes forward';
}
