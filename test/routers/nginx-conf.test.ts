import {describe, expect, test} from 'vitest';
import type {NginxOptions} from '../../src/core/router-options.ts';
import {
	confTrouble,
	parseInclude,
	parseServedText,
	renderInclude,
	servedText,
	shareInFile,
} from '../../src/routers/nginx-conf.ts';
import {lintTexts} from '../../src/routers/nginx-lint.ts';

const options: NginxOptions = {
	kind: 'nginx',
	include: '/etc/nginx/canary.conf',
	upstream: 'app',
	baseline: ['10.0.0.1:80 max_fails=3', '10.0.0.2:80'],
	candidate: ['unix:/run/app.sock'],
	directives: ['keepalive 32'],
	revisionUrl: 'http://127.0.0.1/canary-revision',
	binary: 'nginx',
	timeoutMs: 5_000,
};

const split = {id: 'abc123', upstream: 'app', counts: {baseline: 2, candidate: 1}, weights: {baseline: 19, candidate: 2}};

test('the include file holds the split and the words about it', () => {
	expect(renderInclude(options, split)).toBe(
		[
			'# Written by canary whenever the split changes; what is changed by hand here is lost then.',
			'upstream app {',
			'	zone app 128k;',
			'	keepalive 32;',
			'	server 10.0.0.1:80 max_fails=3 weight=19;',
			'	server 10.0.0.2:80 weight=19;',
			'	server unix:/run/app.sock weight=2;',
			'}',
			'geo $canary_revision {',
			'	default "canary-split/1 id=abc123 upstream=app baseline=2x19 candidate=1x2";',
			'}',
			'',
		].join('\n'),
	);
});

test('a side without traffic is down, because a weight of 0 is illegal', () => {
	const text = renderInclude(options, {...split, weights: {baseline: 100, candidate: 0}});
	expect(text).toContain('server unix:/run/app.sock down;');
	expect(text).not.toContain('weight=0');
});

test('what is written is read back, from the page and from the file', () => {
	expect(parseServedText(`${servedText(split)}\n`)).toEqual(split);
	const file = parseInclude(renderInclude(options, split), 'app');
	expect(file?.revision).toBe(servedText(split));
	expect(file?.directives).toEqual(['keepalive 32']);
	expect(file && shareInFile(options, file)).toBe(5);
});

test.each(['', 'start', 'canary-split/2 id=a upstream=app baseline=1x1 candidate=1x1', 'canary-split/1 id=a', '<html>'])(
	'%j is not our words',
	words => expect(parseServedText(words)).toBeUndefined(),
);

describe('a file written by hand', () => {
	const byHand = `
		# server 1.1.1.1:80; in a comment
		upstream other { server 10.0.0.1:80 weight=7; }
		upstream app {
			least_conn;
			server 10.0.0.1:80 weight=3 max_fails=3; server 10.0.0.2:80;
			server unix:/run/app.sock weight=4 down;
		}
		geo $canary_revision { default start; }`;

	test('is understood: weights, their default, and down', () => {
		const file = parseInclude(byHand, 'app');
		expect(Object.fromEntries(file?.weights ?? [])).toEqual({'10.0.0.1:80': 3, '10.0.0.2:80': 1, 'unix:/run/app.sock': 0});
		expect(file?.revision).toBe('start');
		expect(file && shareInFile(options, file)).toBe(0);
	});

	test('that lacks one of our servers tells no split', () => {
		const file = parseInclude(byHand.replace('10.0.0.2:80', '10.0.0.3:80'), 'app');
		expect(file && shareInFile(options, file)).toBeUndefined();
	});

	test('without the upstream is nothing', () => {
		expect(parseInclude(byHand, 'shop')).toBeUndefined();
	});

	test('is linted: what the first change drops, and how it balances', () => {
		expect(lintTexts(options, byHand, undefined)).toEqual([
			'/etc/nginx/canary.conf has least_conn in upstream app, which the first change drops: name it under "directives".',
			'Upstream app balances by "least_conn": the candidate\'s share of the requests will differ from its weight.',
		]);
	});
});

test('a main configuration that says what it should is not linted', () => {
	expect(lintTexts(options, undefined, 'worker_shutdown_timeout 30s; http { proxy_next_upstream off; }')).toEqual([]);
	expect(lintTexts(options, undefined, 'http {}')).toHaveLength(2);
});

test.each([
	[{}, undefined],
	[{upstream: 'a b'}, 'no name for an upstream'],
	[{candidate: []}, 'needs a server on each side'],
	[{candidate: ['10.0.0.3:80; } server {']}, 'is no server for an upstream'],
	[{candidate: ['10.0.0.3:80 weight=5']}, 'must go without “weight=5”'],
	[{candidate: ['10.0.0.3:80 down']}, 'must go without “down”'],
	[{candidate: ['10.0.0.3:80 backup']}, 'must go without “backup”'],
	[{candidate: ['10.0.0.1:80']}, 'is named twice'],
	[{directives: ['keepalive 32;']}, "can't be one of the upstream's further directives"],
	[{directives: ['server 10.0.0.9:80']}, "can't be one of the upstream's further directives"],
	[{directives: ['}']}, "can't be one of the upstream's further directives"],
	[{directives: ['hash $cookie_user consistent']}, undefined],
])('options %j', (change, trouble) => {
	const found = confTrouble({...options, ...change});
	if (trouble === undefined) expect(found).toBeUndefined();
	else expect(found).toContain(trouble);
});
