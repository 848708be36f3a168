import {connect, type Socket} from 'node:net';

export type WeightWatch = {
	/** Resolves with `performance.now()` of the first answer in which the server has this weight; asks about every millisecond. */
	until(weight: number, timeoutMs: number): Promise<number>;
	/** The longest time between two looks of the last `until`: about 2 ms, and more when others have the machine's CPUs. */
	longestGapMs(): number;
	close(): void;
};

/**
 * Looks at one server's weight over a connection to HAProxy that stays open, past our program: to connect anew for every look would
 * cost more than what is measured.
 */
export async function watchWeight(socketPath: string, server: string): Promise<WeightWatch> {
	const socket = connect(socketPath);
	socket.setEncoding('utf8');
	await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
	await ask(socket, 'prompt');
	// A connection that is silent for longer than HAProxy's own limit is closed by it.
	await ask(socket, 'set timeout cli 3600');
	let longestGapMs = 0;
	return {
		longestGapMs: () => longestGapMs,
		async until(weight, timeoutMs) {
			const deadline = performance.now() + timeoutMs;
			let lookedMs = performance.now();
			longestGapMs = 0;
			while (performance.now() < deadline) {
				longestGapMs = Math.max(longestGapMs, performance.now() - lookedMs);
				lookedMs = performance.now();
				const [seen] = /^\d+/.exec(await ask(socket, `get weight ${server}`)) ?? [];
				if (Number(seen) === weight) return performance.now();
				await new Promise(resolve => setTimeout(resolve, 1));
			}
			throw new Error(`${server} had not weight ${weight} within ${timeoutMs} ms.`);
		},
		close: () => void socket.destroy(),
	};
}

/** In the interactive mode every answer ends with a new prompt. */
function ask(socket: Socket, command: string): Promise<string> {
	const {promise, resolve, reject} = Promise.withResolvers<string>();
	let answer = '';
	const onData = (text: string): void => {
		answer += text;
		if (answer.endsWith('\n> ')) done();
	};
	const timer = setTimeout(() => reject(new Error(`No answer to "${command}": ${answer}`)), 5_000);
	const done = (): void => {
		clearTimeout(timer);
		socket.off('data', onData);
		resolve(answer.trim());
	};
	socket.on('data', onData);
	socket.write(`${command}\n`);
	return promise;
}
