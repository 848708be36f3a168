import {formatAge, formatClock, formatCountdown} from '../base/duration.ts';
import {sanitize} from '../base/text.ts';
import {fromNum} from '../core/num.ts';
import {nearEnough, observedOf} from '../core/observed-split.ts';
import {percentText} from '../core/reduce-split.ts';
import {sameSplit} from '../core/split.ts';
import {budgetRows} from './budget-rows.ts';
import {compareSummaryRows} from './compare-rows.ts';
import {spell} from './glyphs.ts';
import {gradualLine} from './gradual-text.ts';
import {instanceRows} from './instance-rows.ts';
import {fitRow, joinRows, outside, type Row, span, type Tone, widthOf, wrapText} from './row.ts';
import type {Scene} from './scene.ts';
import {bar} from './sparkline.ts';
import {bareNumber, freshness} from './values.ts';

/** The split as two bars and three numbers; then whatever is wrong with it. `detail`: also pools, router and stages. */
export function trafficRows(scene: Scene, columns: number, detail: boolean): readonly Row[] {
	const {state} = scene;
	const problems = problemRows(scene, columns);
	const numbers = threeNumbers(scene);
	const tight = [
		numbers,
		...problems,
		...instanceRows(scene, columns - 2, true),
		...budgetRows(scene, columns - 2, true),
		...compareSummaryRows(scene, columns - 2, true),
	];
	if (!detail || !state.plan) return tight.map(content => [span(' '), ...content]);
	return [
		...bars(scene, columns - 2),
		numbers,
		...problems,
		...poolRows(scene),
		...instanceRows(scene, columns - 2, false),
		ladder(scene),
		...budgetRows(scene, columns - 2, false),
		...compareSummaryRows(scene, columns - 2, false),
		...routerRows(scene, columns),
	].map(content => [span(' '), ...content]);
}

/** The candidate's share as far as known: what the router says, else what was asked. */
export const candidatePercent = ({state: {split}}: Scene): number | undefined =>
	split.configured?.weightPercent ?? split.askedPercent;

function bars(scene: Scene, columns: number): Row[] {
	const {plan} = scene.state;
	const {glyphs} = scene;
	const percent = candidatePercent(scene);
	const isOld = splitIsOld(scene);
	const names = [plan?.candidate.name ?? 'candidate', plan?.baseline.name ?? 'baseline'].map(name =>
		sanitize(name, 16, glyphs.marks),
	);
	const nameColumns = Math.max(...names.map(widthOf));
	const barColumns = Math.max(4, columns - nameColumns - 9);
	const shares = percent === undefined ? [undefined, undefined] : [percent, 100 - percent];
	return names.map((name, index) => {
		const share = shares[index];
		const tone: Tone = isOld ? 'stale' : index === 0 ? 'candidate' : 'baseline';
		return [
			...fitRow([span(name, index === 0 ? 'strong' : 'text')], nameColumns, glyphs.marks),
			span(' '),
			...fitRow([span(share === undefined ? '' : bar(share / 100, barColumns, glyphs), tone)], barColumns, glyphs.marks),
			span((share === undefined ? '?' : percentText(share)).padStart(8), tone),
		];
	});
}

const splitLimitMs = (scene: Scene): number => {
	const {pollMs = 1_000, policies} = scene.state.plan ?? {};
	return 2 * Math.max(pollMs, policies?.splitReadEveryMs ?? pollMs) + 500;
};

const splitIsOld = (scene: Scene): boolean =>
	scene.link.status === 'lost' || freshness(scene, scene.state.split.configuredAtMs, 0, splitLimitMs(scene)).isOld;

/** `asked 5 · configured 5 · seen 4.8`: a number that parts from the one before it is not in its colour, and is marked. */
export function threeNumbers(scene: Scene, short = false): Row {
	const {state, glyphs} = scene;
	const {askedPercent, configured, configuredAtMs, observedPercent, observedAtMs, error} = state.split;
	const configuredAge = freshness(scene, configuredAtMs, 0, splitLimitMs(scene));
	const observedAge = freshness(scene, observedAtMs);
	const isLost = scene.link.status === 'lost';
	const isAsAsked = askedPercent !== undefined && configured !== undefined && sameSplit(askedPercent, configured.weightPercent);
	const isMoving = state.action !== undefined;
	const configuredTone: Tone = error || configuredAge.isOld || isLost ? 'stale' : isAsAsked ? 'good' : isMoving ? 'warn' : 'bad';
	const seen = observedPercent === undefined || observedPercent === null ? undefined : fromNum(observedPercent);
	const observed = observedOf(state);
	const isSeen =
		seen !== undefined && configured !== undefined && !(observed?.isOff ?? !nearEnough(seen, configured.weightPercent));
	// What is seen can only be told right or wrong beside what is configured.
	const seenTone: Tone =
		seen === undefined || configured === undefined || observedAge.isOld || isLost ? 'stale' : isSeen ? 'good' : 'warn';
	const aged = (age: {isOld: boolean; ageMs: number}, known: boolean): string =>
		known && age.isOld ? ` (${formatAge(age.ageMs)} old)` : '';
	const mark = (tone: Tone): string => (tone === 'bad' ? ` ${glyphs.bad}` : tone === 'warn' ? ` ${glyphs.warn}` : '');
	const named = (label: string, brief: string): Row => [span(`${short ? brief : label} `, 'dim')];
	return joinRows(
		[
			[...named('asked', 'asked'), span(bareNumber(askedPercent), 'strong')],
			[
				...named('configured', 'conf'),
				span(
					`${bareNumber(configured?.weightPercent)}${mark(configuredTone)}${aged(configuredAge, configured !== undefined)}`,
					configuredTone,
				),
			],
			[
				...named('seen', 'seen'),
				span(
					state.plan?.observedShareQuery === undefined && seen === undefined
						? 'not asked'
						: `${seen === undefined ? '?' : bareNumber(Number(seen.toFixed(1)))}${mark(seenTone)}${aged(observedAge, seen !== undefined)}`,
					seenTone,
				),
			],
		],
		span(` ${glyphs.dot} `, 'dim'),
	);
}

