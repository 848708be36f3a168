/**
 * `npm run bench [name…]`: runs benches one after another, all of them when none is named, with progress on standard error, and
 * prints one JSON on standard output; it is also kept in `bench/out/`. Ratios are always within one run: both sides of a comparison
 * ran on the same machine in the same minutes. Exit code 1 when a bench failed to run, 0 otherwise, whatever its figures say.
 */
import {mkdirSync, readdirSync, writeFileSync} from 'node:fs';
import {machine, progress} from './kit/figures.ts';

const folder = new URL('.', import.meta.url).pathname;
const known = readdirSync(folder)
	.filter(name => name.endsWith('.ts') && name !== 'run.ts')
	.map(name => name.replace('.ts', ''))
	.sort();
const wanted = process.argv.slice(2);
const unknown = wanted.filter(name => !known.includes(name));
if (unknown.length > 0) {
	progress(`No bench is called ${unknown.join(', ')}. There are: ${known.join(', ')}.`);
	process.exit(2);
}

const results: Record<string, unknown> = {};
const startedAt = new Date().toISOString();
const facts = machine();
for (const name of wanted.length > 0 ? wanted : known) {
	progress(`bench ${name} …`);
	const startedMs = performance.now();
	try {
		const {run} = (await import(`./${name}.ts`)) as {run?: () => Promise<object>};
		if (!run) throw new Error(`bench/${name}.ts exports no run()`);
		results[name] = await run();
	} catch (error) {
		process.exitCode = 1;
		results[name] = {failed: error instanceof Error ? error.message : String(error)};
		progress(`  failed: ${error instanceof Error ? error.stack : String(error)}`);
	}
	progress(`  ${((performance.now() - startedMs) / 1_000).toFixed(1)} s`);
}

const text = `${JSON.stringify({startedAt, machine: facts, results}, undefined, '\t')}\n`;
mkdirSync(`${folder}out`, {recursive: true});
const name = wanted.length > 0 ? wanted.join('+') : 'all';
writeFileSync(`${folder}out/${startedAt.replaceAll(':', '-').slice(0, 19)}-${name}.json`, text);
process.stdout.write(text);
