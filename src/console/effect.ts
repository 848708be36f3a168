import type {Command} from '../core/protocol.ts';
import type {ReplayCommand} from '../view/replay.ts';

/** What the console does beyond its own screen, as data. */
export type Effect =
	/** `leaves`: the console goes once the controller has taken it. */
	| {readonly type: 'send'; readonly command: Command; readonly leaves?: true}
	| {readonly type: 'replay'; readonly command: ReplayCommand}
	/** A file below the session's artifacts, in the reader's own pager. */
	| {readonly type: 'pager'; readonly name: string}
	| {readonly type: 'quit'}
	| {readonly type: 'redraw'}
	| {readonly type: 'suspend'}
	| {
			readonly type: 'remember';
			readonly preference: {readonly theme: string} | {readonly bell: boolean} | {readonly operator: string};
	  };
