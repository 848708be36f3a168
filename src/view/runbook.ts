import {sanitize} from '../base/text.ts';
import {admit} from '../core/admit.ts';
import type {Command} from '../core/protocol.ts';
import {argvText, type CommandRun, endText} from '../core/reduce-runbook.ts';
import {placesOf, type RunbookPlan} from '../core/runbook-options.ts';
import type {Entry} from './palette.ts';
import type {Scene} from './scene.ts';
import {selectedErrorCode, selectedGuardrail} from './selected.ts';

/** The profile's command that a key runs. */
export const commandFor = ({state}: Scene, key: string): RunbookPlan | undefined =>
	state.plan?.commands?.find(one => one.key === key);

/** What is asked of the controller, with what is selected here as far as the command needs it. */
export function runAsk(scene: Scene, {title, argv}: RunbookPlan, confirmed: boolean): Extract<Command, {command: 'run'}> {
	const places = placesOf(argv);
	const guardrail = places.some(one => one === 'guardrail' || one === 'query' || one === 'value')
		? selectedGuardrail(scene, () => true)
		: undefined;
	const error = places.includes('error') ? selectedErrorCode(scene) : undefined;
	return {command: 'run', title, confirmed, ...(guardrail !== undefined && {guardrail}), ...(error !== undefined && {error})};
}

/** The arguments as they would be now, or why they can't be. */
export function askedNow(scene: Scene, command: RunbookPlan): {readonly argv: readonly string[]} | {readonly reason: string} {
	const {state, link, ui, now} = scene;
	const asker = {
		role: link.role,
		who: link.who,
		session: link.session ?? '',
		...(ui.armedUntilMs !== undefined && {armedUntilMs: ui.armedUntilMs}),
	};
	const {accepted, fact, reason} = admit(state, runAsk(scene, command, true), asker, now.tMs);
	return accepted && fact.type === 'command-asked' ? {argv: fact.argv} : {reason};
}

/** Why it can't be run from here now: the controller's own rule, asked before it. */
export function commandReason(scene: Scene, command: RunbookPlan): string | undefined {
	const {link} = scene;
	if (link.replay) return 'this is a replay';
	if (link.role === 'read-only') return 'this console is read only';
	if (link.status === 'lost') return 'the controller is lost';
	if (link.status === 'ended') return 'the session is over';
	const asked = askedNow(scene, command);
	return 'reason' in asked ? asked.reason : undefined;
}

/** The newest run of it, if there was one. */
export function lastRun({state}: Scene, {title}: RunbookPlan): CommandRun | undefined {
	return state.runbook?.runs.findLast(one => state.plan?.commands?.[one.index]?.title === title);
}

/** Its lines of the palette: each command, then the output of what was run, the newest first. */
export function runbookEntries(scene: Scene): readonly Entry[] {
	const {state, glyphs} = scene;
	const commands = (state.plan?.commands ?? []).map((command): Entry => {
		const reason = commandReason(scene, command);
		return {
			text: `run: ${sanitize(command.title, 50, glyphs.marks)}`,
			keys: sanitize(command.key ?? '', 2, glyphs.marks),
			does: {type: 'run', title: command.title},
			...(reason !== undefined && {disabledReason: reason}),
		};
	});
	const runs = [...(state.runbook?.runs ?? [])].reverse().map(
		(run): Entry => ({
			text: `output ${run.run}: ${sanitize(run.title, 40, glyphs.marks)} ${sanitize(run.end ? endText(run.end) : 'running', 40, glyphs.marks)}`,
			keys: '',
			does: {type: 'output', run: run.run},
		}),
	);
	return [...commands, ...runs];
}

/** For the dialog that asks: what will be run. */
export function commandLine(scene: Scene, command: RunbookPlan): string {
	const asked = askedNow(scene, command);
	return argvText('argv' in asked ? asked.argv : command.argv);
}
