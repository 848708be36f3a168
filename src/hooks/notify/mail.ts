import {createRedactor} from '../../base/redact.ts';
import {fail, ok} from '../../base/result.ts';
import {sanitize} from '../../base/text.ts';
import type {Send} from './sender.ts';

const socketMs = 15_000;

/** One mail in plain text. The Message-ID is made from the notice, so that a mail sent twice is seen to be one. */
export const sendMail: Send<'mail'> = async (to, message, {resolve, signal}) => {
	const {host, port, security, username, password, from} = to;
	const secret = password && (await resolve(password));
	if (secret && !secret.ok) return fail({message: secret.error, retry: false});
	const {createTransport} = await import('nodemailer');
	const transport = createTransport({
		host,
		port,
		secure: security === 'tls',
		requireTLS: security === 'starttls',
		ignoreTLS: security === 'none',
		...(username !== undefined && {auth: {user: username, pass: secret?.value ?? ''}}),
		connectionTimeout: socketMs,
		greetingTimeout: socketMs,
		socketTimeout: socketMs,
		disableFileAccess: true,
		disableUrlAccess: true,
	});
	const closeNow = (): void => transport.close();
	signal.addEventListener('abort', closeNow, {once: true});
	try {
		const {session, notice, subject, text} = message;
		const id = `${session}.${notice.id}`.replaceAll(/[^\w.-]+/g, '-');
		const sent = transport.sendMail({
			from,
			to: [...to.to],
			subject: subject.replaceAll(/[\r\n]+/g, ' '),
			text,
			messageId: `<${id}@canary-console>`,
			headers: {'Auto-Submitted': 'auto-generated'},
		});
		const {response} = await Promise.race([sent, rejectOnAbort(signal)]);
		return ok({message: `${host} answered ${sanitize(response, 120)}`});
	} catch (error) {
		const {responseCode, message: why} = error as Error & {responseCode?: number};
		const hide = createRedactor({literals: secret ? [secret.value] : []});
		// 5xx is for good, but for a refused login, which may be a server that starts.
		const isFinal = responseCode !== undefined && responseCode >= 500 && responseCode !== 535;
		return fail({message: `${host}:${port}: ${sanitize(hide(why), 200)}`, retry: !isFinal});
	} finally {
		signal.removeEventListener('abort', closeNow);
		transport.close();
	}
};

const rejectOnAbort = (signal: AbortSignal): Promise<never> =>
	new Promise((_, reject) => {
		signal.addEventListener('abort', () => reject(new Error('no answer in time')), {once: true});
	});
