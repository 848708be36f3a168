import {join} from 'node:path';
import type {StageBurst} from '../controller/burst.ts';
import {systemClock} from '../controller/clock.ts';
import {type BurstProgress, burstUsersNamed} from '../core/facts/burst.ts';
import {begun, burstText, progressed} from '../core/reduce-burst.ts';
import {burstIntoFiles} from '../hooks/burst/files.ts';
import {canaryHome, makePrivateFolder} from '../journal/home.ts';
import {type CompiledProfile, compilePlan} from '../profile/compile.ts';
import {secretResolver} from '../profile/secrets.ts';
import {type BurstLook, burstRows} from '../view/burst-rows.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';
import {openLiveBlock} from './live-block.ts';
import {loadOrThrow} from './load.ts';
import {pruneBursts} from './old-bursts.ts';
import {CommandError, safe, say, sayJson, tell} from './output.ts';
import {learnFrom, learnSecret, ownMask} from './own-mask.ts';

/** The profile's burst; undefined where it has none. */
export function burstOf({burst}: CompiledProfile): StageBurst | undefined {
	if (!burst) return undefined;
	const {redact} = ownMask;
	const {nowMs, monoMs} = systemClock;
	const resolve = secretResolver(process.env, learnSecret);
	return {
		url: burst.url,
		users: burst.users.length,
		names: burst.users.slice(0, burstUsersNamed).map(({name}) => redact(name)),
		planned: burst.users.length * burst.requests,
		run: (handlers, place, signal) => burstIntoFiles(burst, {resolve, redact, nowMs, monoMs, ...handlers}, place, signal),
	};
}

const progressEveryMs = 1_000;
const drawEveryMs = 500;

/** `canary burst PROFILE`: sends the profile's burst now, without a session. */
export async function burstCommand(path: string, {json, out}: {json?: boolean; out?: string}): Promise<ExitCode> {
	const compiled = compilePlan(await loadOrThrow(path));
	learnFrom(compiled);
	const burst = burstOf(compiled);
	if (!burst) throw new CommandError('the profile has no "burst". docs/hooks.md says how one is written.', exitCodes.usage);
	const stamp = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
	const bursts = join(canaryHome(), 'bursts');
	const folder = out ?? join(bursts, `${stamp}Z-${compiled.plan.profile}`);
	try {
		makePrivateFolder(folder);
	} catch (error) {
		throw new CommandError(
			`nothing was sent: ${folder} can't be made: ${(error as Error).message}. ${out === undefined ? 'Set CANARY_HOME to a folder that can be written, or name one with --out.' : 'Name another --out.'}`,
			exitCodes.usage,
		);
	}
	const stop = new AbortController();
	process.once('SIGINT', () => stop.abort('Ctrl-C'));
	const shown = showProgress(burst);
	const place = {folder, transcript: 'LOAD_BURST.log', summary: 'LOAD_SUMMARY.json'};
	const sent = await burst.run({onDone: shown.onDone, mayGo: () => true}, place, stop.signal).finally(shown.close);
	if (!sent.ok) throw new CommandError(`no request was sent: ${sent.error}.`, exitCodes.usage);
	if (out === undefined) pruneBursts(bursts, folder);
	const {end, files, trouble} = sent.value;
	const {summary, stopped, firstTrouble} = end;
	const code = codeOf(summary, stopped);
	if (json) sayJson({exitCode: code, ...summary, stopped, firstTrouble, folder, files});
	else {
		say(safe(burstText(summary)));
		if (stopped !== undefined) say(`✗ stopped: ${safe(stopped)}`);
		say(`written to ${safe(folder)}: ${files.map(({name}) => name).join(', ')}`);
	}
	if (firstTrouble !== undefined) tell(`canary: the first without an answer: ${safe(firstTrouble, 800)}`);
	if (trouble !== undefined) tell(`canary: ${safe(trouble)}`);
	return code;
}

/** The burst while it runs: a block that is drawn over again, or a line a second; nothing where nobody looks. */
function showProgress({planned, users, names, url}: StageBurst): {onDone(progress: () => BurstProgress): void; close(): void} {
	const now = (): number => systemClock.monoMs();
	const block = openLiveBlock();
	let burst: BurstLook = begun({planned, users, names, url: safe(url), tMs: now()});
	const draw = (): void => {
		if (!block) return;
		const {glyphs} = block;
		block.draw(burstRows(burst, {glyphs, nowMs: now(), waits: false}, block.columns()));
	};
	draw();
	const timer = block && setInterval(draw, drawEveryMs);
	return {
		onDone(progress) {
			if (!process.stderr.isTTY || now() - burst.toldTMs < (block ? drawEveryMs : progressEveryMs)) return;
			burst = {...burst, ...progressed(burst, progress(), now())};
			if (!block) tell(`${burst.done} of ${planned} sent, ${burst.ok} ok`);
		},
		close() {
			clearInterval(timer);
			block?.clear();
		},
	};
}

function codeOf(
	{total, failed, codes}: {total: number; failed: number; codes: Readonly<Record<string, number>>},
	stopped?: string,
): ExitCode {
	if (total === 0 || codes['error'] === total) return exitCodes.unreachable;
	if (stopped !== undefined) return exitCodes.inconclusive;
	return failed === 0 ? exitCodes.good : exitCodes.bad;
}
