import {parseDuration} from '../base/duration.ts';
import {type Bound, parseBound} from '../core/bound.ts';
import type {Plain} from './tree.ts';

/**
 * Looks into a profile that may be wrong elsewhere: what is not of the kind asked for is undefined, and somebody else has told so.
 * That is how what spans several keys is checked although a third key is misspelled: every fault at once.
 */
export type PlainMap = {readonly [key: string]: Plain};

export const mapOf = (value: Plain | undefined): PlainMap | undefined =>
	typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as PlainMap) : undefined;

export const listOf = (value: Plain | undefined): readonly Plain[] => (Array.isArray(value) ? (value as readonly Plain[]) : []);

export const textOf = (value: Plain | undefined): string | undefined => (typeof value === 'string' ? value : undefined);

export const textsOf = (value: Plain | undefined): readonly string[] => listOf(value).filter(item => typeof item === 'string');

export const numberOf = (value: Plain | undefined): number | undefined => (typeof value === 'number' ? value : undefined);

export function durationOf(value: Plain | undefined): number | undefined {
	const parsed = typeof value === 'string' ? parseDuration(value) : undefined;
	return parsed?.ok ? parsed.value : undefined;
}

export const boundOf = (value: Plain | undefined): Bound | undefined =>
	typeof value === 'string' ? parseBound(value) : undefined;
