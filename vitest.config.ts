import {defineConfig} from 'vitest/config';

const isCi = process.env['CI'] !== undefined;
/** In CI a test that fails gets a second try, which the report names: the machines are shared, and hold a process up for seconds. */
const retry = isCi ? 1 : 0;

/** Files of `test/real` that wait for conditions most of their time and measure none: two of them at a time leave neither hungry. */
const patient = [
	'alertmanager-in',
	'budgets',
	'cloud-routers',
	'command-line',
	'evidence',
	'first-canary',
	'gradual',
	'instance',
	'last-way-out',
	'picker',
	'preflight',
	'preflight-postgres',
	'prometheus-source-secured',
	'record',
	'redaction',
	'replay',
	'report',
	'runbook',
	'scrape-check',
	'series',
	'sessions',
	'split',
].map(name => `test/real/${name}.test.ts`);

const real = {retry, testTimeout: 120_000, hookTimeout: 60_000, maxConcurrency: 2};

/**
 * `unit` is quick and parallel; `real` starts real servers and the built program, one file at a time, because the machines it runs on
 * have two cores and a starved server looks like a bug. In CI the patient ones among them are a project of their own, two at a time.
 */
export default defineConfig({
	test: {
		projects: [
			{test: {name: 'unit', retry, include: ['test/**/*.test.{ts,tsx}'], exclude: ['test/real/**'], testTimeout: 20_000}},
			{
				test: {
					...real,
					name: 'real',
					include: ['test/real/**/*.test.ts'],
					exclude: isCi ? patient : [],
					fileParallelism: false,
				},
			},
			...(isCi ? [{test: {...real, name: 'real-patient', include: patient, maxWorkers: 2, sequence: {groupOrder: 1}}}] : []),
		],
	},
});
