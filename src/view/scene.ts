import type {Role} from '../core/protocol.ts';
import type {SessionState} from '../core/state.ts';
import type {Glyphs} from './glyphs.ts';
import type {OutputText} from './output.ts';
import type {ReplayView} from './replay.ts';
import type {UiState} from './ui-state.ts';

/** The controller's time now, so that ages are by its clock. `offsetMinutes`: how far the reader's zone is ahead of UTC. */
export type Now = {readonly tMs: number; readonly atMs: number; readonly offsetMinutes: number};

export type Size = {readonly columns: number; readonly rows: number};

/** What the console knows about its controller. */
export type Link = {
	/** `lost`: no beat for longer than three are apart; the last state is kept, and is old. `ended`: nothing more will come. */
	readonly status: 'live' | 'lost' | 'ended';
	/** Why it is lost or ended. */
	readonly reason: string;
	/** For how long it has been lost. */
	readonly lostForMs: number;
	readonly role: Role;
	/** Consoles and scripts connected, this one included. */
	readonly consoles: number;
	readonly who: string;
	/** The session's name. */
	readonly session?: string;
	/** A saved session is shown: nothing can be done to it. */
	readonly replay: boolean;
};

/** Everything a screen is made of. The view is a function of this and nothing else. */
export type Scene = {
	readonly state: SessionState;
	readonly ui: UiState;
	readonly link: Link;
	readonly now: Now;
	readonly size: Size;
	readonly glyphs: Glyphs;
	/** Of the run whose output is looked at. */
	readonly output?: OutputText;
	/** Present in a replay: where in the record it stands. */
	readonly replay?: ReplayView;
};

/** The wall time of a session time. */
export const wallOf = ({tMs: nowT, atMs}: Now, tMs: number): number => atMs + (tMs - nowT);

export const liveLink: Link = {status: 'live', reason: '', lostForMs: 0, role: 'owner', consoles: 1, who: '', replay: false};
