import {assert} from '../base/assert.ts';
import type {Allowance} from '../core/budget.ts';
import {type ErrorClass, restClasses} from '../core/error-class.ts';
import {counterIdOf} from './requests.ts';
import {shareOf} from './schema/errors.ts';
import type {ErrorClassProfile} from './schema.ts';

export function compileErrorClass({
	name,
	code,
	codes,
	signature,
	match,
	query,
	expected,
	onSpent,
}: ErrorClassProfile): ErrorClass {
	const all = codes ?? (code === undefined ? undefined : [code]);
	return {
		name,
		...(all && {codes: all}),
		...(signature !== undefined && {signature}),
		...(match !== undefined && {match}),
		...(query !== undefined && {counterId: counterIdOf(name)}),
		expected,
		onSpent: onSpent ?? (name === restClasses.critical ? 'rollback' : 'hold'),
	};
}

export function compileAllowance(value: number | string): Allowance {
	if (typeof value === 'number') return {count: value};
	const percent = shareOf(value);
	assert(percent !== undefined, 'a loaded budget is a count or a share');
	return {percent};
}
