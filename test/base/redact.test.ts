import fc from 'fast-check';
import {RE2JS} from 're2js';
import {expect, test} from 'vitest';
import {createRedactor, redact} from '../../src/base/redact.ts';

test.each([
	['Authorization: Bearer abc.def-ghi', 'Authorization: •••'],
	['authorization: Basic dXNlcjpwYXNz, host: a', 'authorization: •••, host: a'],
	['Authorization: Digest username="bob", response="6629"', 'Authorization: •••'],
	['{"authorization":"Bearer abcdef","a":1}', '{"authorization":"•••","a":1}'],
	['Cookie: sid=12; theme=dark', 'Cookie: •••'],
	['sent bearer eyJhbGciOi.xyz to it', 'sent bearer ••• to it'],
	['postgres://app:pa:ss@w0rd@db:5432/x', 'postgres://app:•••@db:5432/x'],
	['redis://:hunter2@cache', 'redis://:•••@cache'],
	['https://example.com:8443/a@b', 'https://example.com:8443/a@b'],
	['password=hunter2', 'password=•••'],
	['DB_PASSWORD: hunter2 next', 'DB_PASSWORD: ••• next'],
	['dbPassword=a,b;c user=x', 'dbPassword=••• user=x'],
	['password=abc,user=bob', 'password=•••,user=bob'],
	['{"apiKey": "k\\"1", "b": 2}', '{"apiKey": "•••", "b": 2}'],
	['{\\"secret\\":\\"abc\\",\\"b\\":1}', '{\\"secret\\":\\"•••\\",\\"b\\":1}'],
	["{'token': 'abc'}", "{'token': '•••'}"],
	['GET /x?access_token=abc&y=1', 'GET /x?access_token=•••&y=1'],
	['X-Api-Key: abc-def', 'X-Api-Key: •••'],
	['client_secret => "abc"', 'client_secret => "•••"'],
	['password="unterminated', 'password="•••'],
	['got ghp_abcdefghijklmnopqrstuvwx from git', 'got ••• from git'],
	['key AKIAABCDEFGHIJKLMNOP used', 'key ••• used'],
	['jwt eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM.SflKxwRJSMeKKF2Q bad', 'jwt ••• bad'],
	['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- x', '••• x'],
])('%s → %s', (text, shown) => expect(redact(text)).toBe(shown));

test.each([
	'max_tokens=512 prompt_tokens: 30',
	'compass: north',
	'upstream timed out after 30 ms',
	'the password was wrong',
	'key=value monkey: 3',
	'http://localhost:9090/metrics',
])('leaves %s alone', text => expect(redact(text)).toBe(text));

test('known secrets go wherever they stand, also percent-encoded or escaped in JSON', () => {
	const hide = createRedactor({literals: ['s3cr"t/x', 'longer s3cr"t/x ok', '\n', 'abc']});
	expect(hide('a s3cr"t/x b s3cr%22t%2Fx c s3cr\\"t/x')).toBe('a ••• b ••• c •••');
	expect(hide('longer s3cr"t/x ok')).toBe('•••');
	expect(hide('abc abcd')).toBe('••• abcd');
});

test('given patterns replace what they match', () => {
	const hide = createRedactor({patterns: [RE2JS.compile('cust-\\d+')]});
	expect(hide('order of cust-1234 failed')).toBe('order of ••• failed');
});

test('a secret after any key never survives', () => {
	const secret = fc.stringMatching(/^[A-Za-z0-9!#$%*.,;)]{8,20}$/).map(tail => `Zq${tail}`);
	const form = fc.constantFrom(
		(s: string) => `password=${s}`,
		(s: string) => `{"token":"${s}"}`,
		(s: string) => `api-key: ${s}`,
		(s: string) => `Authorization: Bearer ${s}`,
		(s: string) => `x://u:${s}@h`,
	);
	fc.assert(
		fc.property(secret, form, (value, write) => {
			expect(redact(write(value))).not.toContain(value.slice(0, 6));
		}),
	);
});

test('takes time in proportion to a hostile text', () => {
	for (const piece of [
		'token',
		'password="',
		'a_',
		'://a:',
		'authorization',
		'\\"',
		'bearer ',
		'-----BEGIN PRIVATE KEY-----',
		'eyJ',
		'secret=,',
	]) {
		const startMs = performance.now();
		redact(piece.repeat(Math.ceil(16_000 / piece.length)));
		expect(performance.now() - startMs, piece).toBeLessThan(500);
	}
});
