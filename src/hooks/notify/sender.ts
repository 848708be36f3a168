import type {Result} from '../../base/result.ts';
import type {ReceiverTarget} from '../../core/notify-options.ts';
import type {ResolveSecret} from '../../core/secret.ts';
import type {Message} from './render.ts';

/** `ref`: what the receiver calls it, for the messages that follow. */
export type Sent = {readonly message: string; readonly ref?: string};

/** `retry: false`: trying again would give the same answer. `afterMs`: the receiver asked to be left alone for so long. */
export type SendError = {readonly message: string; readonly retry: boolean; readonly afterMs?: number};

/** Sends one message once. Never throws; `ref` is what the receiver answered before. */
export type Send<Kind extends ReceiverTarget['kind']> = (
	to: Extract<ReceiverTarget, {kind: Kind}>,
	message: Message,
	ports: {readonly resolve: ResolveSecret; readonly signal: AbortSignal; readonly ref: string | undefined},
) => Promise<Result<Sent, SendError>>;
