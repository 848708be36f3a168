import fc from 'fast-check';
import {expect, test} from 'vitest';
import {codeIn, signatureOf} from '../../src/core/signature.ts';

test.each([
	['upstream timed out after 3021 ms', 'upstream timed out after # ms'],
	['upstream timed out after 3021ms', 'upstream timed out after #'],
	['retry in 1m30s', 'retry in #'],
	['rate limit for user 48213', 'rate limit for user #'],
	['rate limit for user48213', 'rate limit for user#'],
	['request 8f3a2b1c-1234-4abc-89ab-abcdefabcdef failed', 'request # failed'],
	['ulid 01ARZ3NDEKTSV4RRFFQ69G5FAV gone', 'ulid # gone'],
	['commit 5fa3bc1 and 0xdeadbeef', 'commit # and #'],
	['feedback of fabcdeab defaced', 'feedback of # defaced'],
	['session aZ09bQ1x of key abcDEF123ghi456', 'session # of key #'],
	['user "bob \\"the\\" builder" can\'t see \'db-1\' or `x`', "user # can't see # or #"],
	['mail to ana.b+c@example.co.uk bounced', 'mail to # bounced'],
	['connect 10.2.3.4:5432', 'connect #'],
	['connect fe80::1ff:fe23:4567:890a refused in std::string', 'connect # refused in std::string'],
	['at 2026-11-21T01:00:00.123Z and 2026/11/21 01:00:00,5', 'at # and # #'],
	['GET /api/v1/orders/9912?x=3', 'GET /api/v#/orders/#?x=#'],
	['ids: 1, 2, 3', 'ids: #'],
	['-5 of 1,234,567 is 12.5%', '-# of # is #%'],
	['  spaces \t and\nbreaks ', 'spaces and breaks'],
	['no numbers at all', 'no numbers at all'],
	['', ''],
])('%j has the signature %j', (message, signature) => expect(signatureOf(message)).toBe(signature));

test('lines that differ in numbers, ids and quoted strings only are one group', () => {
	const uuid = fc.uuid();
	fc.assert(
		fc.property(fc.nat(), uuid, fc.stringMatching(/^[^"\\]{0,30}$/), fc.ipV4(), (number, id, words, ip) => {
			expect(signatureOf(`order ${number} of ${id}: "${words}" from ${ip}`)).toBe('order # of #: # from #');
		}),
	);
});

test('a signature is short and takes no long time, whatever the message', () => {
	fc.assert(
		fc.property(fc.string({unit: 'binary', maxLength: 3_000}), message => {
			expect(signatureOf(message).length).toBeLessThanOrEqual(200);
		}),
	);
	for (const piece of ['a1-', '"', "'", '@', '1:', 'a', '`\\', '# ']) {
		// Time of this thread on a processor: what else the machine does is not in it.
		const started = process.threadCpuUsage();
		for (let run = 0; run < 20; run++) signatureOf(piece.repeat(50_000));
		const {user, system} = process.threadCpuUsage(started);
		expect((user + system) / 1_000, piece).toBeLessThan(500);
	}
});

test.each([
	['QUERY_TIMEOUT: deadline exceeded', 'QUERY_TIMEOUT'],
	['connect ECONNREFUSED 10.0.0.1:80', 'ECONNREFUSED'],
	['ORA-00600: internal', 'ORA-00600'],
	['the END of A LINE', ''],
	['GET /A_B/x', ''],
])('%j names the code %j', (message, code) => expect(codeIn(message)).toBe(code));
