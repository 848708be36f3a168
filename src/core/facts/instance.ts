import type {Who} from '../event.ts';

/**
 * A process, told apart from a later one with the same number: by when it began (clock ticks since boot on Linux, otherwise what
 * `ps` says), by the boot it began in, and by the machine.
 */
export type ProcessMark = {readonly pid: number; readonly startTicks: string; readonly bootId: string; readonly host: string};

/** The life of the candidate's own instance, and the restart of the baseline after the promotion. */
export type InstanceFact =
	/** On the disk before the process begins: after a crash it is looked for before a second one is started. */
	| {readonly type: 'instance-start-intended'; readonly intentId: string; readonly command: string}
	/** `found`: it ran already, started by a controller that died. */
	| {readonly type: 'instance-started'; readonly process: ProcessMark; readonly found: boolean}
	/** Its health, whenever it changes; while it starts, why it is not there yet. */
	| {readonly type: 'instance-checked'; readonly ok: boolean; readonly message: string; readonly tookMs: number}
	/** It could not be started, or did not get healthy in its time. `isRunning`: there is still something to stop. */
	| {readonly type: 'instance-failed'; readonly message: string; readonly remedy?: string; readonly isRunning: boolean}
	/** It ended without being told to. `left`: processes of its group that still run. */
	| {
			readonly type: 'instance-ended';
			readonly message: string;
			readonly code?: number;
			readonly signal?: string;
			readonly left: number;
	  }
	| {readonly type: 'instance-stop-asked'; readonly by: Who; readonly reason: string}
	| {readonly type: 'instance-stop-intended'; readonly intentId: string; readonly reason: string; readonly by: Who}
	/** Nothing of its group runs any more. */
	| {readonly type: 'instance-stopped'; readonly message: string; readonly tookMs: number}
	| {readonly type: 'instance-stop-failed'; readonly message: string}
	| {readonly type: 'baseline-restart-asked'; readonly by: Who; readonly reason: string}
	| {readonly type: 'baseline-restart-intended'; readonly intentId: string; readonly command: string}
	/** `found`: it ran already, begun by a controller that died. */
	| {readonly type: 'baseline-restart-started'; readonly process: ProcessMark; readonly found: boolean}
	/** The command ended with 0, and the baseline answered as it must; or not. */
	| {
			readonly type: 'baseline-restarted';
			readonly ok: boolean;
			readonly message: string;
			readonly remedy?: string;
			readonly tookMs: number;
	  };

export type InstanceFactType = InstanceFact['type'];
