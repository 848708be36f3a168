import type {ReactNode} from 'react';
import type {Statement} from '../../src/report/model.ts';
import {refText} from '../../src/report/ref.ts';
import type {Table as TableData} from '../../src/report/tables.ts';

/** A table that says nothing when it has no rows. Marks of status are coloured by their sign. */
export function Table({table}: {readonly table: TableData}) {
	const {titles, rows, numeric = []} = table;
	if (rows.length === 0) return null;
	const columns = titles.map((title, column) => ({title, key: `${column} ${title}`, isNumber: numeric.includes(column)}));
	return (
		<div className="scroll">
			<table>
				<thead>
					<tr>
						{columns.map(({title, key, isNumber}) => (
							<th key={key} className={isNumber ? 'number' : undefined}>
								{title}
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{rows.map(row => (
						<tr key={row.join('\n')}>
							{columns.map(({title, key, isNumber}, column) => (
								<td key={key} className={cellClass(row[column] ?? '', title, isNumber)}>
									{row[column]}
								</td>
							))}
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}

function cellClass(cell: string, title: string, isNumber: boolean): string | undefined {
	const classes = [
		isNumber ? 'number' : '',
		title === 'Events' ? 'events' : title === 'sha256' ? 'sum' : '',
		cell.startsWith('✓') ? 'good' : cell.startsWith('✗') ? 'bad' : cell === '?' ? 'open' : '',
		cell === 'no data' ? 'none' : '',
	].filter(name => name !== '');
	return classes.length === 0 ? undefined : classes.join(' ');
}

export type SectionProps = {readonly title: string; readonly isThere?: boolean; readonly children: ReactNode};

export function Section({title, isThere = true, children}: SectionProps) {
	if (!isThere) return null;
	return (
		<section>
			<h2>{title}</h2>
			{children}
		</section>
	);
}

export function Statements({list, kind}: {readonly list: readonly Statement[]; readonly kind: string}) {
	if (list.length === 0) return null;
	return (
		<ul className={kind}>
			{list.map(({text, events}) => (
				<li key={`${text} ${events?.fromSeq}`}>
					{text} {events && <span className="events">{refText(events)}</span>}
				</li>
			))}
		</ul>
	);
}

/** Drawn from numbers by the charting library: no text from outside stands in it. */
export function Figure({svg, caption, note}: {readonly svg: string; readonly caption: string; readonly note: string}) {
	return (
		<figure>
			<figcaption>
				<b>{caption}</b> <span>{note}</span>
			</figcaption>
			{/* biome-ignore lint/security/noDangerouslySetInnerHtml: SVG that the charting library made, see report-html.ts */}
			<div dangerouslySetInnerHTML={{__html: svg}} />
		</figure>
	);
}

export type PageProps = {readonly title: string; readonly style: string; readonly children: ReactNode};

/** The frame of a page that needs nothing but itself: no script, no network. */
export function Page({title, style, children}: PageProps) {
	return (
		<html lang="en">
			<head>
				<meta charSet="utf-8" />
				<meta name="viewport" content="width=device-width, initial-scale=1" />
				<meta name="color-scheme" content="light dark" />
				<meta httpEquiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
				<title>{title}</title>
				{/* biome-ignore lint/security/noDangerouslySetInnerHtml: our own style sheet */}
				<style dangerouslySetInnerHTML={{__html: style}} />
			</head>
			<body>
				<main>{children}</main>
			</body>
		</html>
	);
}
