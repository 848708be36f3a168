import {connect} from 'node:net';
import type {BuiltinOptions} from '../core/router-options.ts';
import {type Side, sides} from './builtin-choice.ts';
import {type ProxyState, parseHostPort, sameServers, weightThatChangesNothing} from './builtin-config.ts';
import {pause, startDeadline} from './deadline.ts';
import {listText, percentText, quoted} from './router-error.ts';

const probeMs = 1_000;
const probesAtOnce = 16;

/** What a person should know before real traffic goes through the built-in proxy: one sentence each. */
export async function lintBuiltin(
	options: BuiltinOptions,
	state: ProxyState | undefined,
	signal: AbortSignal,
): Promise<readonly string[]> {
	const servers = sides.flatMap(side => options[side].map(url => ({side, url})));
	const probed: (string | undefined)[] = [];
	for (let from = 0; from < servers.length; from += probesAtOnce) {
		const part = servers.slice(from, from + probesAtOnce);
		probed.push(...(await Promise.all(part.map(server => probe(server, signal)))));
	}
	return [
		'The builtin router is one small process on this host, meant for demos, tests and single-host set-ups: it checks no health, tries no other server when one fails, speaks plain HTTP to its clients, and nothing takes over when it ends.',
		...lintListen(options),
		...lintSticky(options),
		...lintState(options, state),
		...probed.filter(sentence => sentence !== undefined),
	];
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.');

function lintListen({listen, metricsListen}: BuiltinOptions): string[] {
	const open = [listen, ...(metricsListen === undefined ? [] : [metricsListen])].filter(
		address => !isLoopback(parseHostPort(address)?.host ?? ''),
	);
	return open.map(address => `It listens on ${address}, open to other hosts, without TLS.`);
}

function lintSticky({sticky}: BuiltinOptions): string[] {
	if (sticky === undefined) return [];
	const by = 'header' in sticky ? `the header ${sticky.header}` : `the cookie ${sticky.cookie}`;
	const without = 'header' in sticky ? ' Requests without it are shared out one by one.' : '';
	return [`Sticky by ${by}: the weight is a share of clients, so the share of requests is only about the same.${without}`];
}

function lintState(options: BuiltinOptions, state: ProxyState | undefined): string[] {
	if (state === undefined) return [`No proxy runs on ${options.listen} yet: the session starts it, with 0 % to the candidate.`];
	if (state.listen !== options.listen)
		return [`The proxy at ${options.controlSocket} listens on ${state.listen}, not on ${options.listen}.`];
	const isOurs = sameServers(state.baseline, options.baseline) && sameServers(state.candidate, options.candidate);
	if (isOurs) return [];
	const {weightPercent, baseline, candidate} = state;
	const servers = `${percentText(weightPercent)} to ${listText(candidate)}, the rest to ${listText(baseline)}`;
	return weightThatChangesNothing(state, options) === undefined
		? [`The proxy on ${options.listen} runs with other servers (${servers}); the session could not take it over.`]
		: [
				`The proxy on ${options.listen} runs with other servers (${servers}); the session takes it over without moving a request.`,
			];
}

async function probe({side, url}: {side: Side; url: string}, signal: AbortSignal): Promise<string | undefined> {
	using deadline = startDeadline(signal, probeMs);
	const {hostname, port, protocol} = new URL(url);
	const host = hostname.replace(/^\[|\]$/g, '');
	const socket = connect({host, port: Number(port) || (protocol === 'https:' ? 443 : 80)});
	const connected = new Promise<string | undefined>(resolve => {
		socket.once('connect', () => resolve(undefined));
		socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
	});
	const late = pause(probeMs * 2, deadline.signal).then(() => 'no answer');
	const trouble = await Promise.race([connected, late]);
	socket.destroy();
	return trouble === undefined ? undefined : `The ${side}'s server ${url} takes no connection (${quoted(trouble)}).`;
}
