import {expect, test} from 'vitest';
import {differencesOf, type Pair} from './scrape-compare-kit.ts';

const pairs = (left: string, right: string): Map<string, Pair[]> =>
	new Map([['g', [...left].map((verdict, tick) => ({tick, phase: 'p', left: verdict, right: right[tick] ?? ''}))]]);

test('a change that one side sees a little later is lag; one that it never sees is not explained', () => {
	expect(differencesOf(pairs('aabbb', 'aaabb'), 2)).toMatchObject([{tick: 2, left: 'b', right: 'a', why: 'lag'}]);
	expect(differencesOf(pairs('aabbbbb', 'aaaaaab'), 2).map(({why}) => why)).toEqual(Array(4).fill('unexplained'));
	expect(differencesOf(pairs('abaaa', 'aaaaa'), 2)).toMatchObject([{tick: 1, why: 'unexplained'}]);
	expect(differencesOf(pairs('ab', 'ab'), 2)).toEqual([]);
});
