import type {SessionEvent, Who} from './event.ts';
import type {GradualWish} from './facts/gradual.ts';
import type {SessionState} from './state.ts';

/**
 * What console and controller say to each other over the session's Unix socket: one JSON object a line, both ways. The version
 * goes up when an older peer could misread a line; a peer with another version is refused with a sentence that says which to use.
 */
export const protocolVersion = 1;

/** A longer line ends the connection: nobody fills the controller's memory through its socket. */
export const lineBytesMax = 64 * 1024 * 1024;
/** What a client may send in one line. */
export const commandBytesMax = 64 * 1024;

/** The controller beats this often, so that a console knows within two seconds that it is lost. */
export const heartbeatMs = 500;

/**
 * `owner`: the console that started the run. `attached`: looks, may always roll back, and may do the rest once armed. `script`: one
 * command from a shell, named and reasoned. `read-only`: looks. Everybody on the socket is the same Unix user: this guards
 * against slips, not against that user.
 */
export const roles = ['owner', 'attached', 'script', 'read-only'] as const;
export type Role = (typeof roles)[number];

export type Command =
	| {readonly command: 'promote'; readonly reason: string}
	| {readonly command: 'hold'; readonly reason: string}
	| {readonly command: 'resume'; readonly reason: string}
	| {readonly command: 'rollback'; readonly reason: string}
	/** Down in steps; what it doesn't say is the profile's. */
	| ({readonly command: 'rollback-gradually'; readonly reason: string} & GradualWish)
	/** Sets the weight that was asked for once more, where the router has drifted from it. */
	| {readonly command: 'rebalance'; readonly reason: string}
	| {readonly command: 'snapshot'; readonly reason: string}
	| {readonly command: 'note'; readonly text: string}
	| {readonly command: 'acknowledge'; readonly guardrail: string; readonly text: string}
	/** A dashboard was pushed that shows this session. */
	| {readonly command: 'dashboard'; readonly uid: string; readonly title: string; readonly url: string}
	/** A role's yes to leaving the stage, or to the decision; `name` is the person. */
	| {readonly command: 'sign'; readonly role: string; readonly name: string; readonly note: string}
	/** Gives an attached console the owner's rights for ten minutes. */
	| {readonly command: 'arm'; readonly name: string; readonly reason: string}
	/** Stops the candidate's own instance; refused while it gets traffic. */
	| {readonly command: 'stop-instance'; readonly reason: string}
	/** Runs the baseline's restart again, after the one behind the promotion failed. */
	| {readonly command: 'restart-baseline'; readonly reason: string}
	/** Starts an instance that is not there, and runs the checks before the first weight again. */
	| {readonly command: 'preflight'; readonly reason: string}
	/** Has a command of the profile run. `guardrail` and `error`: what is selected where it is asked. `confirmed`: a person said yes to it. */
	| {
			readonly command: 'run';
			readonly title: string;
			readonly guardrail?: string;
			readonly error?: string;
			readonly confirmed: boolean;
	  }
	/** Ends a command that runs, before its time. */
	| {readonly command: 'stop-run'; readonly run: number}
	/** Ends the session: writes what is due, leaves the split where it is, stops the controller. */
	| {readonly command: 'end'; readonly reason: string};

export type CommandName = Command['command'];

export type ClientMessage =
	| {
			readonly type: 'hello';
			readonly protocol: number;
			readonly role: Role;
			readonly who: Who /** Only the state, no events to follow. */;
			readonly once?: boolean;
	  }
	| ({readonly type: 'command'; readonly id: number} & Command);

export type ServerMessage =
	| {
			readonly type: 'welcome';
			readonly protocol: number;
			readonly version: string;
			readonly role: Role;
			readonly folder: string;
			readonly state: SessionState;
	  }
	| {readonly type: 'events'; readonly events: readonly SessionEvent[]}
	/** `tMs`, `atMs`: the controller's session and wall time now, so that a console can show ages by the controller's clock. */
	| {readonly type: 'beat'; readonly tMs: number; readonly atMs: number; readonly consoles: number}
	/** `seq` is the event that records the command, accepted or not. */
	| {readonly type: 'answer'; readonly id: number; readonly accepted: boolean; readonly seq: number; readonly reason: string}
	| {readonly type: 'goodbye'; readonly reason: string};

export const armedForMs = 10 * 60_000;
