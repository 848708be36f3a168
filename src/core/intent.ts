import type {CheckpointTrigger, Outcome, Purpose, Who} from './event.ts';

/**
 * What the runtime shall do, as data. Ids are made from the number of the event that led to it, so that replaying the journal
 * gives the same intents with the same ids, and "done already?" is a look-up.
 */
export type Intent =
	/** Abort whatever call to the router is under way when `urgent`, then set the weight through the action protocol. */
	| {
			readonly type: 'set-weight';
			readonly id: string;
			readonly purpose: Purpose;
			readonly toPercent: number;
			readonly stageIndex: number;
			readonly reason: string;
			readonly by: Who;
			readonly urgent: boolean;
			/** A rollback that is the last step of a gradual one. */
			readonly endsGradual?: true;
	  }
	| {readonly type: 'write-checkpoint'; readonly id: string; readonly name: string; readonly trigger: CheckpointTrigger}
	| {readonly type: 'append-metrics-check'; readonly id: string}
	| {readonly type: 'end-session'; readonly id: string; readonly outcome: Outcome; readonly reason: string}
	/** Starts the candidate's own instance, and waits until it is healthy. */
	| {readonly type: 'start-instance'; readonly id: string}
	/** Stops it, with everything of its process group. */
	| {readonly type: 'stop-instance'; readonly id: string; readonly reason: string; readonly by: Who}
	/** Puts the new version into service where the old one was. */
	| {readonly type: 'restart-baseline'; readonly id: string};

/** An intent whose id is not made yet. */
export type Draft = Intent extends infer One ? (One extends Intent ? Omit<One, 'id'> : never) : never;
