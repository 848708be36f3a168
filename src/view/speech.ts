import {formatTimeOfDay} from '../base/duration.ts';
import {sanitize} from '../base/text.ts';
import {boxPart} from './box.ts';
import {layoutOf} from './frame.ts';
import {consequence, lookOf} from './guardrail-look.ts';
import {alarmRows, nextPieces, whyWaiting} from './header.ts';
import {spokenOutput} from './output.ts';
import {textOf} from './row.ts';
import type {Scene} from './scene.ts';
import {threeNumbers} from './traffic-rows.ts';
import {fullLimitText, guardrailViews, valueText} from './values.ts';
import {verdictOf} from './verdict.ts';

/** What has been said already: only what changed is said again. */
export type Spoken = {
	readonly seq: number;
	readonly verdict: string;
	readonly split: string;
	readonly dialog: string;
	readonly statuses: Readonly<Record<string, string>>;
};

export const nothingSpoken: Spoken = {seq: -1, verdict: '', split: '', dialog: '', statuses: {}};

const lineColumns = 300;

/**
 * The session as lines of text for a screen reader, in the order they happened: what is new since `spoken`, and nothing twice. A
 * value that only moves is not news; a changed status, split or verdict is.
 */
export function speech(scene: Scene, spoken: Spoken): {readonly lines: readonly string[]; readonly spoken: Spoken} {
	const {state, now} = scene;
	const isFirst = spoken.seq === -1;
	const lines: string[] = [];
	const fresh = isFirst ? [] : state.timeline.filter(({seq}) => seq > spoken.seq);
	for (const {atMs, text} of fresh) lines.push(`${formatTimeOfDay(atMs, now.offsetMinutes)} ${text}`);
	const statuses: Record<string, string> = {};
	for (const view of guardrailViews(state)) {
		const {word} = lookOf(scene, view);
		// An age in the word would be news every second.
		const status = word.startsWith('old') ? 'old' : word;
		statuses[view.plan.id] = status;
		if (spoken.statuses[view.plan.id] !== status) lines.push(guardrailLine(scene, view));
	}
	const split = textOf(threeNumbers(scene))
		.replace(/\([^)]*old\)/g, '')
		.replace(/seen.*/, '')
		.trim();
	if (split !== spoken.split) lines.push(`Split: ${textOf(threeNumbers(scene))}`);
	const {word, detail} = verdictOf(scene);
	if (word !== spoken.verdict) lines.push(`${word}: ${detail}. ${textOf(nextPieces(scene))}. ${whyWaiting(scene)}.`);
	const text = dialogText(scene);
	const dialog = asNews(scene, text);
	if (dialog !== spoken.dialog && text !== '') lines.push(text);
	if (Object.keys(state.alarms).length > 0 && word !== spoken.verdict)
		lines.push(...alarmRows(scene, lineColumns, 6).map(row => `ALARM ${textOf(row).trim()}`));
	return {
		lines: lines.map(line => sanitize(line, lineColumns, scene.glyphs.marks)),
		spoken: {seq: state.timeline.at(-1)?.seq ?? Math.max(0, spoken.seq), verdict: word, split, dialog, statuses},
	};
}

function guardrailLine(scene: Scene, view: Parameters<typeof lookOf>[1]): string {
	const {plan, now} = view;
	const value = now?.worst ? valueText(now.worst.value, plan.unit, plan.bound) : 'no data';
	const next = consequence(scene, view);
	const bound = plan.bound ? `, healthy ${fullLimitText(plan.bound, plan.unit)}` : '';
	return `${plan.title}: ${lookOf(scene, view).word}, ${value}${bound}${next === undefined ? '' : `, ${next}`}`;
}

/** Questions in which nothing is typed: how old the data are, and a value in them, move while they wait for their answer. */
const questions: readonly string[] = ['rollback', 'gradual', 'resume', 'end', 'instance', 'quit', 'command'];

const asNews = ({ui}: Scene, text: string): string =>
	ui.dialog && questions.includes(ui.dialog.kind) ? text.replaceAll(/\d+(?:[.,]\d+)*/g, '#') : text;

/** An open dialog as one line; its frame and blanks are not worth a word. */
export function dialogText(scene: Scene): string {
	const {dialog, flash} = scene.ui;
	if (dialog?.kind === 'filter') return `Filter ${dialog.pane}: ${dialog.typed}`;
	if (!dialog) return flash?.text ?? '';
	if (dialog.kind === 'output') return spokenOutput(scene, dialog);
	const part = boxPart(scene, layoutOf(scene));
	const texts = (part?.rows ?? []).map(row =>
		textOf(row)
			.replace(/[╭╮╰╯─│+|]/g, ' ')
			.replace(/\s+/g, ' ')
			.trim(),
	);
	return texts.filter(text => text !== '').join('. ');
}
