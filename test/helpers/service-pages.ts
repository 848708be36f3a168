import type {ServerResponse} from 'node:http';
import {finished} from 'node:stream';
import type {Registry} from 'prom-client';
import type {Faults} from './service-faults.ts';

const hugeBytes = 64 * 1024 * 1024;
const chunk = Buffer.from(Array.from({length: 1000}, (_, n) => `filler_total{n="${n}"} ${n}\n`).join(''));

/** Writes as fast as the reader takes it, until `bytes` are over or the reader has gone. */
function pour(response: ServerResponse, bytes: number): void {
	let left = bytes;
	const more = (): void => {
		while (left > 0) {
			left -= chunk.length;
			if (!response.write(chunk)) return;
		}
		response.end();
	};
	response.on('drain', more);
	finished(response, () => {
		left = 0;
	});
	more();
}

/** One metrics page, in the state that the fault asks for. */
export async function answerMetrics(response: ServerResponse, page: Registry, how: Faults['metricsPage']): Promise<void> {
	response.setHeader('content-type', page.contentType);
	switch (how) {
		case 'ok':
			response.end(await page.metrics());
			return;
		case 'hung':
			// Headers and a first line, then silence: a reader that waits only for the headers believes all is well.
			response.write('# HELP http_requests_total Requests answered.\n');
			return;
		case 'empty':
			response.end();
			return;
		case 'garbage':
			response.end('<html>502 Bad Gateway</html>\u0000\u001b[31m{{{ 1e999 not metrics\n');
			return;
		case 'error':
			response.writeHead(500).end('broken\n');
			return;
		case 'reset':
			response.write('http_requests_total{code="200"} 1');
			response.socket?.resetAndDestroy();
			return;
		case 'endless':
			pour(response, Number.POSITIVE_INFINITY);
			return;
		case 'huge':
			pour(response, hugeBytes);
	}
}
