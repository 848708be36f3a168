import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {createKeyDecoder, type Press, settleMs} from '../../src/console/key-decoder.ts';

type Arrival = {readonly chunk: string; readonly afterMs: number};

/** Feeds what arrives, with the pause that the console itself makes when something begun is left open. */
function decode(arrivals: readonly Arrival[]): Press[] {
	const decoder = createKeyDecoder();
	const presses: Press[] = [];
	let atMs = 10_000;
	for (const {chunk, afterMs} of arrivals) {
		if (decoder.isWaiting && afterMs > settleMs) presses.push(...decoder.settle(atMs + settleMs));
		atMs += afterMs;
		presses.push(...decoder.feed(chunk, atMs));
	}
	if (decoder.isWaiting) presses.push(...decoder.settle(atMs + settleMs));
	return presses;
}

/** Longer after whatever came before than any of our waits. */
const alone = (chunk: string): Arrival => ({chunk, afterMs: 1_100});
const keysOf = (presses: readonly Press[]): string[] => presses.flatMap(press => (press.type === 'key' ? [press.key] : []));
const isolatedKeys = (presses: readonly Press[]): string[] =>
	presses.flatMap(press => (press.type === 'key' && press.isolated ? [press.key] : []));

/** The text in pieces of random lengths, each after a random wait of less than `maxMs`. */
const inPieces = (text: string, maxMs: number): fc.Arbitrary<Arrival[]> =>
	fc
		.array(fc.record({length: fc.integer({min: 1, max: 6}), afterMs: fc.integer({min: 0, max: maxMs})}), {
			minLength: text.length,
			maxLength: text.length,
		})
		.map(cuts => {
			const pieces: Arrival[] = [];
			let at = 0;
			for (const {length, afterMs} of cuts) {
				if (at >= text.length) break;
				pieces.push({chunk: text.slice(at, at + length), afterMs});
				at += length;
			}
			return pieces;
		});

describe('a key by itself', () => {
	test.each([
		['r', 'r'],
		['A', 'A'],
		['é', 'é'],
		['👍', '👍'],
		['\r', 'enter'],
		['\n', 'enter'],
		['\t', 'tab'],
		['\x7F', 'backspace'],
		['\x08', 'backspace'],
		['\x03', 'ctrl-c'],
		['\x1A', 'ctrl-z'],
		['\x00', 'unknown'],
	])('%j is %s, and isolated', (chunk, key) => {
		expect(decode([alone(chunk)])).toEqual([{type: 'key', key, isolated: true}]);
	});

	test.each([
		['\x1B[A', 'up'],
		['\x1BOB', 'down'],
		['\x1B[Z', 'shift-tab'],
		['\x1B[5~', 'page-up'],
		['\x1B[1;2C', 'shift-right'],
		['\x1BOF', 'end'],
	])('%j is %s, and never isolated', (chunk, key) => {
		expect(decode([alone(chunk)])).toEqual([{type: 'key', key, isolated: false}]);
	});

	test('Escape is a key once nothing has followed it', () => {
		expect(decode([alone('\x1B')])).toEqual([{type: 'key', key: 'escape', isolated: true}]);
		expect(decode([alone('\x1B'), alone('r')])).toEqual([
			{type: 'key', key: 'escape', isolated: true},
			{type: 'key', key: 'r', isolated: true},
		]);
	});

	test('two keys a person presses one after the other are both isolated', () => {
		expect(isolatedKeys(decode([alone('r'), {chunk: 'y', afterMs: 60}]))).toEqual(['r', 'y']);
	});
});

