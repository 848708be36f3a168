import {admit} from '../core/admit.ts';
import type {Command} from '../core/protocol.ts';
import type {KeyBinding} from './key-binding.ts';
import type {Scene} from './scene.ts';

/** Nothing reaches a controller that is not there, and nothing changes a saved session. */
function unreachable({link}: Scene): string | undefined {
	if (link.replay) return 'this is a replay';
	if (link.role === 'read-only') return 'this console is read only';
	if (link.status === 'lost') return 'the controller is lost';
	return link.status === 'ended' ? 'the session is over' : undefined;
}

/** Leaving is always allowed; where this console can't ask for it, something else can. */
function rollbackReason(scene: Scene): string | undefined {
	const reason = unreachable(scene);
	return reason !== undefined && scene.link.status === 'lost' && scene.link.role !== 'read-only'
		? 'lost: canary rollback works in a shell'
		: reason;
}

/** The controller's own rule, asked before the key rather than after it. */
const refused =
	(command: Command) =>
	(scene: Scene): string | undefined => {
		const {state, link, ui, now} = scene;
		const asker = {role: link.role, who: link.who, ...(ui.armedUntilMs !== undefined && {armedUntilMs: ui.armedUntilMs})};
		const {accepted, reason} = admit(state, command, asker, now.tMs);
		return unreachable(scene) ?? (accepted ? undefined : reason);
	};

const hold = refused({command: 'hold', reason: ''});
const resume = refused({command: 'resume', reason: ''});

function armReason(scene: Scene): string | undefined {
	return unreachable(scene) ?? (scene.link.role === 'attached' ? undefined : 'this console may do everything already');
}

/** What is asked of the controller. */
export const actKeys: readonly KeyBinding[] = [
	{
		action: 'promote',
		keys: ['p'],
		label: () => 'promote',
		help: 'Promote to the next stage. Asks, with Cancel focused; the step to 100 % asks for the profile’s name to be typed.',
		group: 'Act',
		guarded: true,
		footer: 3,
		disabledReason: refused({command: 'promote', reason: ''}),
	},
	{
		action: 'hold',
		keys: ['h'],
		label: ({state}) => (state.held ? 'resume' : 'hold'),
		help: 'Hold: the stage clock stands still and nothing goes forward; guarding goes on. Held, it resumes (and asks).',
		group: 'Act',
		guarded: true,
		footer: 4,
		disabledReason: scene => (scene.state.held ? resume(scene) : hold(scene)),
	},
	{
		action: 'rollback',
		keys: ['r'],
		label: () => 'roll back',
		help: 'Roll back: all traffic to the baseline. Names from → to and the age of the data; y or Enter does it. From any state.',
		group: 'Act',
		guarded: true,
		footer: 1,
		disabledReason: rollbackReason,
	},
	{
		action: 'rollback-gradually',
		keys: [],
		label: () => 'roll back gradually',
		help: 'Roll back in steps over the time that the profile says; also g in the dialog of r. A breach, or r, makes it immediate.',
		group: 'Act',
		guarded: true,
		disabledReason: refused({command: 'rollback-gradually', reason: ''}),
	},
	{
		action: 'snapshot',
		keys: ['s'],
		label: () => 'snapshot',
		help: 'Write a checkpoint now.',
		group: 'Act',
		guarded: true,
		footer: 6,
		disabledReason: refused({command: 'snapshot', reason: ''}),
	},
	{
		action: 'note',
		keys: ['n'],
		label: () => 'note',
		help: 'Write a note into the journal.',
		group: 'Act',
		guarded: true,
		footer: 9,
		disabledReason: refused({command: 'note', text: ''}),
	},
	{
		action: 'acknowledge',
		keys: ['a'],
		label: () => 'acknowledge',
		help: 'Acknowledge the alert of the selected guardrail, or of the first one that is breached.',
		group: 'Act',
		guarded: true,
		footer: 8,
		disabledReason: scene =>
			unreachable(scene) ??
			(Object.values(scene.state.guardrails).some(({status}) => status !== 'ok') ? undefined : 'no alert stands'),
	},
	{
		action: 'arm',
		keys: ['A'],
		label: () => 'arm',
		help: 'Arm an attached console for ten minutes, with a name and a reason: promote, hold and resume then work here.',
		group: 'Act',
		guarded: true,
		disabledReason: armReason,
	},
	{
		action: 'end',
		keys: [],
		label: () => 'end the session',
		help: 'End the session: write what is due, leave the split where it is, stop the controller. Only in the palette, and it asks.',
		group: 'Act',
		guarded: true,
		disabledReason: refused({command: 'end', reason: ''}),
	},
	{
		action: 'preflight',
		keys: [],
		label: () => 'pre-flight again',
		help: 'Run the checks before the first weight again, after mending what failed. Only in the palette.',
		group: 'Act',
		guarded: true,
		disabledReason: refused({command: 'preflight', reason: ''}),
	},
	{
		action: 'stop-instance',
		keys: [],
		label: () => 'stop the instance',
		help: 'Stop the candidate’s own instance, which the controller started; refused while it gets traffic. Only in the palette, and it asks.',
		group: 'Act',
		guarded: true,
		disabledReason: refused({command: 'stop-instance', reason: ''}),
	},
	{
		action: 'restart-baseline',
		keys: [],
		label: () => 'restart the baseline',
		help: 'Run the restart of the baseline again, after it failed behind the promotion. Only in the palette, and it asks.',
		group: 'Act',
		guarded: true,
		disabledReason: refused({command: 'restart-baseline', reason: ''}),
	},
];
