/** The four panes, by the digit that focuses them. */
export const panes = ['guardrails', 'traffic', 'timeline', 'errors'] as const;
export type Pane = (typeof panes)[number];

export type PaneUi = {
	/** The key of the selected item; absent while the pane follows what is new. */
	readonly cursor?: string;
	/** What was newest when following stopped: everything after it is "new". */
	readonly seenMark?: number;
	/** Patterns that must all let a line through; a leading `!` turns one round. */
	readonly filters: readonly string[];
};

/** What a person has typed into a field; `cursor` is always its end. */
export type Dialog =
	| {readonly kind: 'rollback'; readonly choice: 'do' | 'cancel'}
	| {readonly kind: 'gradual'; readonly choice: 'do' | 'cancel'}
	| {readonly kind: 'promote'; readonly choice: 'do' | 'cancel'; readonly toPercent: number; readonly typed: string}
	| {readonly kind: 'resume'; readonly choice: 'do' | 'cancel'}
	| {readonly kind: 'end'; readonly choice: 'do' | 'cancel'}
	| {readonly kind: 'instance'; readonly does: 'stop-instance' | 'restart-baseline'; readonly choice: 'do' | 'cancel'}
	| {readonly kind: 'note'; readonly typed: string}
	| {readonly kind: 'acknowledge'; readonly guardrail: string; readonly typed: string}
	| {readonly kind: 'arm'; readonly field: 'name' | 'reason'; readonly name: string; readonly reason: string}
	| {readonly kind: 'filter'; readonly pane: Pane; readonly mode: 'only' | 'and'; readonly typed: string}
	| {readonly kind: 'palette'; readonly typed: string; readonly selected: number}
	| {readonly kind: 'go-to'; readonly typed: string}
	| {readonly kind: 'quit'; readonly choice: QuitChoice}
	/** A dangerous command of the profile is asked about. */
	| {readonly kind: 'command'; readonly title: string; readonly choice: 'do' | 'cancel'}
	/** What a command printed: `scroll` lines down, or following its end; `left` columns cut; `typing`: a filter on its way. `pager`: shown there at its end. */
	| {
			readonly kind: 'output';
			readonly run: number;
			readonly scroll: number | 'end';
			readonly left: number;
			readonly filter: string;
			readonly typing?: string;
			readonly pager?: true;
			/** Once more, and it is stopped. */
			readonly stops?: true;
	  }
	| {readonly kind: 'help'; readonly scroll: number}
	| {readonly kind: 'burst'; readonly scroll: number}
	| {readonly kind: 'compare'; readonly scroll: number}
	| {readonly kind: 'detail'; readonly guardrail: string; readonly scroll: number};

export const quitChoices = ['leave', 'hold', 'rollback', 'stay'] as const;
/** What becomes of the controller when the console goes. */
export type QuitChoice = (typeof quitChoices)[number];

/** A sentence that answers the last key, shown for a few seconds. */
export type Flash = {readonly text: string; readonly tone: 'good' | 'warn' | 'bad' | 'dim'; readonly untilAtMs: number};

/** What the screen remembers of its reader. Nothing of the session is in here. */
export type UiState = {
	readonly focus: Pane;
	readonly zoomed: boolean;
	readonly panes: Readonly<Record<Pane, PaneUi>>;
	readonly dialog?: Dialog;
	readonly flash?: Flash;
	readonly theme: string;
	readonly bell: boolean;
	/** Who arms this console, as last typed. */
	readonly operator: string;
	/** Session time until which the controller granted this console an owner's rights. */
	readonly armedUntilMs?: number;
};

const paneUi: PaneUi = {filters: []};

export const initialUi: UiState = {
	focus: 'guardrails',
	zoomed: false,
	panes: {guardrails: paneUi, traffic: paneUi, timeline: paneUi, errors: paneUi},
	theme: 'default',
	bell: true,
	operator: '',
};

/** The same screen with one pane's memory changed. */
export const withPane = (ui: UiState, pane: Pane, change: PaneUi): UiState => ({...ui, panes: {...ui.panes, [pane]: change}});

export function withoutDialog({dialog: _, ...ui}: UiState): UiState {
	return ui;
}

export function withoutFlash({flash: _, ...ui}: UiState): UiState {
	return ui;
}
