import {fromNum} from '../core/num.ts';
import {intervalText, judged, type Observed, observedOf, observedRequestsId, wilson} from '../core/observed-split.ts';
import {percentText} from '../core/reduce-split.ts';
import {type Split, sameSplit} from '../core/split.ts';
import type {SessionState} from '../core/state.ts';
import {isFile} from '../journal/is-file.ts';
import type {SessionSummary} from '../journal/sessions.ts';
import {compilePlan} from '../profile/compile.ts';
import {askOnce} from './ask-once.ts';
import {connectTo} from './connect.ts';
import {controlCommand} from './control.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';
import {loadOrThrow} from './load.ts';
import {CommandError, safe, say, sayJson} from './output.ts';
import {closeParts, openParts} from './parts.ts';
import {findSession} from './sessions-on-disk.ts';
import {stateOnDisk} from './state-on-disk.ts';
import {whoAmI} from './who.ts';

export type SplitOptions = {
	readonly verify?: boolean;
	readonly rebalance?: boolean;
	readonly reason?: string;
	readonly operator?: string;
	readonly json?: boolean;
	readonly timeoutMs: number;
};

/** The three numbers, wherever they come from. */
type Shown = {
	readonly of: string;
	readonly askedPercent?: number;
	readonly configured?: Split;
	readonly error?: string;
	readonly observed?: Observed;
	/** Whether the profile has a query for it. */
	readonly isObservable: boolean;
};

/**
 * `canary split`: asked, configured and observed, and whether they agree. Of a session that runs, from its controller; of a profile,
 * read and asked once; of a session that is over, its last. With `verify` both numbers have to be newer than the question.
 */
export async function splitCommand(wanted: string | undefined, options: SplitOptions): Promise<ExitCode> {
	if (options.rebalance) return await rebalance(wanted, options);
	if (wanted !== undefined && /\.ya?ml$/.test(wanted) && !isFile(wanted))
		throw new CommandError(`${wanted}: there is no such profile.`, exitCodes.usage);
	const shown =
		wanted !== undefined && isFile(wanted) ? await ofProfile(wanted) : await ofSession(findSession(wanted, 'any'), options);
	const code = codeOf(shown, options.verify ?? false);
	if (options.json) sayJson({...shown, hasDrifted: hasDrifted(shown), exitCode: code});
	else for (const line of lines(shown)) say(safe(line, 1_000));
	return code;
}

/** By the controller, which keeps the record. Without one only the way down is left, and only where that is what was asked for. */
async function rebalance(wanted: string | undefined, options: SplitOptions): Promise<ExitCode> {
	const session = findSession(wanted, 'any');
	const reason = options.reason ?? 'rebalance';
	if (session.status === 'running') return await controlCommand({command: 'rebalance', reason}, session.name, options);
	const {rollback} = await stateOnDisk(session.folder);
	if (rollback) return await controlCommand({command: 'rollback', reason}, session.name, options);
	const remedy = `canary run --resume ${session.name} takes it up again, canary rollback ${session.name} leaves.`;
	throw new CommandError(
		`${session.name} has no controller, and a weight is never set without its guard. ${remedy}`,
		exitCodes.usage,
	);
}

async function ofSession(session: SessionSummary, {verify, timeoutMs}: SplitOptions): Promise<Shown> {
	if (session.status !== 'running') {
		if (verify)
			throw new CommandError(`${session.name} has no controller that could look: name its profile instead.`, exitCodes.usage);
		return ofState(session.name, await stateOnDisk(session.folder));
	}
	const client = await connectTo(session, {role: 'read-only', who: whoAmI(undefined), ...(!verify && {once: true})});
	try {
		const {state} = client.getSnapshot();
		if (!verify) return ofState(session.name, state);
		const newer = await client.until(now => {
			const {split, plan, action} = now;
			if (split.error !== undefined) return true;
			if (action || (split.configuredAtMs ?? 0) <= state.lastTMs) return false;
			// A router that is elsewhere than asked has drifted, whatever will be seen of it.
			if (plan?.observedShareQuery === undefined || !isAsAsked(split)) return true;
			return (split.observedAtMs ?? 0) >= state.lastTMs && observedOf(now)?.isOff !== undefined;
		}, timeoutMs);
		if (!newer.ok) throw new CommandError(`nothing newer was read and seen: ${newer.error}`, exitCodes.inconclusive);
		return ofState(session.name, newer.value);
	} finally {
		client.close();
	}
}

