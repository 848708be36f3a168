import {unreachable} from '../../base/assert.ts';
import type {Clock} from '../../base/clock.ts';
import {fail, type Result} from '../../base/result.ts';
import type {ReceiverOptions} from '../../core/notify-options.ts';
import type {ResolveSecret} from '../../core/secret.ts';
import {sendCommand} from './command.ts';
import {sendMail} from './mail.ts';
import {sendPagerDuty} from './pagerduty.ts';
import type {Message} from './render.ts';
import type {SendError, Sent} from './sender.ts';
import {sendStatuspage} from './statuspage.ts';
import {sendWebhook} from './webhook.ts';

export type DeliveryPorts = {
	readonly resolve: ResolveSecret;
	readonly clock: Clock & {monoMs(): number; sleep(ms: number, signal?: AbortSignal): Promise<void>};
	readonly signal: AbortSignal;
};

export type Delivery = {readonly ok: boolean; readonly attempts: number; readonly message: string; readonly ref?: string};

const attemptMs = 15_000;
const firstPauseMs = 1_000;
const pauseMaxMs = 30_000;

/** Tries until it is told, can't be told at all, or the deadline is over; pauses double from one second to thirty. */
export async function deliver(
	receiver: ReceiverOptions,
	message: Message,
	ref: string | undefined,
	{resolve, clock, signal}: DeliveryPorts,
): Promise<Delivery> {
	const endMs = clock.monoMs() + receiver.deadlineMs;
	for (let attempts = 1, pauseMs = firstPauseMs; ; attempts++, pauseMs = Math.min(pauseMaxMs, pauseMs * 2)) {
		const leftMs = endMs - clock.monoMs();
		const within = AbortSignal.any([signal, AbortSignal.timeout(Math.max(1, Math.ceil(Math.min(attemptMs, leftMs))))]);
		const sent = await send(receiver, message, {resolve, signal: within, ref});
		if (sent.ok) return {ok: true, attempts, ...sent.value};
		const {message: why, retry, afterMs = 0} = sent.error;
		const waitMs = Math.max(pauseMs, afterMs);
		if (!retry || signal.aborted || clock.monoMs() + waitMs >= endMs) return {ok: false, attempts, message: why};
		await clock.sleep(waitMs, signal);
	}
}

type Ports = {readonly resolve: ResolveSecret; readonly signal: AbortSignal; readonly ref: string | undefined};

async function send({to}: ReceiverOptions, message: Message, ports: Ports): Promise<Result<Sent, SendError>> {
	try {
		switch (to.kind) {
			case 'bell':
				return fail({message: 'a bell is rung by consoles', retry: false});
			case 'webhook':
				return await sendWebhook(to, message, ports);
			case 'pagerduty':
				return await sendPagerDuty(to, message, ports);
			case 'statuspage':
				return await sendStatuspage(to, message, ports);
			case 'mail':
				return await sendMail(to, message, ports);
			case 'command':
				return await sendCommand(to, message, ports);
			default:
				return unreachable(to);
		}
	} catch (error) {
		return fail({message: `a fault of the program itself: ${String(error).slice(0, 200)}`, retry: false});
	}
}
