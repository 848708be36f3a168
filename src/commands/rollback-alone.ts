import {appendFileSync} from 'node:fs';
import {formatDuration} from '../base/duration.ts';
import {fail, ok, type Result} from '../base/result.ts';
import {systemClock} from '../controller/clock.ts';
import {takeLease} from '../controller/lease.ts';
import {percentText} from '../core/reduce-split.ts';
import {sameSplit} from '../core/split.ts';
import {leasesFolder} from '../journal/home.ts';
import {sessionFiles} from '../journal/session-folder.ts';
import type {SessionSummary} from '../journal/sessions.ts';
import {compilePlan} from '../profile/compile.ts';
import type {Router} from '../routers/router.ts';
import {loadOrThrow} from './load.ts';
import {tell} from './output.ts';
import {closeParts, openParts} from './parts.ts';

export type AloneOptions = {readonly by: string; readonly reason: string; readonly timeoutMs: number};

const retryMs = 500;
const tryMsMax = 30_000;

/**
 * All traffic to the baseline without a controller and without a record: the last way out, for a session whose journal can't be
 * gone on with. The routers are those of the profile as run. Refused while a controller that lives holds the target. Gives the
 * sentence that says what the router reads; the error is a sentence too.
 */
export async function rollBackAlone(session: SessionSummary, options: AloneOptions): Promise<Result<string, string>> {
	const compiled = compilePlan(await loadOrThrow(sessionFiles(session.folder).profile));
	const parts = await openParts(compiled);
	if (!parts.ok) return parts;
	const {routers} = parts.value;
	const [{target}] = routers;
	const {by, reason} = options;
	const profile = compiled.plan.profile;
	const lease = await takeLease({folder: leasesFolder(), target, profile, session: session.name, by, clock: systemClock});
	try {
		if (!lease.ok) return fail(lease.error);
		const done = await bringDown(routers, options.timeoutMs);
		if (done.ok)
			note(session.folder, `${by} rolled back without a controller${reason === '' ? '' : `: ${reason}`}; ${done.value}`);
		return done;
	} finally {
		if (lease.ok) lease.value.release();
		await closeParts(parts.value);
	}
}

/** The first router, and every second time a fallback, until one reads back none or the time is over. */
async function bringDown(routers: readonly [Router, ...Router[]], timeoutMs: number): Promise<Result<string, string>> {
	const startedMs = systemClock.monoMs();
	const passedMs = (): number => systemClock.monoMs() - startedMs;
	let told = '';
	for (let attempt = 0; ; attempt++) {
		const router = routers[attempt % routers.length] ?? routers[0];
		const leftMs = Math.max(1_000, timeoutMs - passedMs());
		const set = await router.setWeight(0, AbortSignal.timeout(Math.min(tryMsMax, leftMs)));
		if (set.ok && sameSplit(set.value.weightPercent, 0)) {
			return ok(
				`${router.target} reads ${percentText(set.value.weightPercent)}, verified in ${formatDuration(Math.round(passedMs()))}`,
			);
		}
		const why = set.ok ? `${router.target} still reads ${percentText(set.value.weightPercent)}` : set.error.message;
		if (passedMs() + retryMs >= timeoutMs) return fail(why);
		if (why !== told) tell(`canary rollback: not yet: ${why}`);
		told = why;
		await systemClock.sleep(retryMs);
	}
}

/** The journal can't be written to; the controller's log is the next best place. */
function note(folder: string, text: string): void {
	try {
		appendFileSync(sessionFiles(folder).log, `${new Date().toISOString()} ${text}\n`, {mode: 0o600});
	} catch {
		// A folder that can't be written must not make a rollback that is done look undone.
	}
}
