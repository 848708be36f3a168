import {createServer} from 'node:net';

/** Below the range from which the kernel takes the ports of outgoing connections: a load test can't take one away meanwhile. */
const lowest = 18_000;
const highest = 32_000;
const triesMax = 200;

const given = new Set<number>();

const canListen = (port: number): Promise<boolean> =>
	new Promise(resolve => {
		const server = createServer();
		server.once('error', () => resolve(false));
		server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
	});

/** A loopback port nobody listens on. Random, and never the same twice in one process. */
export async function freePort(): Promise<number> {
	for (let tries = 0; tries < triesMax; tries++) {
		const port = lowest + Math.floor(Math.random() * (highest - lowest));
		if (given.has(port)) continue;
		given.add(port);
		if (await canListen(port)) return port;
	}
	throw new Error(`No free port between ${lowest} and ${highest} after ${triesMax} tries.`);
}

/** Several at once. */
export const freePorts = (count: number): Promise<number[]> => Promise.all(Array.from({length: count}, freePort));

/** Whether somebody listens on the loopback port. */
export const isPortTaken = async (port: number): Promise<boolean> => !(await canListen(port));
