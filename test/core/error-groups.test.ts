import fc from 'fast-check';
import {expect, test} from 'vitest';
import {createErrorCollector, type ErrorLine, otherSignature} from '../../src/core/error-groups.ts';

const line = (signature: string, over: Partial<ErrorLine> = {}): ErrorLine => ({
	...{signature, code: '', level: 'error', side: 'candidate', message: signature, raw: `raw ${signature}`},
	...over,
});
const same = (text: string): string => text;

test('lines of one signature, code and side are one group with the newest as its sample', () => {
	const collector = createErrorCollector();
	collector.add(line('a', {raw: 'first'}));
	collector.add(line('a', {raw: 'second'}));
	collector.add(line('a', {code: 'X'}));
	collector.add(line('a', {side: 'baseline'}));
	expect(collector.take(same)).toEqual([
		{signature: 'a', code: '', level: 'error', side: 'candidate', count: 2, sample: 'second'},
		{signature: 'a', code: 'X', level: 'error', side: 'candidate', count: 1, sample: 'raw a'},
		{signature: 'a', code: '', level: 'error', side: 'baseline', count: 1, sample: 'raw a'},
	]);
	expect(collector.take(same)).toEqual([]);
});

test('everything that is shown has been cleaned', () => {
	const collector = createErrorCollector();
	collector.add(line('sig', {message: 'login with hunter2', code: 'code', level: 'level', raw: 'raw'}));
	expect(collector.take(text => `<${text.replace('hunter2', '•••')}>`)).toEqual([
		{signature: '<login with •••>', code: '<code>', level: '<level>', side: 'candidate', count: 1, sample: '<raw>'},
	]);
});

test('a log without signatures adds few new groups a batch, the rest is summed up', () => {
	const collector = createErrorCollector({batchGroupsMax: 5, batchNewMax: 2, knownMax: 10});
	for (const name of ['a', 'b', 'c', 'd', 'a']) collector.add(line(name));
	expect(collector.take(same).map(group => [group.signature, group.count])).toEqual([
		['a', 2],
		['b', 1],
		[otherSignature, 2],
	]);
	expect(collector.counts()).toEqual({known: 2, forgotten: 0, other: 2});
});

test('what was seen before needs no room among the new', () => {
	const collector = createErrorCollector({batchGroupsMax: 5, batchNewMax: 1, knownMax: 10});
	collector.add(line('a'));
	collector.take(same);
	collector.add(line('b'));
	collector.add(line('a'));
	expect(collector.take(same).map(group => group.signature)).toEqual(['b', 'a']);
});

test('the least recently seen signature is forgotten first', () => {
	const collector = createErrorCollector({batchGroupsMax: 5, batchNewMax: 5, knownMax: 2});
	for (const name of ['a', 'b', 'a', 'c']) collector.add(line(name));
	expect(collector.counts()).toEqual({known: 2, forgotten: 1, other: 0});
	collector.take(same);
	const strict = createErrorCollector({batchGroupsMax: 5, batchNewMax: 1, knownMax: 2});
	for (const name of ['a', 'b', 'a', 'c']) {
		strict.add(line(name));
		strict.take(same);
	}
	strict.add(line('new'));
	strict.add(line('b'));
	expect(strict.take(same).map(group => group.signature)).toEqual(['new', otherSignature]);
});

test('no line is lost and no limit passed, whatever comes', () => {
	fc.assert(
		fc.property(fc.array(fc.array(fc.integer({min: 0, max: 40}), {maxLength: 60}), {maxLength: 8}), batches => {
			const collector = createErrorCollector({batchGroupsMax: 6, batchNewMax: 3, knownMax: 8});
			for (const batch of batches) {
				for (const name of batch) collector.add(line(`s${name}`));
				const groups = collector.take(same);
				expect(groups.reduce((sum, group) => sum + group.count, 0)).toBe(batch.length);
				expect(groups.length).toBeLessThanOrEqual(7);
				expect(collector.counts().known).toBeLessThanOrEqual(8);
			}
		}),
	);
});
