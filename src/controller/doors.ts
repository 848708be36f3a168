import {fail, ok, type Result} from '../base/result.ts';
import type {Fact} from '../core/event.ts';
import {openAlertDoor} from './alert-door.ts';
import {createLogFacts} from './log-facts.ts';
import type {ControllerOptions, StartError} from './options.ts';
import {createOwnMetrics, serveMetrics} from './own-metrics.ts';
import {openSocketServer} from './socket-server.ts';
import type {Wired} from './wiring.ts';

/**
 * Opens what the controller is reached by and what it listens to: control socket, own metrics, Alertmanager's webhook, error logs. Gives the socket's path;
 * what was opened is added to `closers`. A new session does not begin without one of them; a resumed one goes on without metrics
 * and logs, says so, and guards with what it has.
 */
export async function openDoors(
	wired: Wired,
	options: ControllerOptions,
	closers: (() => unknown)[],
): Promise<Result<string, StartError>> {
	const {runtime, session, clock, listeners, stopping} = wired;
	const {folder, version, metricsPort, openTail} = options;
	const isResumed = session.unguardedMs !== undefined;
	const take = (fact: Fact) => runtime.take(fact);
	const alarm = (topic: string, text: string): void => void take({type: 'noticed', level: 'alarm', topic, text});

	const server = await openSocketServer({
		folder,
		version,
		clock,
		time: session.time,
		state: () => runtime.state,
		take,
		onTrouble: text => alarm('socket', text),
	});
	if (!server.ok) return fail({kind: 'socket', message: server.error});
	const socket = server.value;
	listeners.add(event => socket.publish(event));
	closers.push(() => socket.close(goodbye(runtime.state.ended !== undefined)));

	if (metricsPort !== undefined) {
		const metrics = createOwnMetrics({mark: () => session.journal.mark(), consoles: () => socket.consoles, version});
		listeners.add((event, state) => metrics.observe(event, state));
		const served = await serveMetrics(metrics, metricsPort);
		if (served.ok) closers.push(() => void served.value.close().closeAllConnections());
		else if (isResumed) alarm('metrics-port', served.error);
		else return fail({kind: 'metrics-port', message: served.error});
	}

	if (options.listening) {
		const opened = await openAlertDoor(wired, options.listening, closers);
		if (!opened.ok && isResumed) alarm('alertmanager', opened.error);
		else if (!opened.ok) return fail({kind: 'alertmanager', message: opened.error});
	}

	const tail = openTail?.(createLogFacts(take), stopping.signal);
	if (tail?.ok) closers.push(() => tail.value.close());
	else if (tail && isResumed) alarm('logs', tail.error);
	else if (tail) return fail({kind: 'log', message: tail.error});
	return ok(socket.path);
}

const goodbye = (isOver: boolean): string =>
	isOver ? 'the session has ended' : 'the controller was stopped: nobody guards the split';
