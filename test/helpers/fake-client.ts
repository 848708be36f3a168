import {ok, type Result} from '../../src/base/result.ts';
import type {Answer, Client, ClientSnapshot} from '../../src/console/client.ts';
import {admit} from '../../src/core/admit.ts';
import type {Command, Role} from '../../src/core/protocol.ts';
import type {FakeSession} from './fake-session.ts';

export type FakeClient = Client & {
	/** What was sent, in order. */
	readonly sent: readonly Command[];
	/** Says that the session has moved on. */
	moved(): void;
	lose(reason: string, sinceMs: number): void;
	revive(): void;
};

/** A client without a socket: its controller is the fake session, which admits and records commands by the real rules. */
export function fakeClient(session: FakeSession, options: {role?: Role; who?: string; monoMs?: () => number} = {}): FakeClient {
	const {role = 'owner', who = 'ana@bastion', monoMs = () => 0} = options;
	const listeners = new Set<() => void>();
	const sent: Command[] = [];
	let link: Pick<ClientSnapshot, 'status' | 'reason' | 'lostSinceMs'> = {status: 'live', reason: ''};
	let armedUntilMs: number | undefined;
	let startMs = monoMs();
	const snapshot = (): ClientSnapshot => ({
		...link,
		state: session.state(),
		folder: '/sessions/x',
		version: '0.1.0',
		role,
		consoles: 1,
	});
	let current = snapshot();
	const moved = (): void => {
		current = snapshot();
		startMs = monoMs();
		for (const listener of [...listeners]) listener();
	};
	const sinceMs = (): number => monoMs() - startMs;
	return {
		sent,
		moved,
		getSnapshot: () => current,
		subscribe(listener) {
			listeners.add(listener);
			return () => void listeners.delete(listener);
		},
		onEvents: () => () => {},
		async send(command): Promise<Result<Answer, string>> {
			sent.push(command);
			const asker = {role, who, ...(armedUntilMs !== undefined && {armedUntilMs})};
			const {accepted, fact, reason} = admit(session.state(), command, asker, session.now().tMs);
			const seq = session.state().nextSeq;
			session.take(fact);
			if (fact.type === 'console-armed') armedUntilMs = fact.untilMs;
			moved();
			return ok({accepted, seq, reason});
		},
		until: () => Promise.reject(new Error('not in a fake')),
		sessionNowMs: () => session.now().tMs + sinceMs(),
		wallNowMs: () => session.now().atMs + sinceMs(),
		close() {},
		lose(reason, atMs) {
			link = {status: 'lost', reason, lostSinceMs: atMs};
			moved();
		},
		revive() {
			link = {status: 'live', reason: ''};
			moved();
		},
	};
}
