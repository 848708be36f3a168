import {chmodSync, existsSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import type {Result} from '../../src/base/result.ts';
import type {CommandOptions, CommandRead, CommandWrite} from '../../src/core/router-options.ts';
import type {RouterError, Split} from '../../src/core/split.ts';
import {openRouter} from '../../src/routers/registry.ts';
import {createTempFolder, isAlive, type TempFolder, waitUntil} from '../helpers/process.ts';
import {never} from '../routers/contract.ts';
import {commandOptions, open} from '../routers/rigs.ts';

let folder: TempFolder;

beforeEach(() => {
	folder = createTempFolder('tool');
});
afterEach(() => folder.remove());

const path = (name: string): string => join(folder.path, name);

/** A tool written for one test. */
function script(name: string, ...lines: readonly string[]): string {
	writeFileSync(path(name), ['#!/bin/sh', ...lines, ''].join('\n'));
	chmodSync(path(name), 0o755);
	return path(name);
}

const reading = (argv: readonly string[], more: Partial<CommandRead> = {}): CommandRead => ({
	...{argv, env: {}, parse: {regex: String.raw`^\d+(?:\.\d+)?$`}, side: 'candidate' as const},
	...more,
});

const writing = (argv: readonly string[], more: Partial<CommandWrite> = {}): CommandWrite => ({argv, env: {}, ...more});

const tool = (more: Partial<CommandOptions>) => open(commandOptions(folder.path, more));

const readOnly = (...lines: readonly string[]) => tool({read: reading([script('read', ...lines)]), timeoutMs: 2_000});

async function errorOf(answer: Promise<Result<Split, RouterError>>): Promise<RouterError> {
	const settled = await answer;
	if (settled.ok) throw new Error('It worked.');
	return settled.error;
}

describe('what a tool prints', () => {
	test('the exit code and the last words of stderr are told, without escape sequences', async () => {
		const router = readOnly(
			'echo first >&2',
			String.raw`printf 'token expired \033[31mnow\033[0m\033]0;title\007\n' >&2`,
			'exit 7',
		);
		const error = await errorOf(router.readSplit(never));
		expect(error.kind).toBe('refused');
		expect(error.message).toBe('The read command “read” failed with exit code 7. It said “first token expired now�”.');
	});

	test.each([
		['words where a number should be', 'echo soon', 'nothing in its output matches'],
		['nothing', 'true', 'nothing in its output matches'],
		['a number beyond the scale', 'echo 512', 'a weight of 512 is not between 0 and the scale of 100'],
	])('%s is told with what was printed', async (_, line, message) => {
		const error = await errorOf(readOnly(line).readSplit(never));
		expect(error.kind).toBe('refused');
		expect(error.message).toContain(message);
		expect(error.remedy).toContain('Run it by hand');
	});

	test.each([
		['{"traffic": {"canary": 5}}', '$.traffic has no "candidate" (it has canary)'],
		['{"traffic": {"candidate": "soon"}}', 'what is at $.traffic.candidate is no number: "soon"'],
		['<html>', 'its output is not JSON'],
	])('JSON that lacks the weight is told: %s', async (json, message) => {
		writeFileSync(path('answer.json'), json);
		const router = tool({read: reading(['cat', path('answer.json')], {parse: {jsonPath: 'traffic.candidate'}})});
		expect((await errorOf(router.readSplit(never))).message).toContain(message);
	});

	test("the baseline's weight and a scale of one are turned into the candidate's percents", async () => {
		const router = tool({read: reading(['echo', '0.93'], {side: 'baseline'}), scale: 1});
		expect(await router.readSplit(never)).toMatchObject({ok: true, value: {weightPercent: 7, text: '0.93'}});
	});

	test('a flood is cut off', async () => {
		const error = await errorOf(readOnly('exec cat /dev/zero').readSplit(never));
		expect(error.message).toBe('The read command “read” printed more than 1024 KiB and was ended.');
	});

	test('a secret reaches the tool and not the error', async () => {
		const read = reading([script('read', 'echo "refused: $CRED" >&2', 'exit 1')], {env: {CRED: {env: 'DEPLOY_KEY'}}});
		const resolveSecret = async () => ({ok: true as const, value: 'hunter2-and-more'});
		const opened = openRouter(commandOptions(folder.path, {read}), {resolveSecret});
		if (!opened.ok) throw new Error(opened.error.message);
		const error = await errorOf(opened.value.readSplit(never));
		expect(error.message).toContain('It said “refused: •••”.');
	});

	test.each([
		['in an error', 'printf "refused: $CRED" >&2; exit 1'],
		['in what is no number', 'printf "$CRED"'],
	])('nor does one with a colour in its middle: %s', async (_, line) => {
		const colour = `CRED="hunter2\\033[31m\\033[K-and-more"`;
		const read = reading([script('read', colour, line)], {env: {KEY: {env: 'DEPLOY_KEY'}}});
		const resolveSecret = async () => ({ok: true as const, value: 'hunter2-and-more'});
		const opened = openRouter(commandOptions(folder.path, {read}), {resolveSecret});
		if (!opened.ok) throw new Error(opened.error.message);
		const error = await errorOf(opened.value.readSplit(never));
		expect(error.message).toContain('•••');
		expect(error.message).not.toMatch(/hunter2|and-more/);
	});

	test('a secret that is not there is named', async () => {
		const router = tool({read: reading(['true'], {env: {CRED: {env: 'DEPLOY_KEY'}}})});
		const error = await errorOf(router.readSplit(never));
		expect(error.message).toBe('The read command “true” needs CRED: there are no secrets here');
	});
});

describe('a tool that can not be run', () => {
	test('a program that is not there', async () => {
		const error = await errorOf(tool({read: reading(['/nowhere/tool'])}).readSplit(never));
		expect(error.kind).toBe('unreachable');
		expect(error.message).toContain('there is no program “/nowhere/tool”');
	});

	test('a file that is no program', async () => {
		writeFileSync(path('notes.txt'), 'not a program');
		const error = await errorOf(tool({read: reading([path('notes.txt')])}).readSplit(never));
		expect(error).toMatchObject({kind: 'unreachable'});
		expect(error.message).toContain('may not be run by this user');
	});

	test('a folder that is not there', async () => {
		const error = await errorOf(tool({read: reading(['true']), cwd: path('gone')}).readSplit(never));
		expect(error.message).toContain(`or no folder “${path('gone')}” to run it in`);
	});
});

describe('a tool that takes its time', () => {
	/** A tool whose child goes on working, and would write behind our back. */
	const slowTool = () =>
		script(
			'slow',
			`echo $$ > ${path('pid')}`,
			`(sleep 0.6; echo late > ${path('late')}) &`,
			`echo $! > ${path('child')}`,
			'wait; sleep 5',
		);
	const pidIn = (name: string): number => Number(readFileSync(path(name), 'utf8'));

	test('when its time is over the whole group ends, and nothing of it acts later', async () => {
		const router = tool({write: writing([slowTool(), '{candidate}']), timeoutMs: 250});
		const startedMs = performance.now();
		const error = await errorOf(router.setWeight(5, never));
		expect(error).toMatchObject({
			kind: 'timeout',
			message: 'The write command “slow” was not done after 250 ms and was ended. It said nothing.',
		});
		expect(performance.now() - startedMs).toBeLessThan(1_000);
		await waitUntil('parent and child are gone', () => !isAlive(pidIn('pid')) && !isAlive(pidIn('child')));
		await sleep(500);
		expect(existsSync(path('late'))).toBe(false);
	});

	test('on abort too, and at once', async () => {
		const router = tool({write: writing([slowTool(), '{candidate}']), timeoutMs: 5_000});
		const aborting = new AbortController();
		const underWay = router.setWeight(5, aborting.signal);
		await waitUntil('it runs', () => existsSync(path('child')) && pidIn('child') > 0);
		const startedMs = performance.now();
		aborting.abort();
		expect((await errorOf(underWay)).kind).toBe('aborted');
		expect(performance.now() - startedMs).toBeLessThan(50);
		await waitUntil('parent and child are gone', () => !isAlive(pidIn('pid')) && !isAlive(pidIn('child')));
	});

	test('what it leaves running when it ends well is ended with it', async () => {
		writeFileSync(path('split'), '5\n');
		const write = script('write', `(sleep 0.3; echo 50 > ${path('split')}) >/dev/null 2>&1 &`, 'exit 0');
		const router = tool({write: writing([write, '{candidate}']), read: reading(['cat', path('split')])});
		expect(await router.setWeight(5, never)).toMatchObject({ok: true, value: {weightPercent: 5}});
		await sleep(450);
		expect(readFileSync(path('split'), 'utf8')).toBe('5\n');
	});

	test('a change that takes effect later is waited for', async () => {
		writeFileSync(path('split'), '0\n');
		// Nobody of the group brings it about: the test does, as a far-off system would.
		setTimeout(() => writeFileSync(path('split'), '5\n'), 300);
		const router = tool({write: writing(['true', '{candidate}']), read: reading(['cat', path('split')])});
		expect(await router.setWeight(5, never)).toMatchObject({ok: true, value: {weightPercent: 5}});
	});

	test('a change that never takes effect is said to be not applied', async () => {
		const router = tool({write: writing(['true', '{candidate}']), read: reading(['echo', '0']), timeoutMs: 400});
		const error = await errorOf(router.setWeight(5, never));
		expect(error.kind).toBe('not-applied');
		expect(error.message).toBe(
			'The write command “true” ended well for 5 %, but then: The read command “echo” still says 0 % after 400 ms.',
		);
	});

	test('half a percent left over is not a rollback', async () => {
		const router = tool({write: writing(['true', '{candidate}']), read: reading(['echo', '0.4']), timeoutMs: 200});
		expect((await errorOf(router.setWeight(0, never))).kind).toBe('not-applied');
	});
});

describe('what a tool is told', () => {
	test('arguments arrive as they are: no shell looks at them', async () => {
		const write = script('write', `printf '%s\\n' "$@" > ${path('arguments')}`, `printf '%s\\n' "$2" > ${path('split')}`);
		const argv = [write, '$(touch gone); `id` *', '{candidate}', '--weights=canary={candidate},stable={baseline}', '{other}'];
		const router = tool({write: writing(argv), read: reading(['cat', path('split')])});
		expect(await router.setWeight(12.5, never)).toMatchObject({ok: true, value: {weightPercent: 12.5}});
		expect(readFileSync(path('arguments'), 'utf8').split('\n')).toEqual([
			'$(touch gone); `id` *',
			'12.50',
			'--weights=canary=12.50,stable=87.50',
			'{other}',
			'',
		]);
	});

	test('a share that its numbers cannot say is refused before it is run', async () => {
		const router = tool({write: writing([script('write', `touch ${path('ran')}`), '{candidate}']), decimals: 0});
		const error = await errorOf(router.setWeight(0.4, never));
		expect(error.kind).toBe('refused');
		expect(error.message).toContain("0.4 % can't be said");
		expect(existsSync(path('ran'))).toBe(false);
	});
});
