import {formatDuration} from '../base/duration.ts';
import type {PreflightFact} from '../core/facts/preflight.ts';
import {compilePlan} from '../profile/compile.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';
import {preflightOf} from './hook-ports.ts';
import {loadOrThrow} from './load.ts';
import {CommandError, outputColumns, safe, say, sayJson, tell} from './output.ts';
import {closeParts, openParts} from './parts.ts';
import {tableText} from './table.ts';

export type PreflightFlags = {readonly json?: boolean; readonly overrideCooldown?: string};

type Checked = Extract<PreflightFact, {type: 'preflight-checked'}>;

/** `canary preflight PROFILE`: the checks before the first weight, without a session. Nothing is moved. */
export async function preflightCommand(path: string, {json, overrideCooldown}: PreflightFlags): Promise<ExitCode> {
	const loaded = await loadOrThrow(path);
	const compiled = compilePlan(loaded);
	const {preflight: checks, plan} = compiled;
	const parts = await openParts(compiled);
	if (!parts.ok) throw new CommandError(parts.error, exitCodes.usage);
	const results: Checked[] = [];
	const stop = new AbortController();
	process.once('SIGINT', () => stop.abort());
	const run = preflightOf(compiled, parts.value, overrideCooldown);
	const step = (fact: PreflightFact): void => {
		if (fact.type !== 'preflight-checked') return;
		results.push(fact);
		if (process.stderr.isTTY) tell(`pre-flight ${fact.index + 1}/${checks.length}: ${safe(fact.title)}`);
	};
	await run?.(step, stop.signal).finally(() => closeParts(parts.value));
	if (!run) await closeParts(parts.value);
	const code = stop.signal.aborted ? exitCodes.inconclusive : codeOf(results);
	if (json) sayJson({exitCode: code, passed: code === exitCodes.good, checks: results.map(({type: _, ...one}) => one)});
	else await print(plan.title, results, code);
	return code;
}

/** Not reached comes before failed: who could not ask knows nothing. */
function codeOf(results: readonly Checked[]): ExitCode {
	const failed = results.filter(({ok}) => !ok);
	if (failed.length === 0) return exitCodes.good;
	return failed.some(({unreachable}) => unreachable) ? exitCodes.unreachable : exitCodes.inconclusive;
}

async function print(title: string, results: readonly Checked[], code: ExitCode): Promise<void> {
	say(safe(title));
	if (results.length === 0 && code === exitCodes.good) {
		say('· the profile has no "preflight": nothing is checked before the first weight');
		return;
	}
	const rows = results.map(({index, title: name, ok, message, tookMs}) => ({
		'#': String(index + 1),
		check: safe(name),
		result: ok ? '✓ ok' : '✗ failed',
		took: formatDuration(tookMs),
		seen: safe(message),
	}));
	if (rows.length > 0) say(await tableText(rows, outputColumns()));
	for (const {title: name, ok, message, remedy} of results) {
		if (!ok) say(`✗  ${safe(name)}: ${safe(message, 2_000)}${remedy === undefined ? '' : ` ${safe(remedy, 1_000)}`}`);
	}
	const failed = results.filter(({ok}) => !ok).length;
	say(
		code === exitCodes.good
			? '✓ every check passed'
			: failed === 0
				? '? called off'
				: `✗ ${failed} of ${results.length} checks failed`,
	);
}
