import {createHash} from 'node:crypto';
import {readFileSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {createMask} from '../../src/base/redact.ts';
import {createOutputCleaner} from '../../src/hooks/runbook/clean-output.ts';
import {openOutputFile} from '../../src/hooks/runbook/output-file.ts';
import {type CommandRunEnd, runCommand} from '../../src/hooks/runbook/run-command.ts';
import {startTicksOf} from '../../src/journal/process-id.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {waitUntil} from '../helpers/wait.ts';

const plain = (text: string): string => text;
const secret = 'correct-horse-battery';
const mask = createMask();
mask.learn(secret);

/** What comes out of the cleaner for bytes that arrive in pieces of `size`. */
function cleaned(bytes: Buffer, size: number, redact = mask.redact): string {
	const cleaner = createOutputCleaner(redact);
	let text = '';
	for (let at = 0; at < bytes.length; at += size) text += cleaner.push(bytes.subarray(at, at + size));
	return text + cleaner.end();
}

describe('output is made fit for a file', () => {
	const hostile = [
		'\x1B[31mred\x1B[0m plain',
		'\x1B]52;c;ZXZpbA==\x07clip',
		'\x1B]0;title\x1B\\gone',
		'50 %\r60 %\rdone\r',
		'nul\0and bell\x07',
		'bidi \u202Eevil',
		'\x1BP1;2qsixel\x1B\\x',
		'wide 日本 and tab\there',
		`token ${secret} and password=hunter2`,
		'open \x1B]8;;http://evil.example',
		'last',
	].join('\n');

	test.each([1, 2, 3, 7, 64, 100_000])('whatever it is cut into: pieces of %d bytes', size => {
		const text = cleaned(Buffer.concat([Buffer.from(hostile), Buffer.from([0x0a, 0xff, 0xfe, 0x41])]), size);
		expect(text).not.toMatch(/[\x00-\x08\x0B-\x1F\x7F-\x9F\u202E]/);
		expect(text).not.toMatch(/hunter2|correct-horse/);
		expect(text.split('\n')).toEqual([
			'red plain',
			'\uFFFDclip',
			'\uFFFDgone',
			'50 %',
			'60 %',
			'done',
			'nul\uFFFDand bell\uFFFD',
			'bidi \uFFFDevil',
			'\uFFFDx',
			'wide 日本 and tab\there',
			'token ••• and password=•••',
			'open \uFFFD8;;http://evil.example',
			'last',
			'\uFFFD\uFFFDA',
			'',
		]);
	});

	test('a key in PEM is masked over its lines', () => {
		const key = `-----BEGIN RSA PRIVATE KEY-----\n${'QUJD\n'.repeat(50)}-----END RSA PRIVATE KEY-----\n`;
		const text = cleaned(Buffer.from(`before\n${key}after\n`), 33);
		expect(text).toBe('before\n•••\nafter\n');
	});

	test('one line without an end is broken, never through a secret', () => {
		const piece = `${'x'.repeat(900)} ${secret} `;
		const text = cleaned(Buffer.from(piece.repeat(400)), 8_192);
		expect(text).not.toMatch(/horse/);
		expect(text.match(/•••/g)).toHaveLength(400);
		expect(Math.max(...text.split('\n').map(line => line.length))).toBeLessThanOrEqual(64 * 1024);
	});

	test.each([
		['noughts', Buffer.alloc(4_000_000)],
		['letters', Buffer.alloc(4_000_000, 'a')],
		['open sequences', Buffer.from('\x1B]'.repeat(2_000_000))],
		['emoji', Buffer.from('😀'.repeat(1_000_000))],
	])('4 MB of %s in one line take no more than seconds', (_, bytes) => {
		const started = process.threadCpuUsage();
		const text = cleaned(bytes, 65_536);
		const {user, system} = process.threadCpuUsage(started);
		expect((user + system) / 1_000).toBeLessThan(4_000);
		expect(text).not.toMatch(/[\x00-\x08\x1B]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])/);
	});
});

const folder = createTempFolder('runbook');
let files = 0;

