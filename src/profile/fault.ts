import {redact, redacted} from '../base/redact.ts';
import {columnsOf, sanitize} from '../base/text.ts';
import {locate, type Path, pathText, type Range, type TreeNode} from './tree.ts';

/** One thing that is wrong with a profile, said so that a stranger can put it right. */
export type ProfileFault = {
	/** The file as the caller named it (for a rule file: as the profile names it). */
	readonly file: string;
	/** From 1. 0 when the file could not be read at all. */
	readonly line: number;
	/** From 1, in UTF-16 units, as editors count. */
	readonly column: number;
	/** `guardrails[2].for`; empty for the file as a whole. */
	readonly path: string;
	/** What was found, what is allowed, what can be done. Sanitised; holds no secret. */
	readonly message: string;
	/** The line in question and a caret under the place, safe to print; empty when there is no line. */
	readonly excerpt: readonly string[];
};

/** A file's text with its name. */
export type SourceText = {readonly file: string; readonly text: string};

/** What is wrong, before it is given its place in the file. */
export type Issue = {
	readonly path: Path;
	readonly message: string;
	/** Point at the key rather than at the value. */
	readonly atKey?: boolean;
	/** A part of the value's text (a place in a query): offsets into the value. */
	readonly within?: Range;
	/** The value may be a secret: it is not shown. */
	readonly secret?: boolean;
};

const excerptColumns = 110;
const messageColumns = 1_000;

/** What of the line may be a secret: from the place on, or what stands behind it. */
type HiddenPart = 'from' | 'behind';

/** A fault at a place in the text. */
export function faultAt(source: SourceText, range: Range, path: string, message: string, hide?: HiddenPart): ProfileFault {
	const before = source.text.slice(0, range.start);
	const lineStart = before.lastIndexOf('\n') + 1;
	const lineEnd = source.text.indexOf('\n', lineStart);
	const line = source.text.slice(lineStart, lineEnd === -1 ? undefined : lineEnd).replace(/\r$/, '');
	const lineNumber = before.split('\n').length;
	const column = range.start - lineStart;
	return {
		file: source.file,
		line: lineNumber,
		column: column + 1,
		path: sanitize(path, messageColumns),
		message: sanitize(message, messageColumns),
		excerpt: excerptOf(line, lineNumber, column, range.end - range.start, hide),
	};
}

/** A fault of the file as a whole: it could not be read. */
export const fileFault = (file: string, message: string): ProfileFault => ({
	file,
	line: 0,
	column: 0,
	path: '',
	message: sanitize(message, messageColumns),
	excerpt: [],
});

function excerptOf(line: string, lineNumber: number, column: number, length: number, hide: HiddenPart | undefined): string[] {
	const kept = line.slice(0, hide === 'behind' ? column + length : column);
	const shown = redact(hide ? `${kept}${hide === 'behind' ? ': ' : ''}${redacted}` : line);
	const prefix = line.slice(0, column);
	const gutter = String(lineNumber).padStart(5);
	// Long lines are shown from shortly before the place; a redacted place has no caret, for nothing is left to point at.
	const cut = Math.max(0, column - 60);
	const lead = cut > 0 ? '…' : '';
	const text = lead + sanitize(shown.slice(cut), excerptColumns);
	if (!shown.startsWith(prefix)) return [`${gutter} | ${text}`];
	const indent = columnsOf(lead + sanitize(prefix.slice(cut), excerptColumns));
	const marked = columnsOf(sanitize(shown.slice(column, column + Math.max(1, length)), excerptColumns));
	const carets = '^'.repeat(Math.max(1, Math.min(marked, excerptColumns - indent)));
	return [`${gutter} | ${text}`, `${' '.repeat(gutter.length)} | ${' '.repeat(indent)}${carets}`];
}

/** Gives an issue its place: the value, its key, a part of it, or, where it is missing, the key it should stand under. */
export function toFault(source: SourceText, root: TreeNode, issue: Issue): ProfileFault {
	const {node, nearest, keyRange} = locate(root, issue.path);
	const path = pathText(issue.path);
	return faultAt(
		source,
		rangeOf(issue, node, nearest, keyRange),
		path,
		issue.message,
		issue.secret ? (issue.atKey ? 'behind' : 'from') : undefined,
	);
}

function rangeOf(issue: Issue, node: TreeNode | undefined, nearest: TreeNode, keyRange: Range | undefined): Range {
	if (issue.atKey && node && keyRange) return keyRange;
	if (node?.kind === 'scalar') {
		const {within} = issue;
		if (within && node.textStart !== undefined) {
			return {start: node.textStart + within.start, end: node.textStart + Math.max(within.end, within.start + 1)};
		}
		return node.range.end > node.range.start ? node.range : (keyRange ?? node.range);
	}
	return keyRange ?? firstLineOf(nearest);
}

/** Of a list or a map only the first key or item: a caret under twenty lines shows nothing. */
function firstLineOf(node: TreeNode): Range {
	if (node.kind === 'map') {
		const [first] = node.entries.values();
		if (first) return first.keyRange;
	}
	return {start: node.range.start, end: Math.min(node.range.end, node.range.start + 1)};
}

const byPlace = (a: ProfileFault, b: ProfileFault): number =>
	a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column;

/** In the order of the file, without repetitions. */
export function sortFaults(faults: readonly ProfileFault[]): ProfileFault[] {
	const distinct = new Map(faults.map(fault => [`${fault.file}:${fault.line}:${fault.column} ${fault.message}`, fault]));
	return [...distinct.values()].sort(byPlace);
}

/** `profiles/x.yaml:12:9  guardrails[2].for  "5 min" is …`, and below it the line with a caret. */
export function formatFault({file, line, column, path, message, excerpt}: ProfileFault): string {
	const place = line === 0 ? file : `${file}:${line}:${column}`;
	return [[place, path, message].filter(part => part !== '').join('  '), ...excerpt].join('\n');
}

/** All faults as one text, a blank line between two. */
export const formatFaults = (faults: readonly ProfileFault[]): string => faults.map(formatFault).join('\n\n');
