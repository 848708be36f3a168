import {Random} from './random-query.ts';

export type OddPage = {readonly format: 'text' | 'openmetrics'; readonly bytes: Uint8Array};

/** Lines that stand at an edge of the formats: some are taken, some refuse the whole page. */
const oddLines: readonly string[] = [
	'a{} 1',
	'a{b="c",} 1',
	'a{b="c",,} 1',
	'a{,} 1',
	'a{b="c" d="e"} 1',
	'a { b = "c" } 1',
	'a{b="c",b="d"} 1',
	'a{b="c",b=""} 1',
	'a{b=""} 1',
	'a{b="c\nd"} 1',
	'a{b="c\\\nd"} 1',
	'a{b="\\x\\"\\\\\\n"} 1',
	'a{b="c}',
	'a{b=c} 1',
	'a{__name__="b"} 1',
	'a{a:b="c"} 1',
	'{} 1',
	'{b="c"} 1',
	'1a 1',
	'a-b 1',
	'a:b 1',
	'a',
	'a ',
	'a\t1',
	'a  1  ',
	'a 1 # note',
	'a 1 5',
	'a 1 -5',
	'a 1 +5',
	'a 1 1.5',
	'a 1 5 6',
	'a 1 9223372036854775807',
	'a 1 9223372036854775808',
	'a 1e400',
	'a -1e400',
	'a 1e-400',
	'a 1_0',
	'a 0x10',
	'a .5',
	'a 5.',
	'a .',
	'a 1e',
	'a 1e5',
	'a 1E+05',
	'a ++1',
	'a +Inf',
	'a infinity',
	'a INFINITY',
	'a -inf',
	'a nAn',
	'a +nan',
	'a 00012',
	'a 123456789012345678901234567890',
	'a 0.1234567890123456789',
	'a 4.9e-324',
	'a 1.7976931348623157e308',
	' a 1',
	'\ta 1',
	'# HELP a x',
	'# HELP a',
	'# HELP',
	'# HELP 1a x',
	'# HELP a x\\y\\n',
	'# TYPE a counter',
	'# TYPE a counter ',
	'# TYPE a  counter',
	'# TYPE a foo',
	'# TYPE a',
	'# TYPE a untyped',
	'# TYPE a unknown',
	'# TYPE a stateset',
	'# UNIT a seconds',
	'# UNIT a_seconds seconds',
	'#TYPE a foo',
	'# TYPES a foo',
	'# note',
	'#',
	'# ',
	'',
	'  ',
	'a 1\r',
	'# EOF',
	'#EOF',
	'a_total 1 # {b="c"} 1',
	'a_total 1 # {b="c"} 1 5.5',
	'a_total 1 # {} 1',
	'a_total 1 # {b="c"}',
	'a_total 1 5 # {b="c"} 1',
	'a_sum 1 # {b="c"} 1',
	'a 1 NaN',
	'a 1 Inf',
	'a 1 1e3',
];

const plain = ['# HELP ok_total Fine.', '# TYPE ok_total counter', 'ok_total{x="1"} 17', 'ok_total{x="2"} 2.5e3', 'level -4.25'];

/** Pages that hold an odd line each, in either format, and pages with a few bytes of a good one changed. */
export function oddPages(seed: number, mutants: number): OddPage[] {
	const random = new Random(seed);
	const encoder = new TextEncoder();
	const page = (format: OddPage['format'], lines: readonly string[]): OddPage => ({
		format,
		bytes: encoder.encode(`${[...lines, ...(format === 'openmetrics' ? ['# EOF'] : [])].join('\n')}\n`),
	});
	const formats = ['text', 'openmetrics'] as const;
	const odd = formats.flatMap(format => oddLines.map(line => page(format, [...plain, line, 'last 1'])));
	const mutated = Array.from({length: mutants}, (_, i): OddPage => {
		const {format, bytes} = page(formats[i % 2] as OddPage['format'], [...plain, 'b{le="0.5",c="d\\n"} 3 1700000000']);
		const copy = [...bytes];
		for (let change = 0; change <= i % 3; change++) {
			const at = Math.floor(random.next() * copy.length);
			const insert = random.pick([[], [32], [10], [34], [123], [125], [44], [61], [92], [35], [49], [101], [255], [195, 164]]);
			copy.splice(at, Math.floor(random.next() * 3), ...insert);
		}
		return {format, bytes: Uint8Array.from(copy)};
	});
	return [...odd, ...mutated];
}
