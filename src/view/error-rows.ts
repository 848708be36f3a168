import {formatAge} from '../base/duration.ts';
import {formatValue} from '../base/number-format.ts';
import {sanitize} from '../base/text.ts';
import {type ErrorGroup, errorRate} from '../core/error-state.ts';
import {spell} from './glyphs.ts';
import type {Item} from './list.ts';
import {cutRow, fitRow, type Row, span, type Tone, widthOf} from './row.ts';
import type {Scene} from './scene.ts';

/** Expected ones last; before them signatures that came with the candidate first, then by how many lines they have. */
export const errorOrder = (left: ErrorGroup, right: ErrorGroup): number =>
	Number(left.expected) - Number(right.expected) ||
	Number(right.isNew) - Number(left.isNew) ||
	right.count - left.count ||
	left.firstMs - right.firstMs;

/** What a signature's row is found by. */
export const errorKey = ({code, signature}: ErrorGroup): string => `${code}\n${signature}`;

const sides = {candidate: 'canary', baseline: 'stable', both: 'both'} as const;

/** One item a signature; the selected one shows a line of it. */
export function errorItems(scene: Scene, columns: number): readonly Item[] {
	const {state, ui, glyphs} = scene;
	const groups = [...state.errors.groups].sort(errorOrder);
	const countColumns = Math.max(4, ...groups.map(({count}) => formatValue(count, 'count').length + 1));
	const codeColumns = Math.min(18, Math.max(0, ...groups.map(({code}) => widthOf(sanitize(code, 18, glyphs.marks)))));
	return groups.map(group => {
		const isSelected = ui.focus === 'errors' && ui.panes.errors.cursor === errorKey(group);
		const sample = cutRow(
			[span('        '), span(sanitize(group.sample, columns * 2, glyphs.marks), 'dim')],
			columns,
			glyphs.marks,
		);
		return {
			key: errorKey(group),
			text: `${group.code} ${group.signature} ${group.level} ${sides[group.side]} ${group.isNew ? 'new' : ''} ${group.class} ${group.expected ? 'expected' : ''}`,
			mark: group.firstMs,
			rows: [mainRow(scene, group, {columns, countColumns, codeColumns}, isSelected), ...(isSelected ? [sample] : [])],
		};
	});
}

type Widths = {readonly columns: number; readonly countColumns: number; readonly codeColumns: number};

function mainRow(scene: Scene, group: ErrorGroup, {columns, countColumns, codeColumns}: Widths, isSelected: boolean): Row {
	const {glyphs, now} = scene;
	const tone: Tone = group.isNew && !group.expected ? 'warn' : 'dim';
	const isWide = columns >= 96;
	return [
		span(isSelected ? glyphs.select : ' ', 'key'),
		span(`${formatValue(group.count, 'count')}${glyphs.times}`.padStart(countColumns), isSelected ? 'selected' : 'strong'),
		group.expected ? span('  exp  ', 'dim') : span(group.isNew ? '  new  ' : '       ', 'badStrong'),
		span(sides[group.side].padEnd(8), group.side === 'candidate' ? 'candidate' : 'dim'),
		...(isWide ? [span(`${formatAge(Math.max(0, now.tMs - group.lastMs))} ago`.padEnd(13), 'dim')] : []),
		...(codeColumns > 0
			? [...fitRow([span(sanitize(group.code, codeColumns, glyphs.marks), tone)], codeColumns, glyphs.marks), span('  ')]
			: []),
		span(sanitize(group.signature, columns, glyphs.marks)),
	];
}

/** `12/s · 3 signatures · canary only · 1,204 dropped`. */
export function errorsInfo(scene: Scene): Row {
	const {state, now, glyphs} = scene;
	const {errors, plan} = state;
	if ((plan?.logs.length ?? 0) === 0 && errors.lines === 0) return [span('no log is followed', 'dim')];
	const onlyCanary = errors.groups.length > 0 && errors.groups.every(({side}) => side === 'candidate');
	const rate = errorRate(errors, now.tMs);
	const fresh = errors.groups.filter(({isNew, expected}) => isNew && !expected).length;
	const pieces: Row[] = [
		[span(formatValue(Number(rate.toPrecision(2)), '/s'), rate > 0 ? 'warn' : 'dim')],
		[
			span(
				`${errors.groups.length + errors.forgotten} signature${errors.groups.length + errors.forgotten === 1 ? '' : 's'}`,
				'dim',
			),
		],
		...(fresh > 0 ? [[span(`${fresh} new`, 'badStrong')]] : []),
		...(errors.expected > 0 ? [[span(`${formatValue(errors.expected, 'count')} expected`, 'dim')]] : []),
		...(onlyCanary ? [[span('canary only', 'candidate')]] : []),
		...(errors.dropped > 0 ? [[span(`${formatValue(errors.dropped, 'count')} lines dropped`, 'warn')]] : []),
	];
	return pieces.flatMap((piece, index) => (index === 0 ? piece : [span(spell(' · ', glyphs), 'dim'), ...piece]));
}
