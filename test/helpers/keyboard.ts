import type {Effect} from '../../src/console/effect.ts';
import {handlePress} from '../../src/console/handle-press.ts';
import type {Press} from '../../src/console/key-decoder.ts';
import type {Scene} from '../../src/view/scene.ts';

/** A key pressed by itself: `r`, `enter`, `shift-tab`. */
export const press = (key: string): Press => ({type: 'key', key, isolated: true});
/** A key that came in a burst, or on the heels of an escape sequence. */
export const inBurst = (key: string): Press => ({type: 'key', key, isolated: false});
export const paste = (text: string): Press => ({type: 'paste', text});

export type Played = {readonly scene: Scene; readonly effects: readonly Effect[]};

/** The screen after these presses (a plain text is one key pressed by itself), and everything that was to be done. */
export function play(scene: Scene, ...presses: readonly (Press | string)[]): Played {
	return presses.reduce<Played>(
		(before, one) => {
			const {ui, effects} = handlePress(before.scene, typeof one === 'string' ? press(one) : one);
			return {scene: {...before.scene, ui}, effects: [...before.effects, ...effects]};
		},
		{scene, effects: []},
	);
}

/** The letters of a text, each pressed by itself. */
export const typed = (text: string): Press[] => [...text].map(press);

export const sent = ({effects}: Played) => effects.flatMap(effect => (effect.type === 'send' ? [effect.command] : []));
