import {writeIndex} from '../journal/state-index.ts';
import type {ControllerOptions} from './options.ts';
import type {Wired} from './wiring.ts';

/** An hour or so of ticks: folded in about a second on a resume. */
export const indexEveryEvents = 5_000;
const syncMs = 2_000;

/** Every so many events the state is put beside the journal, in the background. That it fails is nobody's trouble: it is a short cut. */
export function createIndexer({runtime, session, complain}: Wired, {folder, version}: ControllerOptions): () => void {
	const {journal} = session;
	let indexedSeq = runtime.state.nextSeq;
	let isWriting = false;

	async function write(): Promise<void> {
		const synced = await journal.sync(syncMs);
		// From here to the stringified state in one breath: state and position are of the same moment, or it is left for later.
		const {seq, hash, bytes, lines, unwrittenBytes} = journal.mark();
		const {state} = runtime;
		if (!synced.ok || unwrittenBytes > 0 || lines === undefined || seq !== state.nextSeq - 1) return;
		const position = {offset: bytes, lineNumber: lines, hash, nextSeq: state.nextSeq};
		indexedSeq = state.nextSeq;
		await writeIndex(folder, version, {position, state});
	}

	return () => {
		if (isWriting || runtime.state.nextSeq - indexedSeq < indexEveryEvents) return;
		isWriting = true;
		void write()
			.catch(complain)
			.finally(() => {
				isWriting = false;
			});
	};
}
