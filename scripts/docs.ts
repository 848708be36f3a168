/** `npm run docs`: writes what is generated from the code. `--check` writes nothing and fails when something is stale. */
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {documents} from './documents.ts';

const root = join(import.meta.dirname, '..');

function present(path: string): string | undefined {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return undefined;
	}
}

const stale = Object.entries(documents).filter(([path, text]) => present(join(root, path)) !== text());

if (process.argv.includes('--check')) {
	for (const [path] of stale) process.stderr.write(`${path} is stale: npm run docs writes it.\n`);
	process.exitCode = stale.length > 0 ? 1 : 0;
} else {
	for (const [path, text] of stale) {
		mkdirSync(dirname(join(root, path)), {recursive: true});
		writeFileSync(join(root, path), text());
		process.stdout.write(`${path} written.\n`);
	}
	if (stale.length === 0) process.stdout.write('Everything is up to date.\n');
}
