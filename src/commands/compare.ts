import {type CompareLine, compareLines, linesOf, verdictText} from '../core/judge/compare-lines.ts';
import {compareCells, explainComparison} from '../core/judge/compare-text.ts';
import {stageText} from '../core/reduce-split.ts';
import type {SessionState} from '../core/state.ts';
import {connectTo} from './connect.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';
import {CommandError, outputColumns, safe, say, sayJson} from './output.ts';
import {findSession} from './sessions-on-disk.ts';
import {stateOnDisk} from './state-on-disk.ts';
import {tableText} from './table.ts';
import {whoAmI} from './who.ts';

type Options = {readonly stage?: number; readonly why?: boolean; readonly json?: boolean};

/** `canary compare`: candidate against baseline over one stage. 0 nothing is worse, 1 something is, 3 something can't be told. */
export async function compareCommand(wanted: string | undefined, {stage, why, json}: Options): Promise<ExitCode> {
	const session = findSession(wanted, 'any');
	const state = session.status === 'running' ? await liveState(session) : await stateOnDisk(session.folder);
	if (!state.plan?.compare) {
		throw new CommandError(`${session.name} compares nothing: its profile has no "compare" (docs/compare.md).`, exitCodes.usage);
	}
	const {lines, title} = pick(state, stage);
	const code = codeOf(lines);
	if (json) {
		sayJson({session: session.name, exitCode: code, stage: title, comparisons: lines.map(jsonOf)});
		return code;
	}
	say(safe(`${session.name}  ${title}  candidate ${state.plan.candidate.name} against baseline ${state.plan.baseline.name}`));
	say(await tableText(lines.map(rowOf), outputColumns()));
	for (const line of lines) {
		if (why) say(`\n${safe(line.comparison.title)}`);
		if (why) for (const [label, text] of explainComparison(line)) say(`  ${label.padEnd(12)}  ${safe(text, 1_000)}`);
		else if (line.verdict !== 'same') say(safe(`${line.comparison.title}: ${verdictText(line)}`));
	}
	return code;
}

async function liveState(session: ReturnType<typeof findSession>): Promise<SessionState> {
	const client = await connectTo(session, {role: 'read-only', who: whoAmI(undefined), once: true});
	const {state} = client.getSnapshot();
	client.close();
	return state;
}

/** The stage asked for, counted from 1; else the last one that was compared. @throws CommandError when it was never entered. */
function pick(state: SessionState, wanted: number | undefined): {readonly lines: readonly CompareLine[]; readonly title: string} {
	const stages = state.compare?.stages ?? [];
	const last = stages.at(-1);
	const found = wanted === undefined ? last : stages.findLast(({stageIndex}) => stageIndex === wanted - 1);
	if (wanted !== undefined && !found) {
		const known = [...new Set(stages.map(({stageIndex}) => stageIndex + 1))];
		const entered = known.length === 0 ? 'no stage was entered yet' : `compared were: ${known.join(', ')}`;
		throw new CommandError(`stage ${wanted} was not compared; ${entered}.`, exitCodes.usage);
	}
	const title = found ? stageText(state.plan?.stages ?? [], found.stageIndex) : 'before the first stage';
	return {title, lines: found && found === last ? compareLines(state) : linesOf(state, found)};
}

function codeOf(lines: readonly CompareLine[]): ExitCode {
	if (lines.some(({verdict}) => verdict === 'worse')) return exitCodes.bad;
	return lines.every(({verdict}) => verdict === 'same' || verdict === 'better') ? exitCodes.good : exitCodes.inconclusive;
}

const glyphs = {same: '✓', better: '✓', worse: '✗', 'too few': '?', 'no data': '?'} as const;

function rowOf(line: CompareLine): Readonly<Record<string, string>> {
	const {metric, candidate, baseline, ratio, n, verdict} = compareCells(line);
	return {metric: safe(metric), candidate, baseline, ratio, n, verdict: `${glyphs[line.verdict]} ${verdict}`};
}

const jsonOf = ({comparison, verdict, text, n, candidate, baseline, planned, spacingMs, followed}: CompareLine) => ({
	...comparison,
	verdict,
	text,
	n,
	candidateMedian: candidate,
	baselineMedian: baseline,
	planned,
	spacingMs,
	taken: followed.taken,
	looked: followed.looked,
});
