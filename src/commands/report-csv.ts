import {createWriteStream} from 'node:fs';
import {resolve} from 'node:path';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {stringify} from 'csv-stringify';
import {initialState} from '../core/state.ts';
import {foldEntry} from '../journal/fold.ts';
import {readRecord} from '../journal/record.ts';
import {csvColumns, csvRows} from '../report/csv-rows.ts';
import {exitCodes} from './exit-codes.ts';
import {CommandError, tell} from './output.ts';

/** One row per tick and guardrail, streamed: a day of them is no matter of memory. */
export async function writeCsv(folder: string, out: string | undefined): Promise<void> {
	const rows = Readable.from(rowsOf(folder));
	// A label or a log line that a spreadsheet would run as a formula is made plain text; numbers stay numbers.
	const csv = stringify({header: true, columns: [...csvColumns], escape_formulas: true});
	try {
		if (out === undefined) await pipeline(rows, csv, process.stdout, {end: false});
		else await pipeline(rows, csv, createWriteStream(resolve(out), {mode: 0o600}));
	} catch (error) {
		if (error instanceof CommandError) throw error;
		const message = error instanceof Error ? error.message : String(error);
		throw new CommandError(
			`${out ?? 'standard output'} can't be written: ${message}. Name another file with --out.`,
			exitCodes.unreachable,
		);
	}
}

async function* rowsOf(folder: string): AsyncGenerator<readonly (string | number)[]> {
	let state = initialState;
	for await (const entry of readRecord(folder)) {
		if (!entry.ok) {
			tell(`canary: the journal is damaged, and what follows is left out: ${entry.error.message}`);
			return;
		}
		state = foldEntry(state, entry.value);
		if (entry.value.kind === 'event' && entry.value.event.type === 'tick-taken') yield* csvRows(entry.value.event, state);
	}
}
