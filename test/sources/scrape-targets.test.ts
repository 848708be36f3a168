import {expect, test} from 'vitest';
import {pageTargets, withTarget} from '../../src/sources/scrape-targets.ts';
import {labels, target} from './scrape-kit.ts';

const instances = (...options: Parameters<typeof pageTargets>[0]): string[] => {
	const targets = pageTargets(options);
	if (!targets.ok) throw new Error(targets.error.message);
	return targets.value.map(({instance}) => instance);
};

const refused = (...options: Parameters<typeof pageTargets>[0]) => {
	const targets = pageTargets(options);
	return targets.ok ? undefined : targets.error;
};

test('the instance is host and port, and what the profile says where it says so', () => {
	expect(instances(target('http://10.0.0.1:3001/metrics'))).toEqual(['10.0.0.1:3001']);
	expect(instances(target('http://10.0.0.1:3001/metrics', {instance: 'canary'}))).toEqual(['canary']);
});

test('two pages of one process are two instances: the path tells them apart', () => {
	const pages = target('', {urls: ['http://h:1/metrics/memory', 'http://h:1/metrics/sse?all=1']});
	expect(instances(pages)).toEqual(['h:1/metrics/memory', 'h:1/metrics/sse?all=1']);
});

test('pages of different jobs keep the short instance, as they do with a server', () => {
	expect(instances(target('http://h:1/a', {job: 'a'}), target('http://h:1/b', {job: 'b'}))).toEqual(['h:1', 'h:1']);
});

test('two pages that nothing tells apart are refused by name', () => {
	const error = refused(target('http://h:1/a', {instance: 'i'}), target('http://h:1/b', {instance: 'i'}));
	expect(error?.message).toBe('The pages h:1/a and h:1/b have the same job "service" and instance "i".');
	expect(error?.remedy).toMatch(/another job or instance/);
	expect(refused(target('http://h:1/a'), target('http://h:1/a'))?.message).toMatch(/the same job/);
});

test.each([
	['h:1/metrics', /protocol h, not http or https/],
	['metrics', /is no URL/],
	['ftp://h/metrics', /protocol ftp/],
	['http://ana:secret@h/metrics', /has a user or a password/],
])('the url %s is refused', (url, message) => {
	const error = refused(target(url));
	expect(error?.message).toMatch(message);
	expect(error?.message).not.toMatch(/secret/);
});

test('no page, and more pages than a session should scrape, are refused', () => {
	expect(refused()?.message).toBe('There is no page to scrape.');
	expect(refused(target('', {urls: Array.from({length: 101}, (_, n) => `http://h:${n + 1}/`)}))?.message).toMatch(
		/101 pages.*more than 100/,
	);
});

test('a label that page and target both have is kept as exported_…, as Prometheus keeps it', () => {
	const own = labels('{job="service",instance="h:1",version="canary"}');
	expect(withTarget(labels('x{code="200"}'), own).toString()).toBe(
		'x{code="200", instance="h:1", job="service", version="canary"}',
	);
	expect(withTarget(labels('x{job="inner"}'), own).get('exported_job')).toBe('inner');
	expect(withTarget(labels('x{job="inner",exported_job="older"}'), own).toObject()).toMatchObject({
		job: 'service',
		exported_job: 'older',
		exported_exported_job: 'inner',
	});
});