async function run(
	argv: readonly string[],
	over: {
		timeoutMs?: number;
		maxBytes?: number;
		stop?: AbortSignal;
		env?: Record<string, string>;
		graceMs?: number;
		onStart?: (pid: number) => void;
	} = {},
) {
	const {
		timeoutMs = 20_000,
		maxBytes = 1_000_000,
		stop = new AbortController().signal,
		env = {},
		onStart = () => {},
		graceMs = 500,
	} = over;
	const path = join(folder.path, 'under', `${++files}.txt`);
	const opened = await openOutputFile(path, maxBytes);
	if (!opened.ok) throw new Error(opened.error);
	const output = opened.value;
	const end: CommandRunEnd = await runCommand(
		{argv, cwd: folder.path, env, timeoutMs, redact: plain, output, onStart, graceMs},
		stop,
	);
	const file = await output.close();
	const bytes = readFileSync(path);
	expect(file).toMatchObject({bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex')});
	expect(statSync(path).mode & 0o777).toBe(0o600);
	return {end, file, text: bytes.toString('utf8')};
}

const sh = (script: string): string[] => ['/bin/sh', '-c', script];

describe('a command is run', () => {
	test('without a shell, each argument as it is, with both streams kept', async () => {
		const {end, text} = await run(['/usr/bin/printf', '%s\n', 'a b', '$(id)', '"; rm -rf /']);
		expect([end, text]).toEqual([{kind: 'exited', code: 0}, 'a b\n$(id)\n"; rm -rf /\n']);
		const both = await run(sh('echo out; echo told >&2; exit 3'));
		expect(both.end).toEqual({kind: 'exited', code: 3});
		expect(both.text.split('\n').sort()).toEqual(['', 'out', 'told']);
	});

	test('at low priority, with its own environment beside ours', async () => {
		const {text} = await run(sh("echo $WHO $TERM; awk '{print $19}' /proc/$$/stat"), {env: {WHO: 'ana'}});
		expect(text).toBe('ana dumb\n19\n');
	});

	test('one that is not there, and one that was killed, say so', async () => {
		expect((await run(['nonesuch-tool'])).end).toMatchObject({
			kind: 'not-started',
			message: expect.stringContaining('nonesuch-tool'),
		});
		expect((await run(['printf', 'a\0b'])).end).toMatchObject({kind: 'not-started'});
		expect((await run(sh('kill -9 $$'))).end).toEqual({kind: 'killed', signal: 'SIGKILL'});
	});

	const alive = (pid: number): boolean => startTicksOf(pid) !== undefined;

	test('its time over, the whole group is ended, also what will not hear of it', async () => {
		const script = 'trap "" TERM; (trap "" TERM; sleep 300) & echo child $!; echo more; wait; sleep 300';
		const {end, text} = await run(sh(script), {timeoutMs: 500});
		expect(end).toEqual({kind: 'timed-out'});
		const child = Number(/child (\d+)/.exec(text)?.[1]);
		await waitUntil('its child is dead', () => !alive(child));
	});

	test('one that ends when it is told to may say so', async () => {
		const {end, text} = await run(sh('trap "echo cleaned up; exit 0" TERM; echo up; while :; do sleep 0.1; done 2>/dev/null'), {
			timeoutMs: 600,
			graceMs: 10_000,
		});
		expect([end, text]).toEqual([{kind: 'timed-out'}, expect.stringMatching(/^up\n(Terminated\n)?cleaned up\n$/)]);
	});

	test('what it leaves running is ended with it', async () => {
		const {end, text} = await run(sh('sleep 300 & echo child $!'));
		expect(end).toEqual({kind: 'exited', code: 0});
		await waitUntil('its child is dead', () => !alive(Number(/child (\d+)/.exec(text)?.[1])));
	});

	test('called off it is over within a second or two', async () => {
		const stop = new AbortController();
		const startMs = performance.now();
		const {end} = await run(sh('trap "" TERM; sleep 300'), {
			stop: stop.signal,
			onStart: () => setTimeout(() => stop.abort(), 200),
		});
		expect(end).toEqual({kind: 'stopped'});
		expect(performance.now() - startMs).toBeLessThan(10_000);
		expect((await run(['true'], {stop: AbortSignal.abort()})).end).toEqual({kind: 'stopped'});
	});

	test('however much it prints, the file is bounded, and the program comes to its end', async () => {
		const {end, file, text} = await run(sh('head -c 30000000 /dev/zero | tr "\\0" x; echo; echo done >&2'), {maxBytes: 10_000});
		expect(end).toEqual({kind: 'exited', code: 0});
		expect(file).toMatchObject({truncated: true});
		expect(text.length).toBeLessThan(10_100);
		expect(text).toMatch(/x{9000}x*\n\[cut here: \d{8} more bytes came, and are not kept\]\n$/);
	});

	test('one that prints without end leaves most of the time to others', async () => {
		const started = process.threadCpuUsage();
		const {end} = await run(sh('yes "a line of text"'), {timeoutMs: 1_500, maxBytes: 1_000_000});
		const {user, system} = process.threadCpuUsage(started);
		expect(end).toEqual({kind: 'timed-out'});
		expect((user + system) / 1_000).toBeLessThan(1_000);
	});
});

test('a file that can’t be made is told, and one whose disk is full takes no more', async () => {
	expect(await openOutputFile('/dev/null/x.txt', 1_000)).toMatchObject({ok: false, error: expect.stringContaining('/dev/null')});
	const full = await openOutputFile('/dev/full', 1_000);
	if (!full.ok) throw new Error(full.error);
	await full.value.write('text\n');
	expect(full.value.isFull).toBe(true);
	expect(await full.value.close()).toMatchObject({bytes: 0, truncated: false, trouble: expect.stringContaining('ENOSPC')});
});
