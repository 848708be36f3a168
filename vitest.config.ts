import {defineConfig} from 'vitest/config';

/**
 * Two projects: `unit` is quick and parallel; `real` starts real servers and the built program, one file at a time, because the
 * machines it runs on have two cores and a starved server looks like a bug. In CI a test that fails gets a second try, which the
 * report names: the machines are shared, and hold a process up for seconds.
 */
const retry = process.env['CI'] === undefined ? 0 : 1;

export default defineConfig({
	test: {
		projects: [
			{test: {name: 'unit', retry, include: ['test/**/*.test.{ts,tsx}'], exclude: ['test/real/**'], testTimeout: 20_000}},
			{
				test: {
					name: 'real',
					retry,
					include: ['test/real/**/*.test.ts'],
					testTimeout: 120_000,
					hookTimeout: 60_000,
					fileParallelism: false,
					maxConcurrency: 2,
				},
			},
		],
	},
});
