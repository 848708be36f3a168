import {expect, test} from 'vitest';
import {fillIn} from '../../src/hooks/burst/request.ts';
import {percentile, soFar, summarise} from '../../src/hooks/burst/summary.ts';

const options = {
	url: 'http://api.test:8080/q/{{query}}?u={{user}}',
	hosts: ['api.test:8080'],
	body: '{"query": "{{query}}", "n": {{n}}}',
};

test('what is filled in is escaped for its place', () => {
	const filled = fillIn(options, {'x-query': '{{query}}'}, {user: 'a&b', n: 3, query: 'say "hi"\r\nx: <y>/..'});
	if (!filled.ok) throw new Error(filled.error);
	expect(filled.value.url).toBe('http://api.test:8080/q/say%20%22hi%22%0D%0Ax%3A%20%3Cy%3E%2F..?u=a%26b');
	expect(JSON.parse(filled.value.body ?? '')).toEqual({query: 'say "hi"\r\nx: <y>/..', n: 3});
	expect(filled.value.headers).toEqual({'x-query': 'say "hi" x: <y>/..'});
});

test.each([
	['http://evil.test/', 'evil.test is none of the burst'],
	['http://api.test:8081/', 'api.test:8081 is none'],
	['http://api.test:8080@evil.test/', 'evil.test is none'],
	['ftp://api.test:8080/', 'is no URL'],
])('%s is not asked', (url, why) => {
	expect(fillIn({...options, url}, {}, {user: '', n: 1, query: ''})).toEqual({ok: false, error: expect.stringContaining(why)});
});

test('a template can’t leave the hosts', () => {
	const filled = fillIn({...options, url: 'http://{{query}}/'}, {}, {user: '', n: 1, query: 'evil.test/#'});
	expect(filled.ok).toBe(false);
});

test('percentiles are by nearest rank, and of answered requests only', () => {
	const hundred = Array.from({length: 100}, (_, index) => index + 1);
	expect([0.5, 0.95, 0.99, 1].map(share => percentile(hundred, share))).toEqual([50, 95, 99, 100]);
	expect(percentile([7], 0.95)).toBe(7);
	expect(percentile([], 0.5)).toBeNull();
	const outcomes = [
		{status: 200, ok: true, tookMs: 10},
		{status: 429, ok: false, tookMs: 20},
		{ok: false, tookMs: 5_000},
	];
	expect(summarise(outcomes, 4, 100)).toMatchObject({
		planned: 4,
		total: 3,
		ok: 1,
		failed: 2,
		p50Ms: 10,
		maxMs: 20,
		averageMs: 15,
		codes: {200: 1, 429: 1, error: 1},
	});
	expect(summarise([], 4, 0)).toMatchObject({successPercent: null, p50Ms: null});
});

test('a server that answers with every status there is makes no long line of the record', () => {
	const outcomes = Array.from({length: 500}, (_, index) => ({status: 100 + index, ok: false, tookMs: 1}));
	const {codes = {}} = soFar([...outcomes, {status: 599, ok: false, tookMs: 1}]);
	expect(Object.keys(codes)).toHaveLength(11);
	expect(codes).toMatchObject({599: 2, other: 490});
	expect(Object.values(codes).reduce((sum, count) => sum + count, 0)).toBe(501);
});
