import type {CheckpointTrigger, Outcome, Purpose, SessionEvent, Who} from '../core/event.ts';
import type {Plan} from '../core/plan.ts';
import type {Split} from '../core/split.ts';
import type {SessionState, Status, TimelineEntry} from '../core/state.ts';
import type {Growing} from './growing.ts';
import type {AlertRecord, BurstRecord, ToldRecord} from './record-told.ts';
import type {Stamp} from './ref.ts';

export type {AlertRecord, BurstRecord, ToldRecord} from './record-told.ts';

/** One change of weight from its intent to its result, with the router's own words before and after. */
export type ActionRecord = {
	readonly intentId: string;
	readonly purpose: Purpose;
	readonly toPercent: number;
	readonly stageIndex: number;
	readonly reason: string;
	readonly by: Who;
	readonly intended: Stamp;
	before?: {readonly seq: number; readonly router: string; readonly split: Split};
	after?: {readonly seq: number; readonly router: string; readonly split: Split};
	readonly failures: {readonly seq: number; readonly attempt: number; readonly router: string; readonly message: string}[];
	result: 'verified' | 'failed' | 'aborted' | 'unanswered';
	attempts: number;
	done?: Stamp;
};

/** The time in which one stage's weight was in force. */
export type StagePeriod = {
	readonly index: number;
	/** The candidate's share that the router read then. */
	readonly weightPercent?: number;
	readonly entered: Stamp;
	exited?: Stamp;
	/** Of the stage clock, when it was left. */
	watchedMs: number;
	end: 'next' | 'lowered' | 'rolled-back' | 'promoted' | 'ended' | 'open';
	/** The state just before the step out of it was decided: what its gates were judged by. */
	atDecision?: {readonly seq: number; readonly state: SessionState; readonly by: Who; readonly reason: string};
	errorLines: number;
	errorSeqs?: [first: number, last: number];
	/** The last poll of its first minutes, where stop rules held in them. */
	firstToSeq?: number;
	readonly pools: PoolRecord;
};

/** A guardrail outside its bound, from the first answer that was. */
export type Episode = {
	readonly guardrail: string;
	readonly began: Stamp;
	readonly stage: number;
	breached?: Stamp & {readonly by: 'bound' | 'severe' | 'no-data'};
	over?: Stamp;
	worst?: {readonly value: number; readonly seq: number; readonly labels: string};
	because: string;
};

/** A guardrail without an answer to judge by. */
export type Silence = {readonly guardrail: string; readonly began: Stamp; over?: Stamp; because: string; readonly status: Status};

/** One thing a person or the program said, asked or noted. */
export type Entry = Stamp & {readonly by: Who; readonly what: string; readonly text: string};

export type FileRecord = Stamp & {
	readonly kind: 'artifact' | 'checkpoint';
	readonly name: string;
	readonly trigger?: CheckpointTrigger;
	readonly sha256: string;
	readonly bytes: number;
	/** How often it was written. */
	readonly writes: number;
};

export type SignOff = Stamp & {readonly role: string; readonly by: Who; readonly note: string};

/** The series of one guardrail: one number a tick, beside those of {@link Recorded.ticks}. */
export type Series = {
	/** The believed value, worst of its series; NaN where there was none. */
	readonly values: Growing;
	/** Index into `statuses`. */
	readonly statuses: Growing;
	/** Requests per second behind it, where the guardrail asks for them. */
	readonly requests: Growing;
};

/** All that a report needs of a journal, gathered in one pass. Lists are bounded; `left` counts what did not fit. */
export type Recorded = {
	readonly header: {readonly version: string; readonly profile: string; readonly startedAt: string};
	plan?: Plan;
	started?: Stamp & {readonly by: Who; readonly host: string; readonly version: string};
	last?: Stamp;
	state: SessionState;
	readonly ticks: {
		readonly seq: Growing;
		readonly dueMs: Growing;
		readonly atMs: Growing;
		/** Stage index; -1 before the first weight and after the stages. */
		readonly stage: Growing;
		readonly observed: Growing;
		missed: number;
	};
	readonly series: ReadonlyMap<string, Series>;
	readonly errors: {readonly tMs: Growing; readonly lines: Growing; total: number; dropped: number; seqs?: [number, number]};
	readonly periods: StagePeriod[];
	readonly actions: ActionRecord[];
	readonly episodes: Episode[];
	readonly silences: Silence[];
	/** Those that are not over, by guardrail. */
	readonly open: {readonly episodes: Map<string, Episode>; readonly silences: Map<string, Silence>};
	readonly entries: Entry[];
	readonly resumes: (Stamp & {readonly by: Who; readonly unguardedMs: number; readonly hadTraffic: boolean})[];
	readonly jumps: (Stamp & {readonly byMs: number; readonly hadTraffic: boolean})[];
	readonly files: Map<string, FileRecord>;
	readonly failedFiles: Map<string, Stamp & {readonly name: string; readonly message: string}>;
	readonly signOffs: SignOff[];
	readonly pools: PoolRecord;
	readonly alerts: AlertRecord[];
	/** By receiver and kind. */
	readonly told: Map<string, ToldRecord>;
	readonly bursts: BurstRecord[];
	/** Events at which the candidate's own instance ended by itself with traffic. */
	readonly instanceEnds: number[];
	/** Events at which a budget was overspent. */
	readonly spent: {readonly stageIndex: number; readonly name: string; readonly seq: number}[];
	readonly timeline: TimelineEntry[];
	firstSplit?: Stamp & {readonly split: Split};
	firstTraffic?: Stamp;
	asked?: Stamp & {readonly by: Who; readonly reason: string};
	/** The newest rollback in steps. */
	gradualAsked?: Stamp;
	ends: (Stamp & {readonly outcome: Outcome; readonly reason: string})[];
	/** What keeps the journal from being whole, as sentences. */
	readonly damage: {readonly text: string; readonly lineNumber: number}[];
	left: number;
};

export type PoolRecord = {
	baseline?: PoolSide;
	candidate?: PoolSide;
};
export type PoolSide = {
	readonly first: readonly [number, number];
	readonly min: readonly [number, number];
	readonly last: readonly [number, number];
	readonly firstSeq: number;
	readonly minSeq: number;
	readonly lastSeq: number;
};

export const stampOf = ({seq, atMs, tMs}: SessionEvent): Stamp => ({seq, atMs, tMs});
