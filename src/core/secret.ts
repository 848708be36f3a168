import type {Result} from '../base/result.ts';

/** Where a secret stands. The secret itself never enters a profile, a plan, a journal or a session folder. */
export type SecretRef =
	| {/** The name of an environment variable of the controller. */ readonly env: string}
	/** An absolute path. The file is read again for each use, so a rotated token is taken up; one trailing line break is dropped. */
	| {readonly file: string};

/** A header or an environment value: written out, or a reference where it is a secret. */
export type TextOrSecret = string | SecretRef;

/** Fetches what a reference stands for. The error is a sentence that names the reference, never the secret. */
export type ResolveSecret = (ref: SecretRef) => Promise<Result<string, string>>;