function problemRows(scene: Scene, columns: number): Row[] {
	const {state, glyphs, now} = scene;
	const {split, action} = state;
	const lines: {text: string; tone: Tone}[] = [];
	if (action) {
		const tried =
			action.attempts > 0 ? `, attempt ${action.attempts} failed${action.lastError ? `: ${action.lastError.message}` : ''}` : '';
		const retry = action.retryAtMs === undefined ? '' : `; again in ${formatCountdown(action.retryAtMs - now.tMs)}`;
		const text = `→ ${percentText(action.toPercent)} asked ${formatClock(now.tMs - action.askedAtMs)} ago, not confirmed${tried}${retry}`;
		lines.push({text, tone: action.attempts > 0 ? 'badStrong' : 'warn'});
	}
	const going = gradualLine(scene);
	if (going !== undefined) lines.push({text: `rolling back gradually ${going}`, tone: 'warn'});
	if (split.error)
		lines.push({text: `${glyphs.bad} ${split.error.message}${split.error.remedy ? ` ${split.error.remedy}` : ''}`, tone: 'bad'});
	if (split.driftSinceMs !== undefined)
		lines.push({text: `${glyphs.bad} drifted ${formatClock(now.tMs - split.driftSinceMs)} ago: not what was asked`, tone: 'bad'});
	const observed = observedOf(state);
	if (observed?.isOff && !state.rollback) lines.push({text: `${glyphs.warn} ${observed.text}`, tone: 'warn'});
	for (const warning of split.configured?.warnings ?? []) lines.push({text: `${glyphs.warn} ${warning}`, tone: 'warn'});
	return lines.flatMap(({text, tone}) =>
		wrapText(sanitize(spell(text, glyphs), columns * 3, glyphs.marks), Math.max(8, columns - 2), 3, glyphs.marks).map(line => [
			span(line, tone),
		]),
	);
}

function poolRows(scene: Scene): Row[] {
	const {state, glyphs} = scene;
	const pools = state.split.configured?.pools;
	if (!pools) return [];
	const fine: Tone = splitIsOld(scene) ? 'stale' : 'good';
	const piece = ([up, all]: readonly [number, number]): Row => [
		span(`${up}/${all}`, up === 0 ? 'badStrong' : up < all ? 'warn' : fine),
		...(up < all ? [span(` ${up === 0 ? glyphs.bad : glyphs.warn}`, up === 0 ? 'badStrong' : 'warn')] : []),
	];
	return [[span('servers up  ', 'dim'), ...piece(pools.candidate), span(` ${glyphs.dot} `, 'dim'), ...piece(pools.baseline)]];
}

/** `stages  5 → 25 → 100`: where the session is, in bold and brackets. */
function ladder({state, glyphs}: Scene): Row {
	const {plan, stage} = state;
	return [
		span('stages  ', 'dim'),
		...joinRows(
			(plan?.stages ?? []).map((one, index) => {
				const text = percentText(one.weightPercent).replace(' %', '');
				return index === stage.index ? [span(`[${text}]`, 'strong')] : [span(text, index < stage.index ? 'dim' : 'text')];
			}),
			span(` ${glyphs.arrow} `, 'dim'),
		),
	];
}

function routerRows({state, glyphs}: Scene, columns: number): Row[] {
	const {plan, split} = state;
	const text = split.configured?.text;
	return [
		[outside(plan?.router ?? '', 'dim', columns - 2, glyphs.marks)],
		...(text === undefined
			? []
			: wrapText(sanitize(text, columns * 4, glyphs.marks), columns - 2, 4, glyphs.marks).map(line => [span(line, 'dim')])),
	];
}
