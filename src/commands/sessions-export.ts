import {createWriteStream} from 'node:fs';
import {rename} from 'node:fs/promises';
import {resolve} from 'node:path';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {createGzip} from 'node:zlib';
import {archiveTo} from '../journal/archive.ts';
import {removeQuietly} from '../journal/remove.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';
import {castOf} from './export-cast.ts';
import {CommandError, say, sayJson} from './output.ts';
import {findSession} from './sessions-on-disk.ts';

export type ExportFlags = {
	readonly format: 'tar.gz' | 'asciicast';
	readonly out?: string;
	readonly speed: number;
	readonly idle: number;
	readonly json?: boolean;
};

/** `canary sessions export`: one file to hand on; written whole or not at all, readable by its owner alone. */
export async function sessionsExportCommand(wanted: string | undefined, flags: ExportFlags): Promise<ExitCode> {
	const {name, folder, status} = findSession(wanted, 'any');
	if (status === 'unreadable')
		throw new CommandError(`${name} can't be read: canary sessions verify says why.`, exitCodes.unreachable);
	const path = resolve(flags.out ?? `${name}${flags.format === 'asciicast' ? '.cast' : '.tar.gz'}`);
	const temporary = `${path}.${process.pid}.tmp`;
	try {
		const out = createWriteStream(temporary, {mode: 0o600, flush: true});
		let files = 0;
		if (flags.format === 'asciicast') {
			await pipeline(Readable.from(castOf(folder, name, {speed: flags.speed, idleMs: flags.idle})), out);
		} else {
			const gzip = createGzip();
			const written = pipeline(gzip, out);
			const [manifest] = await Promise.all([archiveTo(folder, gzip), written]);
			files = manifest.length;
		}
		await rename(temporary, path);
		if (flags.json) sayJson({session: name, path, format: flags.format, files});
		else say(path);
		return exitCodes.good;
	} catch (error) {
		removeQuietly(temporary);
		if (error instanceof CommandError) throw error;
		throw new CommandError(
			`${path} can't be written: ${error instanceof Error ? error.message : String(error)}.`,
			exitCodes.unreachable,
		);
	}
}
