import type {KeyBinding} from '../view/key-binding.ts';
import {bindingFor} from '../view/keys.ts';
import {commandFor} from '../view/runbook.ts';
import type {Scene} from '../view/scene.ts';
import {type Flash, type UiState, withoutFlash} from '../view/ui-state.ts';
import type {Effect} from './effect.ts';
import {handleDialog} from './handle-dialog.ts';
import {pressCommand} from './handle-runbook.ts';
import type {Press} from './key-decoder.ts';
import {runAction} from './run-action.ts';

export type Handled = {readonly ui: UiState; readonly effects: readonly Effect[]};

/** Long enough to be read, short enough not to be old. */
export const flashMs = 4_000;

export const flash = (scene: Scene, text: string, tone: Flash['tone']): Flash => ({
	text,
	tone,
	untilAtMs: scene.now.atMs + flashMs,
});

export const withFlash = (scene: Scene, text: string, tone: Flash['tone']): UiState => ({
	...scene.ui,
	flash: flash(scene, text, tone),
});

export const unchanged = ({ui}: Scene): Handled => ({ui, effects: []});

/** What one press makes of the screen, and what is to be done. Pure. A modal takes all keys; a paste outside a field is nothing. */
export function handlePress(scene: Scene, press: Press): Handled {
	if (scene.ui.dialog) return handleDialog(scene, scene.ui.dialog, press);
	if (press.type === 'paste') return {ui: withFlash(scene, 'a paste is no command', 'warn'), effects: []};
	const binding = bindingFor(press.key, scene.link.replay);
	const command = binding ? undefined : commandFor(scene, press.key);
	if (command) return pressCommand({...scene, ui: withoutFlash(scene.ui)}, command, press.isolated);
	if (!binding) return unchanged(scene);
	return perform({...scene, ui: withoutFlash(scene.ui)}, binding, press.isolated, press.key);
}

/** Carries out a key of the table, or says why not. */
export function perform(scene: Scene, binding: KeyBinding, isolated: boolean, key = ''): Handled {
	if (binding.guarded && !isolated) {
		return {ui: withFlash(scene, `${binding.label(scene)}: press the key by itself`, 'warn'), effects: []};
	}
	const reason = binding.disabledReason(scene);
	if (reason !== undefined) return {ui: withFlash(scene, `${binding.label(scene)}: ${reason}`, 'warn'), effects: []};
	return runAction(scene, binding.action, key);
}
