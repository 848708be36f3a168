import type {Notice, NoticeState, Notified} from '../../core/facts/notify.ts';
import type {ReceiverOptions} from '../../core/notify-options.ts';
import {type DeliveryPorts, deliver} from './deliver.ts';
import {messageOf} from './render.ts';

export type NotifierPorts = DeliveryPorts & {
	readonly receivers: readonly ReceiverOptions[];
	readonly session: string;
	/** What is owed now, from the state. */
	readonly notices: () => NoticeState | undefined;
	readonly take: (fact: Notified) => void;
	readonly complain: (fault: unknown) => void;
};

export type Notifier = {
	/** Looks at what is owed and begins to send it. Returns at once. */
	look(): void;
	/** Resolves when nothing is under way. */
	settle(): Promise<void>;
};

/**
 * Sends what the state owes: each receiver has a line of its own, in order, so that one that hangs keeps nobody else waiting, and a
 * resolve never comes before its trigger. What was answered becomes a fact, and with it the debt is gone: after a crash exactly the
 * rest is owed.
 */
export function createNotifier(ports: NotifierPorts): Notifier {
	const {receivers, session, notices, take, complain} = ports;
	const busy = new Map<string, Promise<void>>();
	/** Should the record not take an answer, nobody is told for ever. */
	const answered = new Set<string>();

	const nextFor = (name: string): Notice | undefined =>
		notices()?.owed.find(({id, owed}) => owed.includes(name) && !answered.has(`${id} ${name}`));

	async function work(receiver: ReceiverOptions): Promise<void> {
		for (let notice = nextFor(receiver.name); notice; notice = nextFor(receiver.name)) {
			const {id, event} = notice;
			const delivery = await deliver(receiver, messageOf(notice, session, receiver), notices()?.refs[receiver.name], ports);
			// Cut off because we must go: it stays owed.
			if (!delivery.ok && ports.signal.aborted) return;
			answered.add(`${id} ${receiver.name}`);
			take({type: 'notified', receiver: receiver.name, notice: id, event, ...delivery});
		}
	}

	const notifier: Notifier = {
		look() {
			if ((notices()?.owed.length ?? 0) === 0) return;
			for (const receiver of receivers) {
				const {name} = receiver;
				if (busy.has(name) || !nextFor(name)) continue;
				// Begun after the event that owes it is dealt with: a rollback goes first.
				const working = new Promise<void>(resolve => setImmediate(resolve))
					.then(() => work(receiver))
					.catch(complain)
					.finally(() => {
						busy.delete(name);
						// What came while the last answer was written down.
						if (!ports.signal.aborted) notifier.look();
					});
				busy.set(name, working);
			}
		},
		async settle() {
			while (busy.size > 0) await Promise.all(busy.values());
		},
	};
	return notifier;
}
