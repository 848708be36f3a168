import {createHash} from 'node:crypto';
import {createReadStream, readdirSync, statSync} from 'node:fs';
import {basename, join} from 'node:path';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {pack} from 'tar-stream';
import {plainBytesOf, readPackedIndex} from './packed/packed-file.ts';
import {recordForm} from './record.ts';
import {sessionFiles} from './session-folder.ts';

export type ManifestEntry = {readonly path: string; readonly bytes: number; readonly sha256: string};

/** What runs, or may be made anew: nobody's record. */
const isPassing = (name: string): boolean =>
	/^(control\.sock|controller\.pid|index\.json|instance\.log(\.1)?|baseline-restart\.log(\.1)?|journal\.lock.*|.*\.tmp(\.old)?)$/.test(
		name,
	);

/** A session's files that are part of its record, below its folder. */
export function recordFiles(folder: string): readonly {readonly path: string; readonly bytes: number}[] {
	return readdirSync(folder, {recursive: true, withFileTypes: true})
		.filter(entry => entry.isFile() && !isPassing(entry.name))
		.map(entry => join(entry.parentPath, entry.name))
		.map(path => ({path: path.slice(folder.length + 1), bytes: statSync(path).size}))
		.sort((left, right) => (left.path < right.path ? -1 : 1));
}

type Part = {readonly path: string; readonly bytes: number; readonly open: () => Readable};

/**
 * A session as a tar stream: its files below a folder of its name, the journal always as plain lines, and MANIFEST.json at the end with
 * the sum of each. A file that grows meanwhile is taken as long as it was at the beginning.
 */
export async function archiveTo(folder: string, out: NodeJS.WritableStream): Promise<readonly ManifestEntry[]> {
	const name = basename(folder);
	const tar = pack();
	const written = pipeline(tar, out);
	// Its error comes out below, where it is awaited.
	written.catch(() => {});
	const manifest: ManifestEntry[] = [];
	for (const {path, bytes, open} of partsOf(folder)) {
		const sum = createHash('sha256');
		const entry = tar.entry({name: `${name}/${path}`, size: bytes, mode: 0o600, mtime: new Date(mtimeOf(folder, path))});
		const source = open();
		source.on('data', (chunk: Buffer) => sum.update(chunk));
		await Promise.race([pipeline(source, entry), written]);
		manifest.push({path, bytes, sha256: sum.digest('hex')});
	}
	const text = `${JSON.stringify({format: 1, session: name, files: manifest}, undefined, '\t')}\n`;
	tar.entry({name: `${name}/MANIFEST.json`, mode: 0o600, mtime: new Date(mtimeOf(folder, ''))}, text);
	tar.finalize();
	await written;
	return manifest;
}

function partsOf(folder: string): readonly Part[] {
	const {packed} = sessionFiles(folder);
	const isPacked = recordForm(folder) === 'packed';
	const files = recordFiles(folder).filter(({path}) => path !== basename(packed));
	const plain = files.map(
		({path, bytes}): Part => ({
			path,
			bytes,
			open: () => (bytes === 0 ? Readable.from([]) : createReadStream(join(folder, path), {end: bytes - 1})),
		}),
	);
	const index = isPacked ? readPackedIndex(packed) : undefined;
	if (!index) return plain;
	if (!index.ok) throw new Error(`${packed}: ${index.error}`);
	return [...plain, {path: 'journal.ndjson', bytes: index.value.end.plainBytes, open: () => Readable.from(plainBytesOf(packed))}];
}

function mtimeOf(folder: string, path: string): number {
	try {
		return statSync(join(folder, path)).mtimeMs;
	} catch {
		return statSync(folder).mtimeMs;
	}
}
