import {formatDuration} from '../base/duration.ts';
import {formatValue} from '../base/number-format.ts';
import {sanitize} from '../base/text.ts';
import {chart} from './chart.ts';
import {spell} from './glyphs.ts';
import {lookOf} from './guardrail-look.ts';
import {type Row, span, spreadRow} from './row.ts';
import type {Scene} from './scene.ts';
import {fullLimitText, type GuardrailView, guardrailViews, stretchOf} from './values.ts';

/** The guardrail worth a chart: the selected one, else the loudest, else the first. */
export function chartedOf(scene: Scene): GuardrailView | undefined {
	const views = guardrailViews(scene.state);
	const {cursor} = scene.ui.panes.guardrails;
	const loud = ['breached', 'pending'].flatMap(status => views.filter(({plan, now}) => plan.bound && now?.status === status));
	return views.find(({plan}) => plan.id === cursor) ?? loud[0] ?? views[0];
}

/** The foot of the guardrail pane: one guardrail over the last minutes, against its bound. Exactly `rows` rows. */
export function chartPane(scene: Scene, columns: number, rows: number): readonly Row[] {
	const view = chartedOf(scene);
	if (!view) return [];
	const {glyphs} = scene;
	const {plan} = view;
	const stretch = stretchOf(scene);
	const title: Row = [
		span('  '),
		span(sanitize(plan.title, 40, glyphs.marks), 'strong'),
		...(plan.bound ? [span(`  healthy ${spell(fullLimitText(plan.bound, plan.unit), glyphs)}`, 'dim')] : []),
	];
	const lines = chart(view.now?.history ?? [], {
		...stretch,
		columns: columns - 4,
		rows: rows - 2,
		glyphs,
		...(plan.bound && {bound: plan.bound}),
		tone: lookOf(scene, view).tone === 'stale' ? 'stale' : 'good',
		format: value => spell(formatValue(value, plan.unit), glyphs),
	});
	const scope: Row = [span(`last ${formatDuration(stretch.spanMs)}  `, 'dim')];
	return [spreadRow(title, scope, columns, glyphs.marks), ...lines.map(line => [span('  '), ...line])];
}
