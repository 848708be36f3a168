import {formatClock, formatCountdown, formatElapsed, formatTimeOfDay} from '../base/duration.ts';
import {sanitize} from '../base/text.ts';
import {nextStageIndex, nextUp, promoteBlockers, stageBlockers, stageEndBlockers} from '../core/next.ts';
import type {StagePlan} from '../core/plan.ts';
import {gradualNow} from '../core/reduce-gradual.ts';
import {percentText} from '../core/reduce-split.ts';
import {standbyOf} from '../core/standby.ts';
import type {SessionState} from '../core/state.ts';
import {spell} from './glyphs.ts';
import {cutRow, outside, type Row, retone, rowWidth, span, spreadRow, wrapText} from './row.ts';
import {type Scene, wallOf} from './scene.ts';
import {candidatePercent} from './traffic-rows.ts';
import {dataFreshness} from './values.ts';
import {bandTones, verdictOf} from './verdict.ts';

const gap = span('  ');

/** Who and what: names, marks, time, link, age of the data. */
export function titleRow(scene: Scene, columns: number): Row {
	const {state, glyphs, now} = scene;
	const {plan} = state;
	const {marks} = glyphs;
	const name = outside(plan?.profile ?? 'canary', 'strong', 24, marks);
	const sides: Row = plan
		? [
				outside(plan.baseline.name, 'baseline', 20, marks),
				span(` ${glyphs.arrow} `, 'dim'),
				outside(plan.candidate.name, 'candidate', 24, marks),
			]
		: [];
	const right: Row = [...linkPieces(scene), gap, dataPiece(scene, columns < 50), span(' ')];
	const totalMs = (plan?.stages ?? []).reduce((sum, {durationMs}) => sum + durationMs, 0);
	const elapsedMs = state.canaryStartedAtMs === undefined ? undefined : now.tMs - state.canaryStartedAtMs;
	const elapsed: Row =
		elapsedMs === undefined ? [] : [span(formatElapsed(elapsedMs), 'strong'), span(` of ${formatClock(totalMs)}`, 'dim')];
	const full: Row = [span(' '), name, gap, ...markPieces(scene), ...sides];
	const room = columns - rowWidth(right) - 1;
	// Names go before marks and the age of the data do.
	const lefts: readonly Row[] = [
		[...full, span('   '), ...elapsed],
		full,
		[span(' '), name, gap, ...markPieces(scene)],
		[span(' '), ...markPieces(scene)],
	];
	const left = lefts.find(one => rowWidth(one) <= room) ?? lefts.at(-1) ?? [];
	return spreadRow(left, right, columns, marks);
}

/** PRODUCTION, READ ONLY, ARMED, REPLAY: in the frame for as long as they are true. */
export function markPieces(scene: Scene): Row {
	const {state, link, ui, now} = scene;
	const environment = state.plan?.environment ?? '';
	const isProduction = /^prod/i.test(environment);
	const armedForMs = (ui.armedUntilMs ?? 0) - now.tMs;
	const band = (text: string, tone: 'badBand' | 'warnBand' | 'infoBand'): Row => [span(` ${text} `, tone), gap];
	return [
		...(isProduction ? band('PRODUCTION', 'badBand') : environment === '' ? [] : [outside(environment, 'accent', 16), gap]),
		...(link.replay ? band('REPLAY', 'infoBand') : []),
		...(link.role === 'read-only' && !link.replay ? band('READ ONLY', 'infoBand') : []),
		...(armedForMs > 0 ? band(`ARMED ${formatCountdown(armedForMs)}`, 'warnBand') : []),
		...(state.plan?.policies.autoRollback === 'advisory' ? band('ADVISORY', 'warnBand') : []),
	];
}

function linkPieces({link, glyphs, state}: Scene): Row {
	if (link.replay) return [span(`${glyphs.arrow} REPLAY`, 'accent')];
	if (link.status === 'lost') return [span(`${glyphs.lost} LOST`, 'badStrong')];
	if (link.status === 'ended' || state.ended) return [span(`${glyphs.lost} ENDED`, 'dim')];
	return [span(`${glyphs.live} LIVE`, 'goodStrong')];
}

