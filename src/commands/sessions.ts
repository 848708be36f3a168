import {formatDuration} from '../base/duration.ts';
import type {SessionSummary} from '../journal/sessions.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';
import {outputColumns, safe, say, sayJson} from './output.ts';
import {allSessions} from './sessions-on-disk.ts';
import {tableText} from './table.ts';

/** `canary sessions`: what there is on this machine, newest first. */
export async function sessionsCommand({json}: {json?: boolean}): Promise<ExitCode> {
	const sessions = allSessions();
	if (json) {
		sayJson(sessions);
		return exitCodes.good;
	}
	if (sessions.length === 0) {
		say('No sessions yet. canary run PROFILE starts one.');
		return exitCodes.good;
	}
	const nowMs = Date.now();
	say(
		await tableText(
			sessions.map(session => rowOf(session, nowMs)),
			outputColumns(),
		),
	);
	return exitCodes.good;
}

const words = {
	running: 'running',
	finished: 'finished',
	dead: 'unguarded: its controller died',
	elsewhere: 'on another machine',
	unreadable: 'unreadable',
} as const;

function rowOf({name, status, outcome, reason, lastAtMs, process}: SessionSummary, nowMs: number): Record<string, string> {
	const minuteMs = 60_000;
	const ageMs = lastAtMs === undefined ? undefined : Math.max(0, nowMs - lastAtMs);
	const age =
		ageMs === undefined ? '-' : ageMs < minuteMs ? 'now' : `${formatDuration(Math.floor(ageMs / minuteMs) * minuteMs)} ago`;
	return {
		session: name,
		status: words[status],
		outcome: outcome ?? '-',
		why: reason === undefined || reason === '' ? '-' : safe(reason),
		'last event': age,
		controller: status === 'running' && process ? `pid ${process.pid}` : '-',
	};
}
