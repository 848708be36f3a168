/** What a replay's keys go to. `tick` is every poll; the others are drawn on the scrubber, but for notes. */
export const markKinds = ['breach', 'checkpoint', 'action', 'note', 'tick'] as const;
export type MarkKind = (typeof markKinds)[number];

/** What a replay adds to a scene: where in the record it stands, and what lies where. Session times in ms. */
export type ReplayView = {
	readonly positionMs: number;
	readonly startMs: number;
	/** Of the last event; while the record is still being read, as far as can be told. */
	readonly endMs: number;
	/** Up to here the record has been read: any moment before is a key away. */
	readonly readToMs: number;
	readonly isRead: boolean;
	/** A moment asked for that has not been read yet. */
	readonly awaited?: string;
	readonly playing: boolean;
	/** Shows what comes as it comes. */
	readonly following: boolean;
	readonly speed: number;
	/** Session times of the marks, ascending. */
	readonly marks: Readonly<Record<MarkKind, ArrayLike<number>>>;
	/** What is wrong with the record, the weightiest first. */
	readonly notices: readonly string[];
};

/** A moment as a person names it. */
export type Moment =
	| {readonly kind: 'elapsed'; readonly ms: number}
	| {readonly kind: 'time-of-day'; readonly ofDayMs: number}
	| {readonly kind: 'wall'; readonly atMs: number}
	| {readonly kind: 'event'; readonly seq: number}
	| {readonly kind: 'share'; readonly percent: number};

/** What a key asks of the player. */
export type ReplayCommand =
	| {readonly do: 'play-pause'}
	| {readonly do: 'move'; readonly byMs: number}
	| {readonly do: 'mark'; readonly kind: MarkKind; readonly direction: 1 | -1}
	| {readonly do: 'speed'; readonly direction: 1 | -1}
	| {readonly do: 'go'; readonly moment: Moment}
	| {readonly do: 'end'};

/** From slow motion to a day in half a minute. */
export const replaySpeeds = [0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600] as const;
