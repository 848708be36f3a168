import type {Scene} from './scene.ts';

/** What a key, or a line of the palette, makes the console do. */
export type Action =
	| 'rollback'
	| 'rollback-gradually'
	| 'promote'
	| 'hold'
	| 'snapshot'
	| 'note'
	| 'acknowledge'
	| 'arm'
	| 'end'
	| 'preflight'
	| 'stop-instance'
	| 'restart-baseline'
	| 'guardrails'
	| 'traffic'
	| 'timeline'
	| 'errors'
	| 'next-pane'
	| 'previous-pane'
	| 'zoom'
	| 'down'
	| 'up'
	| 'top'
	| 'bottom'
	| 'page-down'
	| 'page-up'
	| 'next-breach'
	| 'previous-breach'
	| 'next-mark'
	| 'previous-mark'
	| 'filter'
	| 'and-filter'
	| 'detail'
	| 'burst'
	| 'compare'
	| 'back'
	| 'palette'
	| 'help'
	| 'quit'
	| 'redraw'
	| 'suspend'
	| 'theme'
	| 'bell'
	| ReplayAction;

/** What a key does in a replay and nowhere else. */
export type ReplayAction =
	| 'play-pause'
	| 'back-5-s'
	| 'on-5-s'
	| 'back-1-min'
	| 'on-1-min'
	| 'to-share'
	| 'to-end'
	| 'previous-tick'
	| 'next-tick'
	| 'slower'
	| 'faster'
	| 'go-to'
	| 'to-next-breach'
	| 'to-previous-breach'
	| 'to-next-checkpoint'
	| 'to-previous-checkpoint'
	| 'to-next-action'
	| 'to-previous-action'
	| 'to-next-note'
	| 'to-previous-note';

export type KeyGroup = 'Act' | 'Replay' | 'Look' | 'Move' | 'Find' | 'Console';

export type KeyBinding = {
	readonly action: Action;
	/** Names as the input decoder gives them: `r`, `shift-tab`, `page-down`. None: only in the palette. */
	readonly keys: readonly string[];
	/** One or two words for the footer and the palette. */
	readonly label: (scene: Scene) => string;
	/** A sentence for `?` and the manual. */
	readonly help: string;
	readonly group: KeyGroup;
	/** Changes something, or opens what does: only one isolated code point counts, never a paste, a burst or the tail of an escape sequence. */
	readonly guarded: boolean;
	/** Where the key means this; absent: live and in a replay alike. */
	readonly only?: 'live' | 'replay';
	/** Its place in the footer when there is room, 1 first to stay; absent: not in the footer. */
	readonly footer?: number;
	/** Why it can't be done now; undefined when it can. A disabled key stays where it is and says this. */
	readonly disabledReason: (scene: Scene) => string | undefined;
};

/** Of a key that can always be used. */
export const always = (): undefined => undefined;
