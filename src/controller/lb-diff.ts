import {join} from 'node:path';
import {formatDuration, formatElapsed} from '../base/duration.ts';
import type {SessionEvent} from '../core/event.ts';
import {sideText} from '../core/plan.ts';
import {percentText} from '../core/reduce-split.ts';
import type {Split} from '../core/split.ts';
import {readJournal} from '../journal/reader.ts';
import {sessionFiles} from '../journal/session-folder.ts';
import {writeWhole} from '../journal/whole-file.ts';
import type {ControllerOptions} from './options.ts';
import type {Wired} from './wiring.ts';

export const lbDiffName = 'LB_DIFF.txt';

/** A split that drifts for ever must not fill the memory: the first and the newest changes stay. */
const blocksMax = 500;

/** Gathers every change of weight with the router's own words before and after it, from the events of a session in their order. */
export class LbDiff {
	readonly #blocks: string[] = [];
	readonly #intended = new Map<string, Extract<SessionEvent, {type: 'action-intended'}>>();
	readonly #before = new Map<string, Split>();
	#startedMs: number | undefined;
	/** What both are, with what each was built from. */
	#sides = '';
	#dropped = 0;

	/** Whether the event ended a change, so that the text is a new one. */
	add(event: SessionEvent): boolean {
		switch (event.type) {
			case 'session-started': {
				const {baseline, candidate} = event.plan;
				this.#sides = `baseline ${sideText(baseline)}, candidate ${sideText(candidate)}\n\n`;
				return false;
			}
			case 'action-intended':
				this.#intended.set(event.intentId, event);
				return false;
			case 'action-read-before':
				this.#before.set(event.intentId, event.split);
				return false;
			case 'action-verified':
				this.#startedMs ??= event.tMs;
				return this.#end(event, [
					`+ ${splitText(event.split)}`,
					`verified in ${formatDuration(event.tookMs)}, attempt ${event.attempt}`,
				]);
			case 'action-failed':
				if (event.retryInMs !== undefined) return false;
				return this.#end(event, [`! not changed: ${event.error.message}`]);
			case 'action-aborted':
				this.#forget(event.intentId);
				return false;
			default:
				return false;
		}
	}

	get text(): string {
		const head = `${this.#sides}${this.#blocks.length === 0 ? 'No change of weight.\n' : this.#blocks.join('\n')}`;
		return this.#dropped === 0 ? head : `${head}\n(${this.#dropped} more in the middle are in the journal)\n`;
	}

	#end(event: Extract<SessionEvent, {type: 'action-verified' | 'action-failed'}>, after: readonly string[]): boolean {
		const {intentId, atMs, tMs, router} = event;
		const intended = this.#intended.get(intentId);
		const before = this.#before.get(intentId);
		this.#forget(intentId);
		const since = this.#startedMs === undefined ? '' : `  ${formatElapsed(tMs - this.#startedMs)}`;
		const what = intended
			? `${intended.purpose} to ${percentText(intended.toPercent)} by ${intended.by}: ${intended.reason}`
			: intentId;
		const lines = [
			`${new Date(atMs).toISOString()}${since}  ${what}`,
			`  ${router}`,
			`  - ${before ? splitText(before) : 'not read before: it could not wait'}`,
			...after.map(line => `  ${line}`),
			'',
		];
		if (this.#blocks.length >= blocksMax) {
			this.#blocks.splice(Math.floor(blocksMax / 2), 1);
			this.#dropped++;
		}
		this.#blocks.push(lines.join('\n'));
		return true;
	}

	#forget(intentId: string): void {
		this.#intended.delete(intentId);
		this.#before.delete(intentId);
	}
}

function splitText({weightPercent, pools, text}: Split): string {
	const up = pools ? `  servers up: baseline ${pools.baseline.join('/')}, candidate ${pools.candidate.join('/')}` : '';
	return `${percentText(weightPercent)} to the candidate${up}${text === undefined || text === '' ? '' : `  ${text}`}`;
}

/**
 * Keeps LB_DIFF.txt of the session: whole after every change of weight. It is written behind the change, never before it; one that a
 * crash kept from being written is there again after the session was taken up.
 */
export function keepLbDiff(wired: Wired, {folder}: ControllerOptions): void {
	const {runtime, session, listeners, farewells, complain} = wired;
	const files = sessionFiles(folder);
	const path = join(files.artifacts, lbDiffName);
	const diff = new LbDiff();
	let isTold = false;

	async function write(): Promise<void> {
		const written = await writeWhole(path, diff.text);
		if (written.ok) runtime.take({type: 'artifact-written', name: lbDiffName, ...written.value});
		else if (!isTold) runtime.take({type: 'noticed', level: 'warning', text: written.error});
		isTold ||= !written.ok;
	}

	/** What this controller saw comes behind what the earlier ones did. */
	const firstSeq = runtime.state.nextSeq;
	const early: SessionEvent[] = [];
	let isCaughtUp = session.unguardedMs === undefined;
	async function catchUp(): Promise<void> {
		if (isCaughtUp) return;
		let isNew = false;
		for await (const entry of readJournal(files.journal)) {
			if (!entry.ok) break;
			if (entry.value.kind !== 'event') continue;
			if (entry.value.event.seq >= firstSeq) break;
			isNew = diff.add(entry.value.event) || isNew;
		}
		for (const event of early.splice(0)) isNew = diff.add(event) || isNew;
		isCaughtUp = true;
		if (isNew) await write();
	}

	let writing: Promise<void> = catchUp().catch(complain);
	listeners.add(event => {
		if (!isCaughtUp) {
			if (event.type.startsWith('action-')) early.push(event);
		} else if (diff.add(event)) writing = writing.then(write).catch(complain);
	});
	farewells.add(() => writing);
}
