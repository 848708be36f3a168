/** Text from outside as plain text of one line: no markup, no link, no HTML. */
export const md = (text: string): string =>
	text
		.replaceAll(/[\r\n]+/g, ' ')
		.replaceAll(/[\\`*_[\]<>|~&!$]/g, '\\$&')
		.replaceAll('://', ':\\/\\/')
		.replaceAll('@', '\\@')
		.replaceAll(/www\./gi, found => `${found.slice(0, 3)}\\.`)
		.replace(/^(\s*)(?=#|[-+]\s|\d+[.)]\s)(\d*)(.)/, '$1$2\\$3')
		// Numbers of events are ours, and no link as long as no address follows.
		.replaceAll(/\\\[(#\d+(?:–#\d+)?)\\\](?![(:[])/g, '[$1]');

/** A table; its cells are text from outside, escaped here. */
export function mdTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
	const line = (cells: readonly string[]): string => `| ${cells.map(cell => (cell === '' ? ' ' : md(cell))).join(' | ')} |`;
	return [line(titles), `|${titles.map(() => ' --- ').join('|')}|`, ...rows.map(line)].join('\n');
}

export const mdList = (items: readonly string[]): string => items.map(item => `- ${md(item)}`).join('\n');

/** Lines as they were said, indented: nothing in them is markup. */
export const mdBlock = (text: string): string =>
	text
		.split('\n')
		.map(line => `    ${line}`)
		.join('\n');

/** Sections with something in them, parted by blank lines. */
export const mdSections = (sections: readonly (readonly [title: string, ...parts: readonly string[]])[]): string =>
	sections
		.map(([title, ...parts]) => [title, ...parts.filter(part => part !== '')])
		.filter(parts => parts.length > 1)
		.map(parts => parts.join('\n\n'))
		.join('\n\n');
