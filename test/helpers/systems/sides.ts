import {fork} from 'node:child_process';
import type {metricsByName} from './metrics.ts';
import type {Faults} from './stand-in.ts';
import type {Order} from './stand-in-main.ts';

/** One side of a system, as the test sees it. */
export type Side = {
	readonly port: number;
	/** `http://127.0.0.1:port`. */
	readonly url: string;
	fault(change: Partial<Faults>): void;
	happen(event: string): void;
};

export type MetricsName = keyof typeof metricsByName;

/** Starts both sides in a process of their own, so that nothing the test does can make them slow. */
export async function startSides(
	baseline: MetricsName,
	candidate: MetricsName,
): Promise<AsyncDisposable & {readonly baseline: Side; readonly candidate: Side}> {
	const child = fork(new URL('stand-in-main.ts', import.meta.url), [baseline, candidate], {
		stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
	});
	const gone = new Promise<void>(resolve => child.once('exit', () => resolve()));
	const [baselinePort, candidatePort] = await new Promise<readonly [number, number]>((resolve, reject) => {
		child.once('message', ({ports}: {ports: readonly [number, number]}) => resolve(ports));
		child.once('exit', code => reject(new Error(`The stand-ins ended with ${code}.`)));
	});
	const tell = (order: Order): void => void child.send(order);
	const side = (name: Order['side'], port: number): Side => ({
		port,
		url: `http://127.0.0.1:${port}`,
		fault: fault => tell({side: name, fault}),
		happen: event => tell({side: name, event}),
	});
	return {
		baseline: side('baseline', baselinePort),
		candidate: side('candidate', candidatePort),
		async [Symbol.asyncDispose]() {
			if (child.connected) child.disconnect();
			await gone;
		},
	};
}
