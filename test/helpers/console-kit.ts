import {readFileSync} from 'node:fs';
import type {SessionEvent} from '../../src/core/event.ts';
import {isAlive, waitUntil} from './process.ts';
import {startTerminal, type Terminal, type TerminalOptions} from './pty.ts';
import {program, type World} from './world.ts';

type ScreenOptions = Pick<TerminalOptions, 'columns' | 'rows' | 'env'>;

/** What the program needs to find a world's sessions; the terminal gives it nothing else. */
export const worldEnv = ({env}: World): Record<string, string> =>
	Object.fromEntries(['CANARY_HOME', 'HOME', 'XDG_RUNTIME_DIR'].map(name => [name, env[name] ?? '']));

/** The built program on a terminal of its own, in a world: `canary attach --read-only`. */
export const openScreen = (world: World, args: readonly string[], {env, ...size}: ScreenOptions = {}): Promise<Terminal> =>
	startTerminal({command: [process.execPath, program, ...args], env: {...worldEnv(world), ...env}, ...size});

/** A canary at its first weight with every guardrail asked and well, and the console it was started from. */
export async function startGuarded(world: World, options: ScreenOptions = {}): Promise<Terminal> {
	const screen = await openScreen(world, ['run', world.profilePath, '--start', '--operator', 'ana'], options);
	await screen.waitForText('HEALTHY', 30_000);
	return screen;
}

/** The same without a console: guarded by its controller alone. */
export async function startGuardedAlone(world: World): Promise<void> {
	const screen = await startGuarded(world);
	await screen.keys('q');
	await screen.waitForText('What becomes of the controller?');
	await screen.keys('Enter');
	await screen.exitCode();
	await screen.stop();
}

export const of = <Type extends SessionEvent['type']>(events: readonly SessionEvent[], type: Type) =>
	events.filter((event): event is Extract<SessionEvent, {type: Type}> => event.type === type);

/** The verified rollback of a world's newest session, and how long after the first breaching tick it was asked for. */
export async function rollbackOf(world: World, timeoutMs = 15_000) {
	const find = () => of(world.events(), 'action-intended').find(({purpose}) => purpose === 'rollback');
	const intended = await waitUntil('the rollback is in the journal', find, {timeoutMs});
	const isAnswer = ({intentId}: {readonly intentId: string}): boolean => intentId === intended.intentId;
	const verified = await waitUntil('it is verified', () => of(world.events(), 'action-verified').find(isAnswer), {timeoutMs});
	const ticks = of(world.events(), 'tick-taken').filter(({seq}) => seq < intended.seq);
	const isBreaching = ({readings}: (typeof ticks)[number]): boolean => {
		const reading = readings['canary-errors'];
		return reading?.kind === 'values' && Number(reading.series[0]?.value) >= 5;
	};
	const first = ticks[ticks.findLastIndex(tick => !isBreaching(tick)) + 1];
	const last = ticks.at(-1);
	return {intended, verified, askedAfterMs: (last?.dueMs ?? 0) - (first?.dueMs ?? 0)};
}

/** Resident memory of a process, in MB. */
export function memoryMb(pid: number): number {
	const [, kb = '0'] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
	return Number(kb) / 1024;
}

/** Seconds of processor time that a process has used. */
export function cpuSeconds(pid: number): number {
	const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
		.replace(/^.*\) /, '')
		.split(' ');
	return (Number(fields[11]) + Number(fields[12])) / 100;
}

export const untilDead = (pid: number): Promise<unknown> => waitUntil(`process ${pid} is dead`, () => !isAlive(pid));

/** Everything the console itself may say to a terminal: modes, places, colours, its title, a bell and a note of the desktop. */
const ours = [
	String.raw`\x1B\](?:9|777);canary [^\x00-\x1F\x7F-\x9F]*\x1B\\`,
	String.raw`\x1B\[\?(?:1049|25|7|2004|2026)[hl]`,
	String.raw`\x1B\[2[23];0t`,
	String.raw`\x1B\[\d+;1H`,
	String.raw`\x1B\[2?[JK]`,
	String.raw`\x1B\[[\d;]*m`,
	String.raw`\x1B\]0;[^\x00-\x1F\x7F-\x9F]*\x07`,
];
const known = new RegExp(ours.join('|'), 'g');
const obeyed = /[\x00-\x06\x08\x09\x0B\x0C\x0E-\x1F\x7F-\x9F\u200B-\u200F\u202A-\u202E\u2066-\u2069]/;

/** What a terminal would obey and the console never says, with its neighbourhood; empty when all is well. */
export function foreignIn(rawOutput: string): string {
	const rest = Buffer.from(rawOutput, 'latin1').toString('utf8').replaceAll(known, '');
	const found = obeyed.exec(rest);
	return found ? JSON.stringify(rest.slice(Math.max(0, found.index - 40), found.index + 40)) : '';
}

/** The program that a shell runs in the foreground. */
export const childOf = (pid: number): number => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0]);
