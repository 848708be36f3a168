import type {RE2JS} from 're2js';
import type {TailFields} from '../../core/tail-options.ts';
import {canonicalLevel, levelInProse, looksLikeCrash} from './levels.ts';
import {parseLogfmt} from './logfmt.ts';

export type ParsedLine = {
	/** Canonical (see levels.ts); empty when the line has none. */
	readonly level: string;
	readonly code: string;
	readonly message: string;
	/** As it stands in the line; empty when the line has none. */
	readonly time: string;
};

export type ParseLine = (line: string) => ParsedLine;

/** A format whose pattern is compiled. */
export type CompiledFormat =
	| {readonly kind: 'json' | 'logfmt'; readonly fields: TailFields}
	| {readonly kind: 'plain'; readonly pattern?: RE2JS};

const codeUnitsMax = 64;

export function compileParser(format: CompiledFormat): ParseLine {
	switch (format.kind) {
		case 'json':
			return line => parseJson(line, format.fields);
		case 'logfmt':
			return line => parseKeys(line, format.fields);
		case 'plain':
			return format.pattern ? patternParser(format.pattern) : parsePlain;
	}
}

/** No format: the line is the message, its level is the one it plainly names. */
export const parsePlain = (line: string): ParsedLine => ({level: levelInProse(line), code: '', message: line, time: ''});

/** In a log of a format, a line that is not of it: plain words, most often of a runtime that dies. */
function parseStray(line: string): ParsedLine {
	const plain = parsePlain(line);
	return plain.level === '' && looksLikeCrash(line) ? {...plain, level: 'error'} : plain;
}

function parseJson(line: string, fields: TailFields): ParsedLine {
	let value: unknown;
	try {
		value = JSON.parse(line);
	} catch {
		return parseStray(line);
	}
	if (typeof value !== 'object' || value === null) return parseStray(line);
	return fromFields(fields, name => textAt(value, name), line);
}

function parseKeys(line: string, fields: TailFields): ParsedLine {
	const pairs = parseLogfmt(line);
	return pairs.size === 0 ? parseStray(line) : fromFields(fields, name => pairs.get(name) ?? '', line);
}

function fromFields(fields: TailFields, read: (name: string) => string, line: string): ParsedLine {
	const first = (names: readonly string[]): string => {
		for (const name of names) {
			const text = read(name);
			if (text !== '') return text;
		}
		return '';
	};
	return {
		level: canonicalLevel(first(fields.level)),
		code: first(fields.code).slice(0, codeUnitsMax),
		message: first(fields.message) || line,
		time: first(fields.time),
	};
}

/** The text at `error.code`: an exact key wins over a step into an object. Objects are written as JSON. */
function textAt(value: object, name: string): string {
	const found = valueAt(value, name);
	if (typeof found === 'string') return found;
	if (found === undefined || found === null) return '';
	return typeof found === 'object' ? JSON.stringify(found) : String(found);
}

function valueAt(value: unknown, name: string): unknown {
	if (typeof value !== 'object' || value === null) return undefined;
	if (Object.hasOwn(value, name)) return (value as Readonly<Record<string, unknown>>)[name];
	for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
		const head = name.slice(0, dot);
		if (!Object.hasOwn(value, head)) continue;
		const found = valueAt((value as Readonly<Record<string, unknown>>)[head], name.slice(dot + 1));
		if (found !== undefined) return found;
	}
	return undefined;
}

function patternParser(pattern: RE2JS): ParseLine {
	const names = Object.keys(pattern.namedGroups());
	return line => {
		const matcher = pattern.matcher(line);
		if (!matcher.find()) return parseStray(line);
		const group = (name: string): string => (names.includes(name) ? (matcher.group(name) ?? '') : '');
		const level = names.includes('level') ? canonicalLevel(group('level')) : levelInProse(line);
		return {level, code: group('code').slice(0, codeUnitsMax), message: group('message') || line, time: group('time')};
	};
}

/** ISO 8601, or an epoch in seconds, milliseconds, microseconds or nanoseconds → milliseconds since 1970; undefined for anything else. */
export function parseLineTime(text: string): number | undefined {
	if (/^\d{9,19}(?:\.\d+)?$/.test(text)) {
		const number = Number(text);
		return number > 1e17 ? number / 1e6 : number > 1e14 ? number / 1e3 : number > 1e11 ? number : number * 1e3;
	}
	if (!/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(text)) return undefined;
	const ms = Date.parse(text.replace(' ', 'T').replace(',', '.'));
	return Number.isNaN(ms) ? undefined : ms;
}
