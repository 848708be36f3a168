import {resolve} from 'node:path';
import type {Plan} from '../core/plan.ts';
import {recordedText} from '../core/rerun/verdict.ts';
import type {SessionSummary} from '../journal/sessions.ts';
import {compilePlan} from '../profile/compile.ts';
import {runBacktests} from './backtest-pool.ts';
import type {BacktestResult} from './backtest-session.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';
import {loadOrThrow} from './load.ts';
import {CommandError, outputColumns, safe, say, sayJson, tell} from './output.ts';
import {allSessions, findSession} from './sessions-on-disk.ts';
import {tableText} from './table.ts';

export type BacktestFlags = {readonly all?: boolean; readonly profile?: string; readonly json?: boolean};

type Ran = Extract<BacktestResult, {ok: true}>;

/**
 * `canary backtest SESSION…`: what would have happened under another profile, from the records alone. Without a profile each session is
 * run under its own plan, which must give what happened.
 */
export async function backtestCommand(wanted: readonly string[], {all, profile, json}: BacktestFlags): Promise<ExitCode> {
	const sessions = sessionsOf(wanted, all === true);
	const plan = profile === undefined ? undefined : compilePlan(await loadOrThrow(resolve(profile))).plan;
	const jobs = sessions.map(({name, folder}) => ({name, folder, ...(plan && {plan})}));
	const results = await runBacktests(jobs, progress(jobs.length));
	const code = codeOf(results, plan);
	if (json) sayJson({exitCode: code, ...(plan && {profile: plan.profile}), summary: summaryOf(results), sessions: results});
	else await print(results, plan);
	return code;
}

function sessionsOf(wanted: readonly string[], all: boolean): readonly SessionSummary[] {
	if (all === wanted.length > 0) {
		const message = all
			? '--all and names exclude each other.'
			: 'Name one or more sessions, or give --all; canary sessions lists them.';
		throw new CommandError(message, exitCodes.usage);
	}
	const found = all ? allSessions() : wanted.map(one => findSession(one, 'any'));
	if (found.length === 0) throw new CommandError('There are no sessions yet: canary run PROFILE starts one.', exitCodes.usage);
	return [...new Map(found.map(session => [resolve(session.folder), session])).values()];
}

const progressAfterMs = 1_000;
const progressEveryMs = 500;

/** Says nothing about what takes less than a second. */
function progress(sessions: number): (share: number) => void {
	const startedAt = performance.now();
	let saidAt = startedAt + progressAfterMs - progressEveryMs;
	return share => {
		const now = performance.now();
		if (now - saidAt < progressEveryMs || share >= 1) return;
		saidAt = now;
		const leftMs = ((now - startedAt) * (1 - share)) / Math.max(share, 0.001);
		tell(
			`backtest of ${sessions} ${sessions === 1 ? 'session' : 'sessions'}: ${Math.floor(share * 100)} %, about ${Math.ceil(leftMs / 1_000)} s to go`,
		);
	};
}

/**
 * Without a profile: 0 when every session came out as it did. With one: 1 when any would have been rolled back, 3 when for any nobody
 * can say, 0 when all would have been promoted. 4: a record could not be read.
 */
function codeOf(results: readonly BacktestResult[], plan: Plan | undefined): ExitCode {
	if (results.some(({ok}) => !ok)) return exitCodes.unreachable;
	const ran = results.filter((one): one is Ran => one.ok);
	if (!plan) return ran.every(({verdict}) => verdict.change === 'same') ? exitCodes.good : exitCodes.bad;
	if (ran.some(({rerun}) => rerun.outcome === 'rolled-back')) return exitCodes.bad;
	const isSure = ({rerun, evidence}: Ran): boolean => rerun.outcome === 'promoted' && evidence.every(({by}) => by !== 'none');
	return ran.every(isSure) ? exitCodes.good : exitCodes.inconclusive;
}

function summaryOf(results: readonly BacktestResult[]): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const result of results) {
		const key = result.ok ? result.verdict.change : 'unreadable';
		counts[key] = (counts[key] ?? 0) + 1;
	}
	return counts;
}

const changeWords = {
	same: 'as it happened',
	earlier: 'earlier',
	later: 'later',
	never: 'not by the record',
	'false-alarm': 'FALSE ALARM',
	'rolled-back': 'rolled back',
	promoted: 'promoted',
	'not-promoted': 'not promoted',
	other: 'otherwise',
	unreadable: 'unreadable',
} as const;

async function print(results: readonly BacktestResult[], plan: Plan | undefined): Promise<void> {
	say(plan ? `backtest with ${safe(plan.profile)}` : 'backtest of each session under its own plan');
	const rows = results.map(result => ({
		session: safe(result.session),
		happened: result.ok ? recordedText(result.recorded) : '-',
		'would have': result.ok ? safe(result.verdict.text) : safe(result.error),
		verdict: changeWords[result.ok ? result.verdict.change : 'unreadable'],
	}));
	say(await tableText(rows, outputColumns()));
	for (const result of results) {
		for (const line of detailsOf(result)) say(`  ${safe(line, 1_000)}`);
	}
	const summary = Object.entries(summaryOf(results)).map(
		([change, count]) => `${count} ${changeWords[change as keyof typeof changeWords]}`,
	);
	say(`${results.length} ${results.length === 1 ? 'session' : 'sessions'}: ${summary.join(' · ')}`);
}

/** What must be known beside the verdict: nothing, for most sessions. */
function detailsOf(result: BacktestResult): readonly string[] {
	if (!result.ok) return [`${result.session}: ${result.error}`];
	const {session, parting, evidence, remarks} = result;
	const guardrails = evidence.flatMap(({title, by, note}) => {
		if (by === 'none') return [`${title} can't be answered: ${note}`];
		return note === '' ? [] : [`${title}: ${note}`];
	});
	const lines = [...(parting ? [`leaves the record: ${parting.why}`] : []), ...guardrails, ...remarks];
	return lines.length === 0 ? [] : [`${session}`, ...lines.map(line => `  ${line}`)];
}
