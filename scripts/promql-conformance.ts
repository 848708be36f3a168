/**
 * Runs Prometheus' own conformance scripts (promql/promqltest/testdata/*.test) through the embedded engine.
 *
 *     node scripts/promql-conformance.ts PATH... [--scope in-scope-lines.json] [--quiet]
 *
 * A path is a script or a folder of them. `--scope` is a file that lists, per script, the lines of the cases to count (native
 * histograms are out of scope for a float engine); cases that show a native histogram are then counted apart. Ends with 1 if a
 * case in scope fails.
 */
import {readdirSync, readFileSync, statSync} from 'node:fs';
import {basename, join} from 'node:path';
import {parseArgs} from 'node:util';
import {runScript} from '../test/promql/kit/run.ts';
import {parseScript} from '../test/promql/kit/script.ts';

const {positionals, values: options} = parseArgs({
	allowPositionals: true,
	options: {scope: {type: 'string'}, quiet: {type: 'boolean', default: false}},
});

if (positionals.length === 0) {
	console.error('usage: node scripts/promql-conformance.ts PATH... [--scope in-scope-lines.json] [--quiet]');
	process.exit(2);
}

const scripts = positionals.flatMap(path =>
	statSync(path).isDirectory()
		? readdirSync(path)
				.filter(name => name.endsWith('.test'))
				.map(name => join(path, name))
		: [path],
);

type Scope = Readonly<Record<string, {readonly inScopeLines: readonly number[]}>>;
const scope: Scope = options.scope ? JSON.parse(readFileSync(options.scope, 'utf8')) : {};

let passed = 0;
let failed = 0;
let outside = 0;
for (const path of scripts) {
	const lines = scope[basename(path)]?.inScopeLines;
	const commands = parseScript(readFileSync(path, 'utf8'));
	for (const series of commands.flatMap(command => (command.type === 'load' ? command.unread : []))) {
		console.error(`${path}: a series that could not be read was left out: ${series}`);
	}
	const outcomes = runScript(commands);
	const counted = outcomes.filter(({line}) => !lines || lines.includes(line));
	const failures = counted.filter(({failure}) => failure !== undefined);
	for (const {line, query, failure} of options.quiet ? [] : failures) console.log(`${path}:${line}: ${query}\n    ${failure}`);
	console.log(
		`${basename(path)}: ${counted.length - failures.length} of ${counted.length} passed, ${outcomes.length - counted.length} out of scope`,
	);
	passed += counted.length - failures.length;
	failed += failures.length;
	outside += outcomes.length - counted.length;
}
console.log(`total: ${passed} passed, ${failed} failed, ${outside} out of scope`);
process.exitCode = failed > 0 ? 1 : 0;
