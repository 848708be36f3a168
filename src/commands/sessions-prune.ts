import {createInterface} from 'node:readline/promises';
import {formatDuration} from '../base/duration.ts';
import {openPreferences} from '../console/preferences.ts';
import {packRecord} from '../journal/packed/pack.ts';
import {recordForm} from '../journal/record.ts';
import {type Doomed, folderBytes, type Retention, removeSession, toPrune} from '../journal/retention.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';
import {CommandError, outputColumns, safe, say, sayJson, tell} from './output.ts';
import {allSessions, findSession} from './sessions-on-disk.ts';
import {sizeText} from './size.ts';
import {tableText} from './table.ts';

export type PruneFlags = {
	readonly olderThan?: number;
	readonly keep?: number;
	readonly maxSize?: number;
	readonly dryRun?: boolean;
	readonly yes?: boolean;
	/** Keeps these limits as the defaults for the next time. */
	readonly save?: boolean;
	/** Whether each controller prunes by the saved limits when its session is over. */
	readonly auto?: 'on' | 'off';
	readonly json?: boolean;
};

/** `canary sessions prune`: takes away finished sessions by age, number and size. Asks first, unless told not to. */
export async function sessionsPruneCommand(flags: PruneFlags): Promise<ExitCode> {
	const preferences = openPreferences();
	const saved = preferences.get().retention;
	const given = limitsOf(flags);
	const limits = Object.keys(given).length > 0 ? given : (saved ?? {});
	if (flags.save) await preferences.set({retention: given});
	if (flags.auto) await preferences.set({pruneAfterSession: flags.auto === 'on'});
	if (Object.keys(limits).length === 0) {
		if (flags.save || flags.auto) return exitCodes.good;
		const remedy = 'Say which: --older-than 90d, --keep 50, --max-size 5GB; --save keeps them as defaults.';
		throw new CommandError(`no limit is given, and none is saved: nothing to prune. ${remedy}`, exitCodes.usage);
	}
	const doomed = doomedBy(limits);
	if (!flags.json && doomed.length > 0) say(await tableText(doomed.map(rowOf), outputColumns()));
	const freed = sizeText(doomed.reduce((sum, {bytes}) => sum + bytes, 0));
	const isAgreed = !flags.dryRun && doomed.length > 0 && (flags.yes || (await isWanted(doomed.length, freed)));
	const failed = isAgreed ? await removeAll(doomed) : [];
	const removed = isAgreed ? doomed.length - failed.length : 0;
	if (flags.json) sayJson({doomed: doomed.map(({name, bytes, why}) => ({name, bytes, why})), removed, failed});
	else if (doomed.length === 0) say('Nothing to prune.');
	else if (flags.dryRun) say(`${doomed.length} would go (${freed}).`);
	else say(`${removed} removed${removed > 0 ? ` (${freed})` : ''}.`);
	return failed.length > 0 ? exitCodes.unreachable : exitCodes.good;
}

/** After a session: by the saved limits, if its user turned that on. Never throws. */
export async function pruneIfWanted(): Promise<void> {
	try {
		const {pruneAfterSession, retention} = openPreferences().get();
		if (!pruneAfterSession || !retention) return;
		for (const message of await removeAll(doomedBy(retention))) tell(message);
	} catch (error) {
		tell(`old sessions could not be pruned: ${String(error)}`);
	}
}

const limitsOf = ({olderThan, keep, maxSize}: PruneFlags): Retention => ({
	...(olderThan !== undefined && {olderThanMs: olderThan}),
	...(keep !== undefined && {keep}),
	...(maxSize !== undefined && {bytesMax: maxSize}),
});

const doomedBy = (limits: Retention): readonly Doomed[] =>
	toPrune(
		allSessions().map(session => ({...session, bytes: folderBytes(session.folder)})),
		limits,
		Date.now(),
	);

async function removeAll(doomed: readonly Doomed[]): Promise<readonly string[]> {
	const failed: string[] = [];
	for (const {folder} of doomed) {
		const removed = await removeSession(folder);
		if (!removed.ok) failed.push(removed.error);
	}
	for (const message of failed) tell(`canary: ${message}`);
	return failed;
}

async function isWanted(count: number, freed: string): Promise<boolean> {
	if (!process.stdin.isTTY) {
		const remedy = 'Add --yes to remove them, or --dry-run to only look.';
		throw new CommandError(
			`${count} sessions (${freed}) would be removed, and there is nobody to ask. ${remedy}`,
			exitCodes.usage,
		);
	}
	const lines = createInterface({input: process.stdin, output: process.stderr});
	try {
		return (await lines.question(`Remove ${count} sessions (${freed}) for good? Type yes: `)).trim() === 'yes';
	} finally {
		lines.close();
	}
}

function rowOf({name, why, bytes, outcome, lastAtMs}: Doomed): Record<string, string> {
	const ageMs = lastAtMs === undefined ? undefined : Date.now() - lastAtMs;
	const minuteMs = 60_000;
	const age = ageMs === undefined ? '-' : formatDuration(Math.max(0, Math.floor(ageMs / minuteMs) * minuteMs));
	return {session: safe(name), outcome: outcome ?? '-', age, size: sizeText(bytes), why};
}

/** `canary sessions pack`: the journals of finished sessions in few bytes, as controllers leave them by themselves. */
export async function sessionsPackCommand(wanted: readonly string[]): Promise<ExitCode> {
	const sessions = wanted.length > 0 ? wanted.map(one => findSession(one, 'any')) : allSessions();
	let code: ExitCode = exitCodes.good;
	for (const {name, folder, status} of sessions) {
		if (status !== 'finished' || recordForm(folder) !== 'plain') continue;
		const packed = await packRecord(folder);
		if (packed.ok) say(`${safe(name)}  ${sizeText(packed.value.plainBytes)} → ${sizeText(packed.value.packedBytes)}`);
		else {
			tell(`canary: ${packed.error}`);
			code = exitCodes.unreachable;
		}
	}
	return code;
}
