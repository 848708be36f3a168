import type {SecretRef} from './secret.ts';

/** How alerts come in, as the profile says it. */
export type AlertmanagerOptions = {
	/** Where its webhook is answered, and the token it must bring. */
	readonly webhook?: {readonly host: string; readonly port: number; readonly token: SecretRef};
	/** Its API, asked every so often. */
	readonly poll?: {
		readonly url: string;
		readonly everyMs: number;
		/** Matchers of the alerts that concern this canary, as Alertmanager writes them. */
		readonly matchers: readonly string[];
		readonly token?: SecretRef;
	};
};
