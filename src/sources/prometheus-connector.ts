import {buildConnector} from 'undici';
import type {TlsMaterial} from './prometheus-credentials.ts';
import {type Fault, faultOfError} from './prometheus-fault.ts';

/**
 * Opens connections, and remembers why TLS ended one. With TLS 1.3 a server refuses a client's certificate after the handshake, by
 * an alert; undici then says only "other side closed".
 */
export function createConnector(timeoutMs: number, tls: TlsMaterial | undefined) {
	const connect = buildConnector({timeout: timeoutMs, allowH2: false, ...tls});
	let last: {readonly fault: Fault; readonly at: number} | undefined;
	const watched: buildConnector.connector = (options, callback) =>
		connect(options, (...outcome) => {
			const [, socket] = outcome;
			socket?.on('error', error => {
				const found = faultOfError(error);
				if (found.kind === 'tls') last = {fault: found, at: performance.now()};
			});
			callback(...outcome);
		});
	return {
		connect: watched,
		/** What TLS had against a connection since the moment `at` (of `performance.now()`). */
		tlsFaultSince: (at: number): Fault | undefined => (last && last.at >= at ? last.fault : undefined),
	};
}

export type Connector = ReturnType<typeof createConnector>;
