import type {Result} from '../base/result.ts';
import type {SessionState} from '../core/state.ts';
import {complainToStderr} from './complain.ts';
import {type Controller, type ControllerOptions, type StartError, startController} from './controller.ts';

/**
 * The life of a detached controller's process: starts it, ties it to signals, and resolves with the state it ended in. SIGTERM and
 * SIGHUP end it as the plan's policy says; SIGINT is for terminals and is ignored; what nobody caught is recorded, and the guard
 * goes on: a controller that dies of a side matter guards nothing.
 */
export async function runController(options: ControllerOptions): Promise<Result<SessionState, StartError>> {
	let controller: Controller | undefined;
	const fault = (reason: unknown): void =>
		controller ? controller.fault(reason) : complainToStderr(reason, options.mask?.redact);
	let early: NodeJS.Signals | undefined;
	const onSignal = (signal: NodeJS.Signals): void => {
		early = signal;
		void controller?.stop(`it was sent ${signal}`, 'policy');
	};
	process.on('uncaughtException', fault);
	process.on('unhandledRejection', fault);
	process.on('SIGTERM', onSignal);
	process.on('SIGHUP', onSignal);
	process.on('SIGINT', () => {});
	const started = await startController(options);
	if (!started.ok) return started;
	controller = started.value;
	if (early) onSignal(early);
	return {ok: true, value: await controller.ended};
}