describe('nothing that a person did not press by itself is isolated', () => {
	test('several letters in one chunk', () => {
		const presses = decode([alone('ry')]);
		expect(keysOf(presses)).toEqual(['r', 'y']);
		expect(isolatedKeys(presses)).toEqual([]);
	});

	test('after the first letter of a burst that comes byte by byte', () => {
		fc.assert(
			fc.property(inPieces('ryrypyhhaA\r', 10), arrivals => {
				expect(isolatedKeys(decode(arrivals)).length).toBeLessThanOrEqual(1);
			}),
		);
	});

	test('a letter within 50 ms of an escape sequence', () => {
		expect(isolatedKeys(decode([alone('\x1B[A'), {chunk: 'r', afterMs: 49}]))).toEqual([]);
		expect(isolatedKeys(decode([alone('\x1B[A'), {chunk: 'r', afterMs: 51}]))).toEqual(['r']);
	});

	test.each(['\x1BOR', '\x1B[13~', '\x1B[[C', '\x1BOr', '\x1BOp', '\x1BOy'])('%j, a function key, cut anywhere', sequence => {
		fc.assert(
			fc.property(inPieces(sequence, 160), arrivals => {
				// Escape, and the harmless letter that a torn sequence begins with, can't be told from a person's.
				expect(isolatedKeys(decode(arrivals)).filter(key => !['escape', 'O', '['].includes(key))).toEqual([]);
			}),
		);
	});

	test('a function key whole is no key of ours at all', () => {
		expect(decode([alone('\x1BOR'), alone('\x1B[13~'), alone('\x1B[[C'), alone('\x1Br')])).toEqual([]);
	});

	test.each([
		['a mouse report (SGR)', '\x1B[<0;33;12M\x1B[<0;33;12m'],
		['a mouse report (X10)', '\x1B[M ry'],
		['the cursor’s place', '\x1B[33;12R'],
		['device attributes', '\x1B[?64;1;2;6;9;15;22c\x1B[>41;354;0c'],
		['a colour (OSC with ST)', '\x1B]11;rgb:1616/1818/1d1d\x1B\\'],
		['a colour (OSC with BEL)', '\x1B]10;rgb:ryry/ryry/ryry\x07'],
		['a terminfo answer (DCS)', '\x1BP1+r436f=323536\x1B\\'],
		['the name of the terminal (DCS)', '\x1BP>|tmux 3.3a ryp\x1B\\'],
		['focus', '\x1B[I\x1B[O'],
		['a kitty key', '\x1B[114u\x1B[121;1u'],
	])('%s, cut anywhere', (_, answer) => {
		fc.assert(
			fc.property(inPieces(answer, 45), arrivals => {
				expect(isolatedKeys(decode(arrivals))).toEqual([]);
			}),
		);
		expect(decode([alone(answer)])).toEqual([]);
	});

	test('a paste, cut anywhere and however slow, is one paste and no key', () => {
		const text = 'ry\rpy A\x1B[A h \x1B[20';
		fc.assert(
			fc.property(inPieces(`\x1B[200~${text}\x1B[201~`, 45), arrivals => {
				expect(decode(arrivals)).toEqual([{type: 'paste', text}]);
			}),
		);
	});

	test('whatever is in the paste', () => {
		fc.assert(
			fc.property(
				fc.string({maxLength: 60}).filter(text => !text.includes('\x1B')),
				fc.array(fc.integer({min: 1, max: 9})),
				(text, lengths) => {
					let rest = `\x1B[200~${text}\x1B[201~`;
					const arrivals = [...lengths, rest.length].flatMap(length => {
						const chunk = rest.slice(0, length);
						rest = rest.slice(length);
						return chunk === '' ? [] : [{chunk, afterMs: 5}];
					});
					expect(decode(arrivals)).toEqual([{type: 'paste', text}]);
				},
			),
		);
	});

	test('any input at all, as long as it comes in one go', () => {
		const pieces = fc.constantFrom(
			'r',
			'y',
			'p',
			'\r',
			'\x1B',
			'[',
			'O',
			'R',
			'1',
			';',
			'~',
			'M',
			']',
			'\x07',
			'\x1B\\',
			'é',
			'漢',
		);
		fc.assert(
			fc.property(fc.array(pieces, {minLength: 2, maxLength: 20}), parts => {
				const text = parts.join('');
				fc.pre(text.length > 1);
				expect(isolatedKeys(decode([alone(text)])).filter(key => key !== 'escape')).toEqual([]);
			}),
		);
	});
});

describe('what never ends', () => {
	test('a paste whose end got lost lets keys through again', () => {
		const presses = decode([alone('\x1B[200~abc'), alone('r'), alone('r')]);
		expect(presses[0]).toEqual({type: 'paste', text: 'abc'});
		expect(isolatedKeys(presses)).toEqual(['r']);
	});

	test('an answer whose end got lost does, too', () => {
		expect(isolatedKeys(decode([alone('\x1B]11;rgb'), alone('r')]))).toEqual(['r']);
	});

	test('an endless sequence is dropped, and its rest is no key for half a second', () => {
		const presses = decode([alone(`\x1B]${'x'.repeat(300)}`), {chunk: 'r', afterMs: 100}, {chunk: 'r', afterMs: 600}]);
		expect(isolatedKeys(presses)).toEqual(['r']);
	});

	test('a huge paste is cut', () => {
		const [press] = decode([alone(`\x1B[200~${'a'.repeat(10_000)}\x1B[201~`)]);
		expect(press).toEqual({type: 'paste', text: 'a'.repeat(4_096)});
	});
});
