import {connect} from 'node:net';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {freePort} from '../process.ts';
import type {MetricsName, Side} from './sides.ts';
import type {Order} from './stand-in-main.ts';

/** A candidate that nobody has started: its section of a profile, and how the test reaches it once a controller has. */
export async function ownInstance(
	folder: string,
	name: MetricsName,
	logPath: string,
): Promise<AsyncDisposable & {readonly candidate: Side; readonly instance: object}> {
	const port = await freePort();
	const url = `http://127.0.0.1:${port}`;
	const orders = join(folder, 'orders.sock');
	const tell = (order: Omit<Order, 'side'>): Promise<void> =>
		new Promise(resolve => {
			// Nobody there: it was stopped already.
			const asker = connect(orders, () => asker.end(`${JSON.stringify(order)}\n`));
			asker.on('error', () => resolve()).on('close', () => resolve());
		});
	return {
		candidate: {port, url, fault: fault => void tell({fault}), happen: event => void tell({event})},
		instance: {
			start: {
				argv: [process.execPath, fileURLToPath(new URL('instance-main.ts', import.meta.url)), name],
				env: {PORT: String(port), ORDERS: orders, LOG: logPath},
			},
			health: {url: `${url}/health`, match: 'ok'},
			stop: {grace: '2s'},
		},
		// Promoted, it goes on.
		[Symbol.asyncDispose]: () => tell({event: 'end'}),
	};
}
