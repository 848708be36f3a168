import {createHash} from 'node:crypto';
import {appendFile, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fail, ok, type Result} from '../base/result.ts';
import type {Fact} from '../core/event.ts';
import type {Intent} from '../core/intent.ts';
import type {SessionState} from '../core/state.ts';
import {checkpointFileName} from '../journal/checkpoint-name.ts';
import type {JournalMark} from '../journal/journal.ts';
import {sessionFiles} from '../journal/session-folder.ts';
import {type Written, writeWhole} from '../journal/whole-file.ts';
import {checkpointContent, metricsCheckLine} from './checkpoint-content.ts';
import type {ControllerClock, SessionTime} from './clock.ts';

export type CheckpointPorts = {
	readonly folder: string;
	readonly clock: ControllerClock;
	readonly time: SessionTime;
	readonly state: () => SessionState;
	readonly mark: () => JournalMark;
	readonly take: (fact: Fact) => void;
	/** Resolves when no action is under way. */
	readonly idle?: () => Promise<void>;
	/** The screen as plain text, as a console would draw it now. */
	readonly screenText?: (state: SessionState, now: {readonly atMs: number; readonly tMs: number}) => string;
};

export type Checkpoints = {
	/** Writes one, from the state as it is at this moment, in the background. What comes of it is a fact. */
	write(intent: Extract<Intent, {type: 'write-checkpoint'}>): void;
	/** Adds a line to METRICS_CHECKS.log, in the background. */
	appendMetricsCheck(): void;
	/** Resolves when nothing is being written any more, at the latest after `timeoutMs`. */
	settle(timeoutMs: number): Promise<void>;
};

/** A disk that hangs must not collect checkpoints without end. */
const writingMax = 16;
const writeTimeoutMs = 10_000;
/** To draw one takes as long as a whole rollback: it lets an action go first, for so long. */
const giveWayMs = 250;

export function createCheckpoints({folder, clock, time, state, mark, take, idle, screenText}: CheckpointPorts): Checkpoints {
	const files = sessionFiles(folder);
	const writing = new Set<Promise<void>>();
	let lastAppend: Promise<void> = Promise.resolve();

	function inBackground(work: Promise<void>): void {
		writing.add(work);
		void work.finally(() => writing.delete(work));
	}

	function write({id: intentId, name, trigger}: Extract<Intent, {type: 'write-checkpoint'}>): void {
		const failed = (message: string): void => take({type: 'checkpoint-failed', intentId, name, message});
		if (writing.size >= writingMax) {
			failed(`${writingMax} checkpoints are being written already`);
			return;
		}
		// All that it says is of this moment; only to put it into words and to write it takes time.
		const stamp = {name, trigger, ...time.stamp(), journal: {seq: mark().seq, hash: mark().hash}};
		const then = state();
		const path = join(files.checkpoints, checkpointFileName(name));
		const work = async (): Promise<void> => {
			await giveWay();
			const json = `${JSON.stringify(checkpointContent(then, stamp), undefined, '\t')}\n`;
			const text = screenText?.(then, stamp);
			const written = await within(writeBoth(path, json, text));
			if (written.ok) take({type: 'checkpoint-written', intentId, name, trigger, ...written.value});
			else failed(written.error);
		};
		inBackground(work().catch((fault: unknown) => failed(`it could not be put into words: ${String(fault)}`)));
	}

	async function appendOne(line: string): Promise<void> {
		const name = 'METRICS_CHECKS.log';
		const path = join(files.artifacts, name);
		try {
			await appendFile(path, `${line}\n`, {mode: 0o600});
			const content = await readFile(path);
			take({
				type: 'artifact-written',
				name,
				sha256: createHash('sha256').update(content).digest('hex'),
				bytes: content.length,
			});
		} catch (error) {
			take({type: 'noticed', level: 'warning', text: `${name} could not be written: ${String(error)}`});
		}
	}

	async function giveWay(): Promise<void> {
		if (!idle) return;
		const over = new AbortController();
		await Promise.race([idle(), clock.sleep(giveWayMs, over.signal)]);
		over.abort();
	}

	const within = async <Value>(work: Promise<Result<Value, string>>): Promise<Result<Value, string>> => {
		const over = new AbortController();
		const late = clock.sleep(writeTimeoutMs, over.signal).then(() => fail(`not written within ${writeTimeoutMs / 1_000} s`));
		const outcome = await Promise.race([work, late]);
		over.abort();
		return outcome;
	};

	return {
		write,
		appendMetricsCheck() {
			const line = metricsCheckLine(state(), time.stamp());
			lastAppend = lastAppend.then(() => appendOne(line));
			inBackground(lastAppend);
		},
		async settle(timeoutMs) {
			const over = new AbortController();
			await Promise.race([Promise.allSettled([...writing]), clock.sleep(timeoutMs, over.signal)]);
			over.abort();
		},
	};
}

/** The text first: where there is a JSON file, the checkpoint is complete. */
async function writeBoth(path: string, json: string, text: string | undefined): Promise<Result<Written, string>> {
	const drawn = text === undefined ? ok(undefined) : await writeWhole(`${path}.txt`, `${text.trimEnd()}\n`);
	return drawn.ok ? await writeWhole(`${path}.json`, json) : drawn;
}
