import {readdirSync, readFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {defaultSettings} from '../../src/promql/query.ts';
import {runScript, scriptSettings} from './kit/run.ts';
import {parseScript} from './kit/script.ts';

const folder = new URL('cases/', import.meta.url);

describe.each(readdirSync(folder).filter(name => name.endsWith('.test')))('%s', name => {
	const script = parseScript(readFileSync(new URL(name, folder), 'utf8'));

	test.each(runScript(script, scriptSettings).map(outcome => [outcome.line, outcome.query, outcome.failure] as const))(
		'line %i: %s',
		(_line, _query, failure) => {
			expect(failure).toBeUndefined();
		},
	);

	test('gives the same with names dropped at once, but for names in warnings', () => {
		const failures = runScript(script, defaultSettings)
			.filter(({failure}) => failure !== undefined)
			.filter(({failure}) => !failure?.includes('for metric name'));
		expect(failures).toEqual([]);
	});
});
