import {type Finding, type Verification, verifySession} from '../journal/verify.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';
import {safe, say, sayJson} from './output.ts';
import {allSessions, findSession} from './sessions-on-disk.ts';

/** `canary sessions verify`: whether the records are as they were written. Exit code 1 when one is not. */
export async function sessionsVerifyCommand(wanted: readonly string[], {json}: {json?: boolean}): Promise<ExitCode> {
	const sessions = wanted.length > 0 ? wanted.map(one => findSession(one, 'any')) : allSessions();
	const all: Verification[] = [];
	for (const {folder} of sessions) {
		const one = await verifySession(folder);
		all.push(one);
		if (!json) tellOne(one);
	}
	if (json) sayJson(all);
	else if (all.length === 0) say('No sessions yet. canary run PROFILE starts one.');
	if (all.some(({problems}) => problems.length > 0)) return exitCodes.bad;
	return exitCodes.good;
}

function tellOne({session, events, filesChecked, problems, notes}: Verification): void {
	const sums = `${events} events, ${filesChecked} files`;
	say(`${safe(session)}  ${problems.length === 0 ? 'sound' : 'DAMAGED'}  ${sums}`);
	for (const problem of problems) say(`  ${placeOf(problem)}: ${safe(problem.message)}`);
	for (const note of notes) say(`  note: ${placeOf(note)}: ${safe(note.message)}`);
}

const placeOf = ({file, line, seq}: Finding): string =>
	safe(`${file}${line === undefined ? '' : `:${line}`}${seq === undefined ? '' : ` (event ${seq})`}`);
