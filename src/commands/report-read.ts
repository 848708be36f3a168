import {createHash} from 'node:crypto';
import {createReadStream} from 'node:fs';
import {join} from 'node:path';
import {pipeline} from 'node:stream/promises';
import {initialState} from '../core/state.ts';
import {checkpointFileName} from '../journal/checkpoint-name.ts';
import {foldEntry} from '../journal/fold.ts';
import {readRecord} from '../journal/record.ts';
import {sessionFiles} from '../journal/session-folder.ts';
import type {FilesOnDisk} from '../report/files.ts';
import type {Summary} from '../report/model.ts';
import type {Recorded} from '../report/recorded.ts';
import {newRecorded, record} from '../report/recorder.ts';
import {summarise} from '../report/summarise.ts';
import {exitCodes} from './exit-codes.ts';
import {CommandError} from './output.ts';

/** A session as its journal tells it, with the files beside it looked at. */
export type Told = {readonly recorded: Recorded; readonly summary: Summary};

/**
 * Reads a session once, from its first line to its last, and sums it up. A journal that is damaged is read as far as it is sound, and
 * the summary says so. @throws CommandError when there is nothing to tell.
 */
export async function tellSession(folder: string): Promise<Told> {
	const recorded = await readRecorded(folder);
	const onDisk = await lookAtFiles(folder, recorded);
	const summary = summarise(recorded, {session: folder.split('/').at(-1) ?? folder, onDisk});
	if (summary) return {recorded, summary};
	const why = recorded.damage[0]?.text ?? 'its journal holds no start';
	throw new CommandError(`${folder} holds no session to report on: ${why}.`, exitCodes.unreachable);
}

async function readRecorded(folder: string): Promise<Recorded> {
	let recorded = newRecorded({version: '', profile: '', startedAt: ''});
	let state = initialState;
	for await (const entry of readRecord(folder)) {
		if (!entry.ok) {
			recorded.damage.push({lineNumber: entry.error.lineNumber, text: `${entry.error.message}; what follows is left out`});
			break;
		}
		const {value} = entry;
		const before = state;
		state = foldEntry(state, value);
		if (value.kind === 'header') recorded = newRecorded(value.header);
		else if (value.kind === 'event') record(recorded, value.event, before, state);
		else recorded.damage.push({lineNumber: value.lineNumber, text: damageText(value)});
	}
	return recorded;
}

type Damage =
	| {readonly kind: 'unknown'; readonly seq: number; readonly type: string}
	| {readonly kind: 'gap'; readonly fromSeq: number; readonly toSeq: number}
	| {readonly kind: 'torn'; readonly lineNumber: number; readonly bytes: number};

function damageText(entry: Damage): string {
	switch (entry.kind) {
		case 'unknown':
			return `event ${entry.seq} is of a type this version does not know (${entry.type})`;
		case 'gap':
			return `events ${entry.fromSeq} to ${entry.toSeq} are missing`;
		case 'torn':
			return `line ${entry.lineNumber}, the last, was cut off (${entry.bytes} bytes)`;
	}
}

/** The sums of the files as they are now. */
async function lookAtFiles(folder: string, {files}: Recorded): Promise<FilesOnDisk> {
	const {artifacts, checkpoints} = sessionFiles(folder);
	const found = new Map<string, {readonly sha256: string} | 'missing'>();
	for (const [key, {kind, name}] of files) {
		const path = kind === 'checkpoint' ? join(checkpoints, `${checkpointFileName(name)}.json`) : artifactPath(artifacts, name);
		found.set(key, path === undefined ? 'missing' : await sumOf(path));
	}
	return found;
}

/** A name from a journal is never a way out of the folder. */
function artifactPath(artifacts: string, name: string): string | undefined {
	const path = join(artifacts, name);
	return path.startsWith(`${artifacts}/`) ? path : undefined;
}

async function sumOf(path: string): Promise<{readonly sha256: string} | 'missing'> {
	const hash = createHash('sha256');
	try {
		await pipeline(createReadStream(path), hash);
		return {sha256: hash.digest('hex')};
	} catch {
		return 'missing';
	}
}
