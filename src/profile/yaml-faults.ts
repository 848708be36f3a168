import type {YAMLError} from 'yaml';
import {faultAt, type ProfileFault, type SourceText} from './fault.ts';

type Rule = {readonly when: (error: YAMLError, line: string) => boolean; readonly say: (line: string) => string};

const keyOf = (line: string): string => /^[\s-]*([\w-]+)\s*:/.exec(line)?.[1] ?? 'key';
const writtenAfterKey = (line: string): string => line.replace(/^[\s-]*[\w-]+\s*:\s*/, '').trim();
/** The value as it should stand: in single quotes, for a query is full of double ones. */
const quoted = (line: string): string => {
	const value = writtenAfterKey(line);
	return `${keyOf(line)}: ${value.includes("'") ? JSON.stringify(value) : `'${value}'`}`;
};

const hasCode =
	(...codes: readonly YAMLError['code'][]) =>
	(error: YAMLError): boolean =>
		codes.includes(error.code);

/** The usual slips, each with the way out. The first that fits is said; the rest keep the parser's own words. */
const rules: readonly Rule[] = [
	{
		when: (_, line) => /:\s*>=?\s*[-+.\d]/.test(line),
		say: line =>
			`a value that begins with ">" must stand in quotes, for YAML reads it as the start of a text block: ${keyOf(line)}: "${writtenAfterKey(line)}".`,
	},
	{
		when: hasCode('TAB_AS_INDENT'),
		say: () => "a tab can't indent YAML. Use spaces (two a level).",
	},
	{
		when: hasCode('DUPLICATE_KEY'),
		say: line => `the key "${keyOf(line)}" stands twice in the same place; the first would be lost. Keep one.`,
	},
	{
		when: (error, line) => hasCode('BLOCK_AS_IMPLICIT_KEY')(error) && /:\s*[^\s"'|>].*:(?:\s|$)/.test(line),
		say: line =>
			`there is a second ": " in an unquoted value, which YAML reads as another key. Put the value in quotes: ${quoted(line)}, or below "${keyOf(line)}: |" as a block.`,
	},
	{
		when: hasCode('BLOCK_AS_IMPLICIT_KEY', 'MULTILINE_IMPLICIT_KEY'),
		say: () =>
			'this line and the next don\'t fit together: either a ":" is missing, or the next line is indented deeper than its neighbours.',
	},
	{
		when: hasCode('BAD_SCALAR_START'),
		say: line =>
			`an unquoted value can't begin with ${JSON.stringify(writtenAfterKey(line).slice(0, 1))}. Put it in quotes: ${quoted(line)}.`,
	},
	{
		when: (error, line) =>
			hasCode('UNEXPECTED_TOKEN', 'MISSING_CHAR')(error) && /[{[,:]\s*\$\{/.test(line) && /\{[^$]|\[/.test(line),
		say: () => `inside { } and [ ] a \${…} must stand in quotes: "\${NAME}".`,
	},
	{
		when: (error, line) => hasCode('UNEXPECTED_TOKEN')(error) && /:\s*(?:"[^"]*"|'[^']*')\s*[^\s#]/.test(line),
		say: line =>
			`there is more text behind a closing quote. Put the whole value in the other kind of quotes, or below "${keyOf(line)}: |" as a block.`,
	},
	{
		when: error => hasCode('MISSING_CHAR')(error) && /Missing closing/.test(error.message),
		say: () => 'a quote is opened and never closed.',
	},
	{
		when: error => hasCode('MISSING_CHAR')(error) && /Sequence item without/.test(error.message),
		say: () =>
			'this line belongs to no item of the list above it: begin it with "- ", or indent it like the other keys of its item.',
	},
	{
		when: hasCode('BAD_INDENT'),
		say: () => "the indentation doesn't fit: keys of one map must begin in the same column, and an open [ or { must be closed.",
	},
	{
		when: hasCode('MULTIPLE_DOCS'),
		say: () => 'a profile is one YAML document, and here begins a second one ("---"). Put it into a file of its own.',
	},
];

/**
 * Syntax faults in words. After the first the parser only guesses, so the rest of them are echoes; a key that stands twice is
 * no echo, and each is told.
 */
export function yamlFaults(source: SourceText, errors: readonly YAMLError[]): ProfileFault[] {
	const [first] = errors.filter(error => error.code !== 'DUPLICATE_KEY');
	const told = errors.filter(error => error === first || error.code === 'DUPLICATE_KEY');
	return told.map(error => {
		const [start, end] = placeOf(error, source.text);
		const line = lineAt(source.text, start);
		const rule = rules.find(({when}) => when(error, line));
		const message = rule ? rule.say(line) : `not valid YAML: ${error.message}.`;
		return faultAt(source, {start, end: Math.max(end, start + 1)}, '', message);
	});
}

/** An open quote is noticed at the end of the file; what helps is where it was opened: the last one there is. */
function placeOf({code, message, pos}: YAMLError, text: string): readonly [number, number] {
	const quote = code === 'MISSING_CHAR' ? /^Missing closing (["'])/.exec(message)?.[1] : undefined;
	const opened = quote === undefined ? -1 : text.lastIndexOf(quote, pos[0]);
	return opened === -1 ? pos : [opened, opened + 1];
}

function lineAt(text: string, offset: number): string {
	const start = text.lastIndexOf('\n', offset - 1) + 1;
	const end = text.indexOf('\n', offset);
	return text.slice(start, end === -1 ? undefined : end);
}
