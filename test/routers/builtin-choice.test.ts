import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {BuiltinOptions} from '../../src/core/router-options.ts';
import {openBuiltin} from '../../src/routers/builtin.ts';
import {createPoints, createSideChoice, pointOf, sideOfPoint} from '../../src/routers/builtin-choice.ts';
import {parseHostPort, weightThatChangesNothing} from '../../src/routers/builtin-config.ts';
import {createChooser} from '../../src/routers/builtin-side.ts';

const canaries = (choose: (percent: number) => string, percent: number, count: number): number =>
	Array.from({length: count}, () => choose(percent)).filter(side => side === 'candidate').length;

describe('the choice of a side', () => {
	test('any run of requests has the candidate share to within one request', () => {
		fc.assert(
			fc.property(
				fc.double({min: 0, max: 100, noNaN: true}),
				fc.nat(300),
				fc.integer({min: 1, max: 300}),
				(percent, before, count) => {
					const choose = createSideChoice();
					canaries(choose, percent, before);
					expect(Math.abs(canaries(choose, percent, count) - (count * percent) / 100)).toBeLessThan(1 + 1e-6);
				},
			),
		);
	});

	test('over any changes of weight the candidate gets what the weights add up to, to within one request', () => {
		const weights = fc.array(fc.integer({min: 1, max: 99}), {minLength: 1, maxLength: 200});
		fc.assert(
			fc.property(weights, percents => {
				const choose = createSideChoice();
				const got = percents.filter(percent => choose(percent) === 'candidate').length;
				expect(Math.abs(got - percents.reduce((sum, percent) => sum + percent / 100, 0))).toBeLessThan(1);
			}),
		);
	});

	test('0 gives the candidate nothing and 100 everything, whatever came before', () => {
		fc.assert(
			fc.property(fc.array(fc.integer({min: 0, max: 100}), {maxLength: 50}), percents => {
				const choose = createSideChoice();
				for (const percent of percents) choose(percent);
				expect([canaries(choose, 0, 20), canaries(choose, 100, 20)]).toEqual([0, 20]);
			}),
		);
	});

	test('new clients are spread evenly at every count', () => {
		const next = createPoints();
		const points = Array.from({length: 200}, next);
		for (const count of [20, 50, 100, 200]) {
			const below = points.slice(0, count).filter(point => sideOfPoint(point, 25) === 'candidate').length;
			expect(Math.abs(below - count / 4)).toBeLessThanOrEqual(2);
		}
	});

	test('the same text has the same place, and places are spread', () => {
		expect(pointOf('ana')).toBe(pointOf('ana'));
		const points = Array.from({length: 2_000}, (_, index) => pointOf(`user-${index}`));
		expect(points.filter(point => point < 25).length / 2_000).toBeCloseTo(0.25, 1);
	});
});

describe('stickiness', () => {
	const targets = {baseline: ['http://b1', 'http://b2'], candidate: ['http://c']};

	test('servers of a side take turns', () => {
		const choose = createChooser();
		expect(Array.from({length: 4}, () => choose({}, targets, 0).target)).toEqual([
			'http://b1',
			'http://b2',
			'http://b1',
			'http://b2',
		]);
	});

	test('without the header each request is shared out by itself', () => {
		const choose = createChooser();
		const sides = Array.from({length: 20}, () => choose({}, {...targets, sticky: {header: 'X-User'}}, 50).side);
		expect(sides.filter(side => side === 'candidate')).toHaveLength(10);
	});

	test('a cookie of another name, or an odd one, is no trouble', () => {
		const choose = createChooser();
		const sticky = {cookie: 'side'};
		const headers = (cookie: string) => ({cookie});
		expect(choose(headers('outside=1; a=b'), {...targets, sticky}, 50).setCookie).toMatch(/^side=\d+(\.\d+)?; Path=\/; /);
		for (const value of ['', '%%%', '100', '1e9', '-1', '"7"', '99.99999']) {
			expect(choose(headers(`side=${value}`), {...targets, sticky}, 50)).not.toHaveProperty('setCookie');
		}
		expect(choose(headers('side="7"'), {...targets, sticky}, 8).side).toBe('candidate');
		expect(choose(headers('side=7'), {...targets, sticky}, 6).side).toBe('baseline');
	});
});

describe('options of the builtin router', () => {
	const good: BuiltinOptions = {
		kind: 'builtin',
		listen: '127.0.0.1:8080',
		baseline: ['http://127.0.0.1:3000'],
		candidate: ['http://127.0.0.1:3001/app'],
		controlSocket: '/run/user/1000/proxy.sock',
		endWithSession: false,
		timeoutMs: 1_000,
	};

	test('good ones open without anything being started', () => {
		expect(openBuiltin(good)).toMatchObject({ok: true, value: {target: 'builtin 127.0.0.1:8080'}});
	});

	test.each([
		['no port', {listen: 'localhost'}, '“localhost” is no address to listen on'],
		['port 0', {listen: '127.0.0.1:0'}, 'no address to listen on'],
		['no server', {candidate: []}, 'needs a server on each side'],
		['a server on both sides', {candidate: ['http://127.0.0.1:3000/']}, 'stands on both sides'],
		['no URL', {baseline: ['127.0.0.1:3000']}, 'is no http or https URL'],
		['another protocol', {baseline: ['ftp://a']}, 'is no http or https URL'],
		['a query', {baseline: ['http://a/?b=c']}, 'ends with its path'],
		['a relative socket', {controlSocket: 'proxy.sock'}, 'no absolute path'],
		['a long socket', {controlSocket: `/${'x'.repeat(120)}`}, 'the kernel takes 107'],
		['the metrics page on the service', {metricsListen: '127.0.0.1:8080'}, "can't stand on the service's own address"],
		['an odd cookie', {sticky: {cookie: 'a b'}}, "can't be the name"],
	])('%s is refused with a sentence', (_, change, sentence) => {
		const opened = openBuiltin({...good, ...change});
		expect(opened).toMatchObject({ok: false, error: {kind: 'bad-options'}});
		if (!opened.ok) expect(opened.error.message).toContain(sentence);
	});

	test('a secret in a URL is refused without being repeated', () => {
		const opened = openBuiltin({...good, baseline: ['http://ana:hunter2@a']});
		expect(opened).toMatchObject({ok: false, error: {kind: 'bad-options'}});
		expect(JSON.stringify(opened)).not.toContain('hunter2');
	});

	test('addresses are read as they are written', () => {
		expect(parseHostPort('[::1]:80')).toEqual({host: '::1', port: 80});
		expect(parseHostPort('localhost:65535')).toEqual({host: 'localhost', port: 65_535});
		expect(['::1:80', '[x]:80', 'a:65536', 'a b:80', ':80'].map(parseHostPort)).toEqual(Array.from({length: 5}, () => undefined));
	});
});

describe('new servers for a proxy that runs', () => {
	const now = {baseline: ['http://a'], candidate: ['http://b']};
	const next = (baseline: string, candidate: string) => ({baseline: [baseline], candidate: [candidate]});

	test.each([
		[0, next('http://a/', 'http://c'), 0],
		[100, next('http://b', 'http://c'), 0],
		[100, next('http://a', 'http://b'), 100],
		[100, next('http://c', 'http://b'), 100],
		[40, next('http://a', 'http://b'), 40],
		[40, next('http://a', 'http://c'), undefined],
		[100, next('http://a', 'http://c'), undefined],
	])('at %s percent, %j leaves every request where it is under weight %s', (weightPercent, targets, expected) => {
		expect(weightThatChangesNothing({...now, weightPercent}, targets)).toBe(expected);
	});
});
