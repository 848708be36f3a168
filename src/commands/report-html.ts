import {createElement, type ReactElement} from 'react';
import type {Charts} from '../../components/report/Course.tsx';
import {IncidentPage} from '../../components/report/IncidentPage.tsx';
import {ReportPage} from '../../components/report/ReportPage.tsx';
import {type Chart, guardrailChart, splitChart} from '../report/chart-options.ts';
import type {Incident} from '../report/incident.ts';
import type {Summary} from '../report/model.ts';
import type {GuardrailSummary} from '../report/model-stage.ts';
import type {Recorded} from '../report/recorded.ts';
import {healthyText} from '../report/words.ts';

/** The whole report as one page that needs nothing but itself. */
export async function reportHtml(recorded: Recorded, summary: Summary): Promise<string> {
	const charts = await chartsOf(recorded, summary, summary.guardrails);
	return pageText(createElement(ReportPage, {summary, charts}));
}

/** The rollback as one page, with the charts of what led to it. */
export async function incidentHtml(recorded: Recorded, summary: Summary, incident: Incident): Promise<string> {
	const titles = new Set(incident.involved.map(({title}) => title));
	const charts = await chartsOf(
		recorded,
		summary,
		summary.guardrails.filter(({title}) => titles.has(title)),
	);
	return pageText(createElement(IncidentPage, {summary, incident, charts}));
}

async function pageText(page: ReactElement): Promise<string> {
	const {renderToStaticMarkup} = await import('react-dom/server');
	return `<!doctype html>\n${renderToStaticMarkup(page)}\n`;
}

/** More charts than this say less. */
const chartsMax = 60;

async function chartsOf(recorded: Recorded, summary: Summary, guardrails: readonly GuardrailSummary[]): Promise<Charts> {
	const echarts = await import('echarts');
	const draw = ({width, height, option}: Chart): string => {
		const chart = echarts.init(null, null, {renderer: 'svg', ssr: true, width, height});
		chart.setOption(option);
		const svg = chart.renderToSVGString();
		chart.dispose();
		return plainSvg(svg);
	};
	return {
		split: draw(splitChart(recorded, summary)),
		guardrails: guardrails
			.filter(({stats}) => stats !== undefined)
			.slice(0, chartsMax)
			.map(one => ({
				title: one.title,
				note: one.bound ? `healthy ${healthyText(one.bound, one.unit)}` : 'shown only',
				svg: draw(guardrailChart(recorded, summary, one)),
			})),
	};
}

/** Within a page an SVG needs no namespace, and ours need no style for a pointer. */
const plainSvg = (svg: string): string =>
	svg
		.replaceAll(/<style[\s\S]*?<\/style>/g, '')
		.replaceAll(/\s(?:xmlns(?::xlink)?|xml:space|baseProfile|version)="[^"]*"/g, '')
		.replaceAll(/\s(?:pointer-events|class)="[^"]*"/g, '')
		.replace(/<svg width="(\d+)" height="(\d+)"/, '<svg role="img" width="$1" height="$2"');
