import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {text as bodyText, json} from 'node:stream/consumers';
import {SMTPServer} from 'smtp-server';

/** Something that was told to somebody: by which way, to whom (a key, a page, an address), and what. */
export type Told = {readonly kind: 'webhook' | 'pagerduty' | 'statuspage' | 'mail'; readonly to: string; readonly what: string};

export type Receivers = AsyncDisposable & {
	readonly told: readonly Told[];
	/** Of the HTTP server: `/hook`, `/pagerduty`, `/statuspage`. */
	readonly url: string;
	readonly smtpPort: number;
};

/** All that a profile may tell, on loopback: a webhook, the APIs of PagerDuty and Statuspage as far as they are used, and a real SMTP server. */
export async function startReceivers(): Promise<Receivers> {
	const told: Told[] = [];
	const server = createServer(async (request, response) => {
		const body = (await json(request)) as Record<string, unknown>;
		const path = request.url ?? '';
		if (path === '/hook') {
			told.push({kind: 'webhook', to: path, what: String(body['text'])});
			response.end('ok');
		} else if (path === '/pagerduty') {
			const payload = body['payload'] as {readonly class?: string} | undefined;
			told.push({
				kind: 'pagerduty',
				to: String(body['routing_key']),
				what: `${body['event_action']} ${payload?.class ?? ''}`.trim(),
			});
			response.writeHead(202).end('{"status":"success"}');
		} else if (path.startsWith('/statuspage/pages/')) {
			const {status} = body['incident'] as {readonly status: string};
			told.push({
				kind: 'statuspage',
				to: `${request.headers.authorization} ${path.split('/')[3]}`,
				what: `${request.method} ${status}`,
			});
			response.writeHead(request.method === 'POST' ? 201 : 200).end('{"id":"incident-1"}');
		} else response.writeHead(404).end();
	});
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	const smtp = new SMTPServer({
		disabledCommands: ['STARTTLS', 'AUTH'],
		onData: async (stream, {envelope}, done) => {
			const mail = await bodyText(stream);
			const subject = /^Subject: (.*)$/m.exec(mail)?.[1]?.trim() ?? '';
			told.push({kind: 'mail', to: envelope.rcptTo.map(({address}) => address).join(', '), what: subject});
			done();
		},
	});
	smtp.on('error', () => {});
	await new Promise<void>(resolve => void smtp.listen(0, '127.0.0.1', resolve));
	const portOf = (address: unknown): number => (address as AddressInfo).port;
	return {
		told,
		url: `http://127.0.0.1:${portOf(server.address())}`,
		smtpPort: portOf(smtp.server.address()),
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			await Promise.all([new Promise(resolve => server.close(resolve)), new Promise<void>(resolve => void smtp.close(resolve))]);
		},
	};
}

/** The variables by which the shipped profiles find whom to tell. */
export const receiverEnv = ({url}: Receivers): Record<string, string> => ({
	PAGERDUTY_URL: `${url}/pagerduty`,
	STATUSPAGE_URL: `${url}/statuspage`,
	SMTP_HOST: '127.0.0.1',
	RELAY_WEBHOOK: `${url}/hook`,
	RELAY_PAGERDUTY_KEY: 'on-call-key',
	RELAY_SECURITY_PAGERDUTY_KEY: 'security-key',
	HAL9_MAIL_TO: 'stakeholders@example.org',
	HAL9_STATUSPAGE_TOKEN: 'page-token',
	HAL9_STATUSPAGE_PAGE: 'page-1',
	HAL9_PAGERDUTY_KEY: 'on-call-key',
	HYPER_BUN_WEBHOOK: `${url}/hook`,
	HYPER_BUN_PAGERDUTY_KEY: 'on-call-key',
	R2_WEBHOOK: `${url}/hook`,
	R2_PAGERDUTY_KEY: 'on-call-key',
	R2_SECURITY_PAGERDUTY_KEY: 'security-key',
});
