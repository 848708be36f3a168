import {mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import {fail, type Result} from '../base/result.ts';
import type {EvidenceOptions, EvidenceTime} from '../core/evidence-options.ts';
import {evidenceOwed} from '../core/reduce-evidence.ts';
import type {SessionState} from '../core/state.ts';
import type {Evidence} from '../hooks/evidence/collect.ts';
import {sessionFiles} from '../journal/session-folder.ts';
import {writeWhole} from '../journal/whole-file.ts';
import type {ControllerOptions} from './options.ts';
import type {Wired} from './wiring.ts';

/** What is gathered after a rollback. */
export type EvidenceCollectors = {
	readonly list: readonly EvidenceOptions[];
	collect(options: EvidenceOptions, errorCodes: () => string, signal: AbortSignal): Promise<Result<Evidence, string>>;
};

/** From a collector's deadline to when it is given up, should it not end by itself. */
const graceMs = 1_000;

/**
 * Gathers evidence once a rollback has been verified, or has failed for the first time and goes on (or behind the first weight, or the
 * promoted end, where the profile says so): never before, and nothing waits for it. Each collector has its own deadline. What a crash kept from being gathered is gathered when the session is taken up.
 */
export function gatherEvidence(wired: Wired, {folder, evidence}: ControllerOptions): void {
	if (!evidence || evidence.list.length === 0) return;
	const {runtime, listeners, farewells, clock, complain} = wired;
	const under = join(sessionFiles(folder).artifacts, 'evidence');
	const working = new Map<string, Promise<void>>();

	async function gather(options: EvidenceOptions): Promise<void> {
		const {name, timeoutMs} = options;
		const startedMs = clock.monoMs();
		const late = new AbortController();
		const over = new AbortController();
		const soft = clock.sleep(timeoutMs, over.signal).then(() => late.abort());
		const tooLate = clock.sleep(timeoutMs + graceMs, over.signal).then(() => fail(`not gathered within ${timeoutMs / 1_000} s`));
		const found = await Promise.race([bounded(options, late.signal), tooLate]);
		over.abort();
		await soft;
		const written = found.ok ? await write(name, found.value.text) : found;
		const message = written.ok ? (found.ok ? found.value.message : '') : written.error;
		runtime.take({type: 'evidence-collected', name, ok: written.ok, message, tookMs: Math.round(clock.monoMs() - startedMs)});
	}

	const bounded = (options: EvidenceOptions, signal: AbortSignal): Promise<Result<Evidence, string>> =>
		(evidence as EvidenceCollectors)
			.collect(options, () => errorCodes(runtime.state), signal)
			.catch((fault: unknown) => fail(`the collector itself failed: ${String(fault)}`));

	async function write(name: string, text: string): Promise<Result<void, string>> {
		await mkdir(under, {recursive: true, mode: 0o700}).catch(() => {});
		const written = await writeWhole(join(under, name), text);
		if (written.ok) runtime.take({type: 'artifact-written', name: `evidence/${name}`, ...written.value});
		return written.ok ? {ok: true, value: undefined} : written;
	}

	function gatherOwed(state: SessionState, after: EvidenceTime): void {
		const owed = new Set(evidenceOwed(state, after));
		for (const options of evidence?.list ?? []) {
			if (owed.has(options.name) && !working.has(options.name)) working.set(options.name, gather(options).catch(complain));
		}
	}

	listeners.add((event, state) => {
		const isDown = event.type === 'action-verified' && event.split.weightPercent === 0;
		const isPromoted = event.type === 'session-ended' && event.outcome === 'promoted';
		if (state.rollback && (isDown || event.type === 'action-failed')) setImmediate(() => gatherOwed(runtime.state, 'rollback'));
		else if (event.type === 'action-verified' && !state.rollback) setImmediate(() => gatherOwed(runtime.state, 'start'));
		else if (isPromoted) setImmediate(() => gatherOwed(runtime.state, 'promotion'));
	});
	if (runtime.state.rollback?.verifiedAtMs !== undefined) gatherOwed(runtime.state, 'rollback');
	else if (!runtime.state.rollback) for (const after of ['start', 'promotion'] as const) gatherOwed(runtime.state, after);
	farewells.add(async () => void (await Promise.all(working.values())));
}

/** `  42  QUERY_TIMEOUT`, the most frequent first. */
function errorCodes({errors}: SessionState): string {
	const counts = new Map<string, number>();
	for (const {code, level, count} of errors.groups) {
		const key = code === '' ? `(no code, ${level === '' ? 'no level' : level})` : code;
		counts.set(key, (counts.get(key) ?? 0) + count);
	}
	return [...counts]
		.sort(([one, left], [other, right]) => right - left || (one < other ? -1 : 1))
		.map(([code, count]) => `${String(count).padStart(8)}  ${code}\n`)
		.join('');
}
