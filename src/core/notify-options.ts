import type {SecretRef, TextOrSecret} from './secret.ts';

/** What somebody may want to be told. */
export const noticeKinds = [
	'start',
	'stage',
	'due',
	'breach',
	'no-data',
	'rollback',
	'security-rollback',
	'decision',
	'hold',
	'alarm',
] as const;
export type NoticeKind = (typeof noticeKinds)[number];

/** What a console rings for, where the profile has no bell of its own. */
export const bellKinds: readonly NoticeKind[] = [
	'due',
	'breach',
	'no-data',
	'rollback',
	'security-rollback',
	'decision',
	'alarm',
];

/** Who is told, as the plan knows it: no address, no secret. `bell`: whoever sits at a console, and by that console. */
export type Told = {readonly name: string; readonly on: readonly NoticeKind[]; readonly bell?: true};

/** One receiver, as the profile says it; every duration in milliseconds, every path absolute. */
export type ReceiverOptions = Told & {
	/** Templates (Mustache) of the two texts. */
	readonly subject: string;
	readonly text: string;
	/** All attempts at one notice together. */
	readonly deadlineMs: number;
	readonly to: ReceiverTarget;
};

export type ReceiverTarget =
	/** The terminals of those who watch: told by their consoles, never by the controller. */
	| {readonly kind: 'bell'}
	| {
			readonly kind: 'webhook';
			readonly url: TextOrSecret;
			readonly headers: Readonly<Record<string, TextOrSecret>>;
			/** A template of JSON, in place of Slack's `{"text": …}`. */
			readonly body?: string;
	  }
	| {readonly kind: 'pagerduty'; readonly url: string; readonly routingKey: SecretRef}
	| {
			readonly kind: 'statuspage';
			readonly url: string;
			readonly page: string;
			readonly token: SecretRef;
			readonly components: readonly string[];
	  }
	| {
			readonly kind: 'mail';
			readonly host: string;
			readonly port: number;
			/** `tls`: from the first byte. `starttls`: must be switched to. `none`: never asked for. */
			readonly security: 'tls' | 'starttls' | 'none';
			readonly username?: string;
			readonly password?: SecretRef;
			readonly from: string;
			readonly to: readonly string[];
	  }
	| {readonly kind: 'command'; readonly argv: readonly string[]; readonly env: Readonly<Record<string, TextOrSecret>>};