function ofState(name: string, state: SessionState): Shown {
	const {askedPercent, configured, error} = state.split;
	const observed = observedOf(state);
	return {
		of: name,
		isObservable: state.plan?.observedShareQuery !== undefined,
		...(askedPercent !== undefined && {askedPercent}),
		...(configured && {configured}),
		...(error && {error: error.message}),
		...(observed && {observed}),
	};
}

async function ofProfile(path: string): Promise<Shown> {
	const compiled = compilePlan(await loadOrThrow(path));
	const parts = await openParts(compiled);
	if (!parts.ok) throw new CommandError(parts.error, exitCodes.usage);
	const {split, observedPercent, readings} = await askOnce(parts.value, compiled).finally(() => closeParts(parts.value));
	const counted = readings[observedRequestsId];
	const first = counted?.kind === 'values' ? counted.series[0]?.value : undefined;
	const requests = first === undefined ? undefined : fromNum(first);
	const percent = observedPercent === undefined || observedPercent === null ? Number.NaN : fromNum(observedPercent);
	return {
		of: compiled.plan.title,
		isObservable: compiled.plan.observedShareQuery !== undefined,
		...(split.ok ? {configured: split.value} : {error: split.error.message}),
		...(Number.isFinite(percent) && {observed: seenOnce(percent, requests, split.ok ? split.value.weightPercent : undefined)}),
	};
}

function seenOnce(percent: number, requests: number | undefined, configured: number | undefined): Observed {
	if (configured !== undefined) return judged(percent, requests, configured);
	const counted = requests !== undefined && requests >= 1 ? {requests, interval: wilson(percent, requests)} : {};
	return {percent, ...counted, text: 'the split is not known'};
}

const isAsAsked = ({askedPercent, configured}: Pick<Shown, 'askedPercent' | 'configured'>): boolean =>
	askedPercent === undefined || configured === undefined || sameSplit(askedPercent, configured.weightPercent);

const hasDrifted = (shown: Shown): boolean => !isAsAsked(shown) || shown.observed?.isOff === true;

/** Whoever asks to verify is told apart "they agree" and "nobody can tell"; to look, both are no drift. */
function codeOf(shown: Shown, isVerifying: boolean): ExitCode {
	if (shown.error !== undefined || shown.configured === undefined) return exitCodes.unreachable;
	if (hasDrifted(shown)) return exitCodes.bad;
	const isProven = !shown.isObservable || (shown.observed?.isOff === false && !shown.observed.isThin);
	return isProven || !isVerifying ? exitCodes.good : exitCodes.inconclusive;
}

function lines(shown: Shown): readonly string[] {
	const {of, askedPercent, configured, error, observed, isObservable} = shown;
	const asked = askedPercent === undefined ? 'nothing: no session asks' : percentText(askedPercent);
	const drift = isAsAsked(shown) ? '' : '  ✗ not what was asked';
	const range =
		observed?.interval && observed.requests !== undefined
			? `, ${intervalText({...observed, interval: observed.interval, requests: observed.requests})}`
			: '';
	const mark = observed?.isOff === undefined || observed.isThin ? '?' : observed.isOff ? '✗' : '✓';
	const unseen = isObservable ? 'not known: its query gave no share' : 'not asked: the profile has no "observedShare"';
	return [
		of,
		`asked       ${asked}`,
		`configured  ${configured === undefined ? 'not known' : percentText(configured.weightPercent)}${drift}${error === undefined ? '' : `  ✗ ${error}`}`,
		...(configured?.text === undefined ? [] : [`            ${configured.text}`]),
		`observed    ${observed === undefined ? unseen : `${percentText(observed.percent)}${range}`}`,
		...(observed === undefined ? [] : [`            ${mark} ${observed.text}`]),
		...(configured?.warnings ?? []).map(warning => `!  ${warning}`),
	];
}