function dataPiece(scene: Scene, brief: boolean): Row[number] {
	const age = dataFreshness(scene);
	if (age.ageMs === Number.POSITIVE_INFINITY) return span('no data yet', 'dim');
	return span(
		`${brief ? age.text.replace(/ old$/, '') : `data ${age.text}`}${age.isOld ? ` ${scene.glyphs.warn}` : ''}`,
		age.isOld || scene.link.status === 'lost' ? 'warnStrong' : 'dim',
	);
}

/** Where it is, and what happens next by itself, and when. */
export function stageRow(scene: Scene, columns: number, withNext = true): Row {
	const {state, glyphs} = scene;
	const {plan, stage} = state;
	const next = withNext ? nextPieces(scene) : [];
	const at = plan?.stages[stage.index];
	const percent = candidatePercent(scene);
	const where: Row = [
		span(' '),
		span(at && plan ? `stage ${stage.index + 1}/${plan.stages.length}` : 'no stage yet', 'text'),
		gap,
		span(percent === undefined ? '?' : percentText(percent), 'candidate'),
		gap,
		...bakePieces(scene, at),
		...(columns >= 100 ? standbyPieces(state) : []),
	];
	const room = columns - rowWidth(where) - rowWidth(next) - 3;
	const share = at && at.durationMs > 0 ? Math.min(1, stage.elapsedMs / at.durationMs) : undefined;
	const progress = share === undefined || room < 6 ? [] : progressBar(share, Math.min(70, room), scene);
	return spreadRow([...where, ...progress], [...next, span(' ')], columns, glyphs.marks);
}

/** `baking 12:03 of 48:00:00`: at 100 %, the baseline on standby, a rollback one key away. */
function bakePieces({state, now}: Scene, at: StagePlan | undefined): Row {
	if (!at?.bake || state.ended || state.rollback || gradualNow(state)) return [];
	// The stage clock moves with the polls; a screen need not wait for the next one.
	const watchedMs = Math.min(at.durationMs, state.stage.elapsedMs + sinceTick(state, now.tMs));
	return [span(`baking ${formatClock(watchedMs)} of ${formatClock(at.durationMs)}`, 'accent'), gap];
}

/** `standby 3/3 up`: whether the baseline could take everything back. */
function standbyPieces(state: SessionState): Row {
	const standby = standbyOf(state);
	return standby ? [span(`standby ${standby.up}/${standby.of} up`, standby.isShort ? 'badStrong' : 'good'), gap] : [];
}

const sinceTick = (state: SessionState, tMs: number): number =>
	stageBlockers(state).length > 0 ? 0 : Math.min(state.plan?.pollMs ?? 0, Math.max(0, tMs - state.tick.lastDueMs));

function progressBar(share: number, columns: number, {glyphs, state}: Scene): Row {
	const [done, tip, rest] = glyphs.progress;
	const whole = Math.floor(share * columns);
	const half = share * columns - whole >= 0.5 && whole < columns ? 1 : 0;
	return [
		span(done.repeat(whole) + (half ? tip : ''), state.held ? 'warn' : 'accent'),
		span(rest.repeat(columns - whole - half), 'border'),
	];
}

/** `next: checkpoint T+30m in 12:18`. */
export function nextPieces(scene: Scene): Row {
	const {state, now, glyphs} = scene;
	const {text, atTMs} = nextUp(state);
	const when = atTMs === undefined ? '' : atTMs <= now.tMs ? ' now' : ` in ${formatCountdown(atTMs - now.tMs)}`;
	return [span('next: ', 'dim'), outside(spell(text, glyphs), 'strong', 70, glyphs.marks), span(when, 'accent')];
}

/** The verdict in one word and what stands behind it, on a band of its colour when something is wrong; right: why it waits. */
export function verdictRow(scene: Scene, columns: number): Row {
	const {glyphs} = scene;
	const verdict = verdictOf(scene);
	const band = bandTones[verdict.level];
	const isCalm = verdict.level === 'good';
	const glyph = glyphs[verdict.glyph];
	const word = [span(' '), span(isCalm ? `${glyph} ${verdict.word}` : ` ${glyph} ${verdict.word} `, band), gap];
	const detail = outside(spell(verdict.detail, glyphs), isCalm ? 'text' : 'strong', columns, glyphs.marks);
	const waits = whyWaiting(scene);
	const right: Row = [outside(spell(waits, glyphs), 'dim', columns, glyphs.marks), span(' ')];
	const left: Row = [...word, detail];
	const room = columns - rowWidth(left) - 3;
	const shownRight = room >= 16 ? cutRow(right, room, glyphs.marks) : verdict.level === 'bad' ? [span(` ${glyph} `)] : [];
	const row = spreadRow(left, shownRight, columns, glyphs.marks);
	// A breach is a band across the whole screen: it must be seen from the door.
	return verdict.level === 'bad' ? retone(row, band) : row;
}

