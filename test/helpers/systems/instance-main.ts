/** One side of a system that a controller starts: `node instance-main.ts NAME`, with PORT, and orders over the Unix socket ORDERS. */
import {createServer} from 'node:net';
import {createInterface} from 'node:readline';
import {metricsByName} from './metrics.ts';
import {serveStandIn} from './stand-in.ts';
import type {Order} from './stand-in-main.ts';

const metrics = metricsByName[process.argv[2] as keyof typeof metricsByName];
if (!metrics) throw new Error(`There are no metrics ${process.argv[2]}.`);
const one = await serveStandIn(metrics, Number(process.env['PORT']), process.env['LOG']);
createServer(asker => {
	createInterface(asker).on('line', line => {
		const {fault, event} = JSON.parse(line) as Order;
		if (fault) one.fault(fault);
		if (event === 'end') process.exit(0);
		if (event !== undefined) one.happen(event);
	});
	asker.on('error', () => {});
}).listen(process.env['ORDERS']);
// No test lasts longer; nobody may be left over.
setTimeout(() => process.exit(0), 300_000);
