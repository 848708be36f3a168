import {appendFileSync, readFileSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {parseObject} from '../core/ndjson.ts';
import {sessionFiles} from './session-folder.ts';
import {writeWhole} from './whole-file.ts';

/** An event that the journal held, with its hash, said beside the chain: the chain alone can't know that its end was cut off. */
export type Seal = {readonly seq: number; readonly hash: string};

/** Beside the sessions' folder: one line for each seal of each session. */
export function sealsPath(folder: string): string | undefined {
	const sessions = dirname(folder);
	return basename(sessions) === 'sessions' ? join(dirname(sessions), 'seals.ndjson') : undefined;
}

/**
 * Writes down where the journal ends now: in the session's folder, and one line in the home beside it, so that somebody who makes
 * the folder agree with itself has not done enough. What can't be written is left out: a seal keeps nobody from ending.
 */
export async function writeSeal(folder: string, {seq, hash}: Seal, atMs: number): Promise<void> {
	const at = new Date(atMs).toISOString();
	await writeWhole(sessionFiles(folder).seal, `${JSON.stringify({format: 1, at, seq, hash})}\n`);
	const outside = sealsPath(folder);
	try {
		if (outside) appendFileSync(outside, `${JSON.stringify({at, session: basename(folder), seq, hash})}\n`, {mode: 0o600});
	} catch {
		// The one in the folder remains.
	}
}

export type FoundSeal = Seal & {readonly path: string};

/** All seals of a session, oldest first. */
export function readSeals(folder: string): readonly FoundSeal[] {
	const name = basename(folder);
	const outside = sealsPath(folder);
	const all = outside ? sealsIn(outside, ({session}) => session === name) : [];
	return [...all, ...sealsIn(sessionFiles(folder).seal, () => true)];
}

const sealsIn = (path: string, isWanted: (line: Line) => boolean): FoundSeal[] =>
	readLines(path).flatMap(line => {
		const {seq, hash} = line;
		return isWanted(line) && Number.isSafeInteger(seq) && typeof hash === 'string' ? [{seq: seq as number, hash, path}] : [];
	});

type Line = Readonly<Record<string, unknown>>;

function readLines(path: string): readonly Line[] {
	try {
		return readFileSync(path, 'utf8')
			.split('\n')
			.map(line => parseObject(line))
			.filter(line => line !== undefined);
	} catch {
		return [];
	}
}
