import type {Result} from '../base/result.ts';
import type {SessionEvent} from '../core/event.ts';
import type {Command, Role} from '../core/protocol.ts';
import type {SessionState} from '../core/state.ts';

/**
 * `live`: beats arrive. `lost`: none for three of their intervals, or the connection broke; the last state is kept and old, and the
 * client tries again by itself. `ended`: the session is over; nothing will come.
 */
export type ClientStatus = 'live' | 'lost' | 'ended';

/** The same object until something changed, as `useSyncExternalStore` wants it. */
export type ClientSnapshot = {
	readonly status: ClientStatus;
	/** Why it is lost or ended; empty while live. */
	readonly reason: string;
	/** By the client's monotonic clock. */
	readonly lostSinceMs?: number;
	readonly state: SessionState;
	readonly folder: string;
	readonly version: string;
	readonly role: Role;
	/** Consoles and scripts connected, this one included. */
	readonly consoles: number;
};

export type Answer = {readonly accepted: boolean; readonly seq: number; readonly reason: string};

export type Client = {
	getSnapshot(): ClientSnapshot;
	/** Called after each change of the snapshot; returns the way out. */
	subscribe(listener: () => void): () => void;
	/** Events as they arrive, already in the state. After a reconnection there may be a gap: the state is whole nevertheless. */
	onEvents(listener: (events: readonly SessionEvent[]) => void): () => void;
	/** The controller's answer: accepted or refused with its reason, and the number of the event that records it. */
	send(command: Command): Promise<Result<Answer, string>>;
	/** Resolves with the first state that fits, now or later; an error when the session ends or the time is over before. */
	until(fits: (state: SessionState) => boolean, timeoutMs: number): Promise<Result<SessionState, string>>;
	/** Session time at the controller now, in ms, carried on by our own clock since the last beat, also while lost. */
	sessionNowMs(): number;
	/** Wall time at the controller now, in ms since 1970. */
	wallNowMs(): number;
	close(): void;
};
