import {basename, join} from 'node:path';
import type {Result} from '../base/result.ts';
import type {Command} from '../core/protocol.ts';
import type {SessionState} from '../core/state.ts';
import {sessionFiles} from '../journal/session-folder.ts';
import type {Glyphs} from '../view/glyphs.ts';
import type {ReplayCommand, ReplayView} from '../view/replay.ts';
import type {Link, Scene, Size} from '../view/scene.ts';
import {type UiState, withoutFlash} from '../view/ui-state.ts';
import type {Answer, Client} from './client-port.ts';
import type {Effect} from './effect.ts';
import {flash, flashMs, handlePress} from './handle-press.ts';
import {outputDialog} from './handle-runbook.ts';
import type {Press} from './key-decoder.ts';
import {createOutputFollower} from './output-follower.ts';
import {createRinger} from './ringer.ts';

/** What is done outside of the screen's own memory. */
export type ConsolePorts = {
	readonly client: Client;
	/** A recorded session is shown, and this moves about in it. */
	readonly replay?: {view(): ReplayView; command(command: ReplayCommand): Promise<string | undefined>};
	readonly who: string;
	readonly ui: UiState;
	readonly glyphs: Glyphs;
	readonly size: () => Size;
	/** Minutes the reader's clock is ahead of UTC. */
	readonly offsetMinutes: () => number;
	/** Something on the screen changed. `urgent`: a person waits for it, or must see it now. */
	readonly changed: (urgent: boolean) => void;
	readonly quit: () => void;
	readonly redraw: () => void;
	readonly suspend: () => void;
	readonly remember: (preference: Extract<Effect, {type: 'remember'}>['preference']) => void;
	readonly bell: () => void;
	readonly note: (title: string, text: string) => void;
	/** Shows a file in the reader's own pager, and returns when it is left; or why it can't. */
	readonly pager: (path: string) => string | undefined;
	/** A monotonic clock in ms. */
	readonly monoMs: () => number;
};

export type ConsoleSession = {
	readonly scene: () => Scene;
	press(press: Press): void;
	close(): void;
};

