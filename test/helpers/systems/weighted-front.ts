import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {Agent, request} from 'undici';

/** Forwards each request to one of two services by a share that may change at any time: the traffic of a balancer that is a stub. */
export async function startWeightedFront(
	baselineUrl: string,
	candidateUrl: string,
	candidateShare: () => number,
): Promise<AsyncDisposable & {readonly url: string}> {
	const dispatcher = new Agent({connections: 100});
	let owed = 0;
	const server = createServer((incoming, response) => {
		owed += candidateShare();
		const isCandidate = owed >= 1;
		if (isCandidate) owed -= 1;
		const url = `${isCandidate ? candidateUrl : baselineUrl}${incoming.url ?? '/'}`;
		request(url, {dispatcher})
			.then(async ({statusCode, body}) => response.writeHead(statusCode).end(await body.text()))
			.catch(() => response.writeHead(502).end());
	});
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			await new Promise(resolve => server.close(resolve));
			await dispatcher.destroy();
		},
	};
}
