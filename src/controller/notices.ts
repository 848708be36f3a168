import {basename} from 'node:path';
import {createNotifier} from '../hooks/notify/notifier.ts';
import type {ControllerOptions} from './options.ts';
import type {Wired} from './wiring.ts';

/**
 * Tells receivers what the state owes them: after each event, and at once where a crash left something unsaid. Nothing waits for it;
 * at the end it has a few seconds for what is under way.
 */
export function tellReceivers(wired: Wired, {notifying, folder}: ControllerOptions): void {
	if (!notifying || notifying.receivers.length === 0) return;
	const {runtime, clock, complain, listeners, farewells} = wired;
	const over = new AbortController();
	const notifier = createNotifier({
		...notifying,
		session: basename(folder),
		clock,
		complain,
		signal: over.signal,
		notices: () => runtime.state.notices,
		take: fact => void runtime.take(fact),
	});
	listeners.add(() => notifier.look());
	farewells.add(async () => {
		const late = clock.sleep(lastWordsMs).then(() => over.abort());
		await Promise.race([notifier.settle(), late]);
		over.abort();
	});
	notifier.look();
}

const lastWordsMs = 4_000;