/** The screen's memory and what moves it: presses from one side, the controller's state from the other. */
export function createConsoleSession(ports: ConsolePorts): ConsoleSession {
	const {client, monoMs} = ports;
	let ui = ports.ui;
	let seen = client.getSnapshot().state;
	const ring = createRinger(ports);
	let flashTimer: NodeJS.Timeout | undefined;

	const link = (): Link => {
		const {status, reason, lostSinceMs, role, consoles, folder} = client.getSnapshot();
		const lostForMs = lostSinceMs === undefined ? 0 : Math.max(0, monoMs() - lostSinceMs);
		const session = basename(folder);
		return {status, reason, lostForMs, role, consoles, session, who: ports.who, replay: ports.replay !== undefined};
	};

	const outputs = createOutputFollower(() => ports.changed(true));
	const artifact = (name: string): string => join(sessionFiles(client.getSnapshot().folder).artifacts, name);

	/** The file of the run whose output is open, and no other. Opened for the pager, it goes there once it is over. */
	function followOutput(): void {
		const {dialog} = ui;
		const run =
			dialog?.kind === 'output' ? client.getSnapshot().state.runbook?.runs.find(one => one.run === dialog.run) : undefined;
		outputs.follow(run && {path: artifact(run.name), ...(run.end && {end: {sha256: run.end.sha256}})});
		if (dialog?.kind !== 'output' || !dialog.pager || !run?.end) return;
		const {pager: _, ...looked} = dialog;
		ui = {...ui, dialog: {...looked, scroll: 0}};
		if (run.end.sha256 !== undefined) perform({type: 'pager', name: run.name});
	}

	const scene = (): Scene => ({
		state: client.getSnapshot().state,
		ui,
		link: link(),
		now: {tMs: client.sessionNowMs(), atMs: client.wallNowMs(), offsetMinutes: ports.offsetMinutes()},
		size: ports.size(),
		glyphs: ports.glyphs,
		...output(),
		...(ports.replay && {replay: ports.replay.view()}),
	});

	function output(): Pick<Scene, 'output'> {
		const text = ui.dialog?.kind === 'output' ? outputs.text() : undefined;
		return text ? {output: text} : {};
	}

	function show(next: UiState): void {
		ui = next;
		followOutput();
		clearTimeout(flashTimer);
		if (ui.flash) {
			// In a replay the wall clock jumps; a sentence stays as long as ever.
			const wait = Math.max(0, Math.min(flashMs, ui.flash.untilAtMs - client.wallNowMs()));
			flashTimer = setTimeout(() => show(withoutFlash(ui)), wait);
			flashTimer.unref();
		}
		ports.changed(true);
	}

	function perform(effect: Effect): void {
		switch (effect.type) {
			case 'send':
				void send(effect.command, effect.leaves === true);
				break;
			case 'replay':
				void ports.replay?.command(effect.command).then(refused);
				break;
			case 'pager':
				refused(ports.pager(artifact(effect.name)));
				break;
			case 'quit':
				ports.quit();
				break;
			case 'redraw':
				ports.redraw();
				break;
			case 'suspend':
				ports.suspend();
				break;
			case 'remember':
				ports.remember(effect.preference);
				break;
		}
	}

	function refused(reason: string | undefined): void {
		if (reason !== undefined) show({...ui, flash: flash(scene(), reason, 'warn')});
	}

	async function send(command: Command, leaves: boolean): Promise<void> {
		const answer = await client.send(command);
		const isTaken = answer.ok && answer.value.accepted;
		if (isTaken && command.command === 'arm') ui = {...ui, armedUntilMs: client.getSnapshot().state.armed?.untilMs ?? 0};
		if (isTaken && command.command === 'run') openOutput(answer.value.seq, command.title);
		const {text, tone} = said(command, answer);
		show({...ui, flash: flash(scene(), text, tone)});
		// Who leaves on "roll back" has to see when it was not taken.
		if (leaves && isTaken) ports.quit();
	}

	/** What it prints is shown at once, unless something else was opened meanwhile. */
	function openOutput(seq: number, title: string): void {
		const {state} = client.getSnapshot();
		const run = state.runbook?.runs.find(one => one.seq === seq);
		if (!run || ui.dialog) return;
		const isForPager = state.plan?.commands?.find(one => one.title === title)?.output === 'pager';
		ui = {...ui, dialog: {...outputDialog(scene(), run.run), ...(isForPager && {pager: true})}};
	}

	const stop = client.subscribe(() => {
		const {state} = client.getSnapshot();
		const before = seen;
		seen = state;
		if (before.runbook !== state.runbook || ports.replay) followOutput();
		if (ui.bell && !ports.replay) ring(before, state);
		ports.changed(ports.replay !== undefined || isNews(before, state));
	});

	return {
		scene,
		press(press) {
			const {ui: next, effects} = handlePress(scene(), press);
			show(next);
			for (const effect of effects) perform(effect);
		},
		close() {
			clearTimeout(flashTimer);
			outputs.close();
			stop();
		},
	};
}

const words: Readonly<Record<Command['command'], string>> = {
	promote: 'promote asked',
	hold: 'held',
	resume: 'resumed',
	rollback: 'rollback asked',
	'rollback-gradually': 'gradual rollback asked',
	rebalance: 'the weight is set once more',
	snapshot: 'snapshot asked',
	note: 'noted',
	dashboard: 'noted',
	acknowledge: 'acknowledged',
	sign: 'signed',
	arm: 'armed for ten minutes',
	preflight: 'the pre-flight begins',
	'stop-instance': 'the instance is being stopped',
	'restart-baseline': 'the baseline is being restarted',
	run: 'it runs',
	'stop-run': 'it is being stopped',
	end: 'end asked',
};

function said({command}: Command, answer: Result<Answer, string>): {text: string; tone: 'good' | 'warn' | 'bad'} {
	const name = command === 'rollback-gradually' ? 'gradual rollback' : command;
	if (!answer.ok) return {text: `${name}: not delivered: ${answer.error}`, tone: 'bad'};
	const {accepted, reason} = answer.value;
	return accepted ? {text: words[command], tone: 'good'} : {text: `${name} refused: ${reason}`, tone: 'warn'};
}

/** Worth a frame at once: anything but values that move. */
function isNews(before: SessionState, after: SessionState): boolean {
	if (before === after) return true;
	const parts = [
		'action',
		'lastAction',
		'rollback',
		'ended',
		'held',
		'alarms',
		'stage',
		'armed',
		'preflight',
		'burst',
		'gradual',
		'instance',
		'baseline',
		'runbook',
	] as const;
	const isStageNews = before.stage.index !== after.stage.index;
	const changed = parts.some(part => part !== 'stage' && before[part] !== after[part]);
	return (
		isStageNews || changed || Object.entries(after.guardrails).some(([id, {status}]) => before.guardrails[id]?.status !== status)
	);
}
