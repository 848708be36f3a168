import {createHash, type Hash} from 'node:crypto';
import {type FileHandle, open} from 'node:fs/promises';
import {StringDecoder} from 'node:string_decoder';
import type {OutputText} from '../view/output.ts';

/** What a console shows of a run: whose file, and what the record says of it once it is over. */
export type Followed = {
	/** Its path. */
	readonly path: string;
	/** Absent while it runs. */
	readonly end?: {readonly sha256?: string | undefined};
};

/** Reads the output of one run as it grows: at most one at a time, and nothing while none is looked at. */
export type OutputFollower = {
	/** From now on this one; the same as before goes on. Undefined: none. */
	follow(what: Followed | undefined): void;
	text(): OutputText | undefined;
	close(): void;
};

const everyMs = 250;
const blockBytes = 256 * 1024;
/** No file of ours is larger; one that is was changed. */
const bytesMax = 20 * 1024 * 1024;

const nothing: OutputText = {lines: [], bytes: 0, isWhole: false};

/** @param changed - there is more to see. */
export function createOutputFollower(changed: () => void): OutputFollower {
	let now: Followed | undefined;
	let text: OutputText | undefined;
	let timer: NodeJS.Timeout | undefined;
	let reading: Reading | undefined;
	let turn = 0;

	async function look(mine: number): Promise<void> {
		if (!now || !reading) return;
		const isOver = now.end !== undefined;
		const found = await reading.more(isOver, now.end?.sha256);
		if (mine !== turn) return;
		if (found !== text) {
			text = found;
			changed();
		}
		if (!found.isWhole) timer = setTimeout(() => void look(mine), everyMs).unref();
	}

	function begin(): void {
		clearTimeout(timer);
		turn++;
		void look(turn);
	}

	return {
		follow(what) {
			if (what?.path === now?.path && (what?.end === undefined) === (now?.end === undefined)) return;
			const isSame = what?.path === now?.path;
			now = what;
			if (!isSame) {
				reading?.close();
				reading = what && createReading(what.path);
				text = what && nothing;
			}
			if (what) begin();
			else {
				clearTimeout(timer);
				turn++;
			}
		},
		text: () => text,
		close() {
			clearTimeout(timer);
			turn++;
			now = undefined;
			reading?.close();
			reading = undefined;
		},
	};
}

type Reading = {
	more(isOver: boolean, sha256: string | undefined): Promise<OutputText>;
	/** Nobody looks any more. A file that is left open is closed by the garbage collector, which complains onto the screen. */
	close(): void;
};

function createReading(path: string): Reading {
	const decoder = new StringDecoder('utf8');
	const hash: Hash = createHash('sha256');
	let file: FileHandle | undefined;
	let [bytes, last] = [0, ''];
	let text = nothing;
	let queue: Promise<unknown> = Promise.resolve();
	let isLeft = false;

	async function closeFile(): Promise<void> {
		const open = file;
		file = undefined;
		await open?.close().catch(() => {});
	}

	async function readOn(isOver: boolean, sha256: string | undefined): Promise<OutputText> {
		if (text.isWhole || isLeft) return text;
		const fresh: string[] = [];
		const before = bytes;
		try {
			file ??= await open(path, 'r');
			const block = Buffer.alloc(blockBytes);
			for (;;) {
				const {bytesRead} = await file.read(block, 0, blockBytes, bytes);
				if (bytesRead === 0 || bytes > bytesMax) break;
				bytes += bytesRead;
				const part = block.subarray(0, bytesRead);
				hash.update(part);
				const pieces = (last + decoder.write(part)).split('\n');
				last = pieces.pop() ?? '';
				for (const piece of pieces) fresh.push(piece);
			}
		} catch (error) {
			const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
			if (!isOver && isMissing) return text;
			await closeFile();
			const trouble = isMissing ? `${path} is not there` : `${path} can't be read: ${(error as Error).message}`;
			text = {...text, isWhole: true, ...((sha256 !== undefined || !isMissing) && {trouble})};
			return text;
		}
		if (!isOver && bytes === before) return text;
		if (isOver) {
			if (last !== '') fresh.push(last);
			await closeFile();
		}
		const isChanged = isOver && sha256 !== undefined && hash.digest('hex') !== sha256;
		const lines = fresh.length === 0 ? text.lines : [...text.lines, ...fresh];
		text = {lines, bytes, isWhole: isOver, ...(isChanged && {trouble: 'the file is not what the record says: it was changed'})};
		return text;
	}

	return {
		more(isOver, sha256) {
			const mine = queue.then(() => readOn(isOver, sha256));
			queue = mine;
			return mine;
		},
		close() {
			isLeft = true;
			queue = queue.then(closeFile);
		},
	};
}
