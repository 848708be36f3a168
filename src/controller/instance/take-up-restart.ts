import type {ProcessMark} from '../../core/facts/instance.ts';
import type {CheckResult} from '../../core/facts/preflight.ts';
import type {InstanceContext} from './context.ts';
import {findMarked, hasProc, lifeOfMark} from './os-process.ts';
import {left, outlasted, type Restart, restartMarker, restartMarkerName, untilBaselineHealthy} from './restart.ts';

const lookEveryMs = 500;

const lookFirst = 'See that it does not run any more, then: canary instance restart-baseline.';

/**
 * Goes on with a restart of the baseline whose controller died: waits for the end of its command, for the rest of its time, and never
 * begins a second one beside it. What a process that is not our child ended with nobody is told, so the baseline's health decides.
 * Undefined when none was ever begun, and it is to be run. Never rejects.
 */
export async function takeUpRestart(
	{command, timeoutMs, health}: Restart,
	context: InstanceContext,
): Promise<CheckResult | undefined> {
	const {clock, signal, take, tMs, state} = context;
	const program = command.argv[0] ?? '';
	const known = state().baseline?.process;
	const marked = known ? {leader: known, others: []} : findMarked(restartMarker(context), restartMarkerName);
	const {leader} = marked;
	const unseen = 'ended; what with is not known, for its controller had died';
	if (!leader) {
		// It has ended, and something that it started goes on.
		if (marked.others.length > 0) return await untilBaselineHealthy(health, context, `${program} ${unseen}`);
		if (hasProc()) return undefined;
		const message = `a controller died while it was starting ${program}, and this system does not say whether it runs.`;
		return {ok: false, message, remedy: lookFirst};
	}
	const {pid, host} = leader;
	switch (lifeOfMark(leader)) {
		case 'unknown': {
			const message = `${program} was begun on ${host} (pid ${pid}): from here nobody sees whether it runs.`;
			return {ok: false, message, remedy: lookFirst};
		}
		case 'dead':
			return await untilBaselineHealthy(health, context, `${program} (pid ${pid}) ${unseen}`);
		case 'alive':
			break;
	}
	take({type: 'baseline-restart-started', process: leader, found: true});
	const {sinceMs = tMs(), isGuessed = false} = state().baseline ?? {};
	const untilMs = clock.monoMs() + Math.max(0, timeoutMs - (tMs() - sinceMs));
	if (await endsUntil(leader, untilMs, context)) {
		return await untilBaselineHealthy(health, context, `${program} (pid ${pid}) ${unseen}`);
	}
	if (signal.aborted) return left;
	if (!isGuessed) return await outlasted(program, timeoutMs, pid, context);
	// Only the marker speaks for it: it may be what the command left running, and that the baseline itself.
	const message = `pid ${pid} was found in the place of ${program} and did not end within ${timeoutMs / 1_000} s; it was left alone.`;
	return {
		ok: false,
		message,
		remedy: `If it is the command, end it; if it is the baseline, see that it is sound. Then: canary instance restart-baseline.`,
	};
}

async function endsUntil(mark: ProcessMark, untilMs: number, {clock, signal}: InstanceContext): Promise<boolean> {
	while (lifeOfMark(mark) === 'alive') {
		if (signal.aborted || clock.monoMs() >= untilMs) return false;
		await clock.sleep(lookEveryMs, signal);
	}
	return true;
}
