import {formatDuration} from '../base/duration.ts';
import type {SessionEvent} from '../core/event.ts';
import {stageText} from '../core/reduce-split.ts';
import {initialState} from '../core/state.ts';
import {recordFiles} from '../journal/archive.ts';
import {foldEntry} from '../journal/fold.ts';
import {readRecord, recordForm} from '../journal/record.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';
import {CommandError, outputColumns, safe, say, sayJson} from './output.ts';
import {findSession} from './sessions-on-disk.ts';
import {sizeText} from './size.ts';
import {tableText} from './table.ts';

const actionTypes = [
	'promote-asked',
	'rollback-asked',
	'hold-asked',
	'resume-asked',
	'end-asked',
	'action-verified',
	'note-added',
] as const;
type Action = Extract<SessionEvent, {type: (typeof actionTypes)[number]}>;
const isAction = (event: SessionEvent): event is Action => (actionTypes as readonly string[]).includes(event.type);

/** `canary sessions show`: one session's facts, from its record alone. */
export async function sessionsShowCommand(wanted: string | undefined, {json}: {json?: boolean}): Promise<ExitCode> {
	const session = findSession(wanted, 'any');
	const {folder, name, status} = session;
	let state = initialState;
	let events = 0;
	const actions: Action[] = [];
	for await (const entry of readRecord(folder)) {
		if (!entry.ok)
			throw new CommandError(`${name}: ${entry.error.message}. canary sessions verify says more.`, exitCodes.unreachable);
		state = foldEntry(state, entry.value);
		if (entry.value.kind !== 'event') continue;
		events++;
		if (isAction(entry.value.event)) actions.push(entry.value.event);
	}
	const files = recordFiles(folder);
	const {plan, stage, ended, lastAtMs, lastTMs} = state;
	const stages = (plan?.stages ?? []).map(({weightPercent}, index) => ({
		weightPercent,
		text: stageText(plan?.stages ?? [], index),
	}));
	const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
	const journal = recordForm(folder);
	if (json) {
		const {header} = session;
		sayJson({
			session: name,
			folder,
			status,
			header,
			ended,
			events,
			tMs: lastTMs,
			stage: stage.index,
			stages,
			actions,
			journal,
			bytes,
			files,
		});
		return exitCodes.good;
	}
	say(`${safe(name)}  ${status}${ended ? `  ${ended.outcome}: ${safe(ended.reason)}` : ''}`);
	say(
		`profile ${safe(plan?.profile ?? '-')}, by ${safe(state.operator)}; ${events} events in ${formatDuration(Math.floor(lastTMs / 1_000) * 1_000)}`,
	);
	say(`last event ${new Date(lastAtMs).toISOString()}; ${sizeText(bytes)} in ${folder}`);
	say(stage.index < 0 ? 'never set a weight' : `reached ${stageText(plan?.stages ?? [], stage.index)}`);
	if (actions.length > 0) say(await tableText(actions.slice(-actionsMax).map(actionRow), outputColumns()));
	say(
		await tableText(
			files.map(file => ({file: safe(file.path), size: sizeText(file.bytes)})),
			outputColumns(),
		),
	);
	return exitCodes.good;
}

/** The last ones say how it went; the report says all. */
const actionsMax = 30;

function actionRow(event: Action): Record<string, string> {
	const what = event.type === 'action-verified' ? `weight ${event.split.weightPercent} % (${event.router})` : '';
	const why = 'reason' in event ? event.reason : 'text' in event ? event.text : what;
	return {
		when: new Date(event.atMs).toISOString(),
		action: event.type,
		by: 'by' in event ? safe(event.by) : '-',
		what: safe(why, 120) || '-',
	};
}