/** Why nothing moves, in one clause: there is always an answer. */
export function whyWaiting(scene: Scene): string {
	const {state, now} = scene;
	const {plan, action, stage, rollback, ended} = state;
	if (!plan) return 'waits for the controller’s first event';
	if (action) return `waits for the router to confirm ${percentText(action.toPercent)}`;
	if (ended) return `over: ${ended.reason}`;
	if (rollback) return 'over: start a new run to go on';
	if (gradualNow(state)) return 'goes down by itself';
	if (stage.index < 0)
		return `waits to start: ${promoteBlockers(state, now.tMs)[0] ?? (plan.policies.start === 'auto' ? 'about to' : 'p starts')}`;
	const blocker = stageBlockers(state)[0];
	if (blocker !== undefined) return `stage clock stands still: ${blocker}`;
	return stageWait(scene);
}

function stageWait({state, now}: Scene): string {
	const {plan, stage} = state;
	const at = plan?.stages[stage.index];
	const next = nextStageIndex(state);
	const to = next === undefined ? undefined : percentText(plan?.stages[next]?.weightPercent ?? 100);
	const leftMs = (at?.durationMs ?? 0) - stage.elapsedMs;
	if (leftMs > 0) {
		const until = formatTimeOfDay(wallOf(now, state.tick.lastDueMs + leftMs), now.offsetMinutes).slice(0, 5);
		const then = to === undefined ? 'then it is over' : at?.promote === 'auto' ? `then → ${to}` : `then asks for ${to}`;
		return `watches until ${until} (${formatCountdown(leftMs)} to go), ${then}`;
	}
	const gate = stageEndBlockers(state)[0];
	if (gate !== undefined) return `waits: ${gate}`;
	return to === undefined
		? 'the last stage is over'
		: at?.promote === 'auto'
			? `about to go to ${to}`
			: `waits for a person: p promotes to ${to}`;
}

/** What must not be missed, over everything else: as many rows as it needs, at most `rowsMax`. */
export function alarmRows(scene: Scene, columns: number, rowsMax: number): readonly Row[] {
	const {state, glyphs} = scene;
	const alarms = Object.entries(state.alarms);
	if (alarms.length === 0 || rowsMax <= 0) return [];
	const texts = alarms.map(([topic, text]) => `${alarmWords[topic] ?? `ALARM (${topic})`}: ${text}`);
	const by =
		columns >= 60 && alarms.some(([topic]) => topic === 'rollback')
			? [`The candidate may still have traffic. Set the split by hand: ${state.plan?.router ?? 'the router'}`]
			: [];
	const lines = [...texts, ...by].flatMap(text =>
		wrapText(sanitize(spell(text, glyphs), columns * 4, glyphs.marks), columns - 8, rowsMax, glyphs.marks),
	);
	const isTall = lines.length + 2 <= rowsMax;
	const shown = lines.slice(0, rowsMax).map((line, index) => `  ${index === 0 ? glyphs.bad : ' '} ${line}`);
	const all = isTall ? ['', ...shown, ''] : shown;
	return all.map(line =>
		spreadRow([span(line, 'badBand')], [span(` ${glyphs.bad} `, 'badBand')], columns, glyphs.marks, 'badBand'),
	);
}

const alarmWords: Readonly<Record<string, string>> = {
	rollback: 'ROLLBACK NOT VERIFIED',
	promote: 'PROMOTE FAILED',
	journal: 'JOURNAL NOT WRITTEN',
	checkpoint: 'CHECKPOINT NOT WRITTEN',
	split: 'SPLIT DRIFTED',
	standby: 'NO FULL STANDBY',
};
