import {redact} from '../base/redact.ts';
import {sanitize} from '../base/text.ts';
import {whyNotSign} from '../core/facts/sign-off.ts';
import {appendFinished} from '../journal/append-finished.ts';
import {foldRecord} from '../journal/fold.ts';
import type {SessionSummary} from '../journal/sessions.ts';
import {controlCommand} from './control.ts';
import {renewDocuments} from './documents.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';
import {CommandError, safe, say, sayJson, tell} from './output.ts';
import {tellSession} from './report-read.ts';
import {writeDecision} from './report-write.ts';
import {findSession} from './sessions-on-disk.ts';
import {whoAmI} from './who.ts';

export type SignOptions = {
	readonly role: string;
	readonly as: string;
	readonly note: string;
	readonly operator?: string;
	readonly json?: boolean;
};

const nameColumnsMax = 60;
const noteColumnsMax = 500;

/**
 * `canary sign`: a role's yes in the journal. While the session runs its controller takes it; once it is over it is added to the
 * finished journal, and the decision is written anew, with who signed.
 */
export async function signCommand(wanted: string | undefined, options: SignOptions): Promise<ExitCode> {
	const {role, as: name, note, ...flags} = options;
	const session = findSession(wanted, 'any');
	if (session.status === 'running') {
		return controlCommand({command: 'sign', role, name, note}, session.folder, {...flags, timeoutMs: 0});
	}
	if (session.status !== 'finished') throw new CommandError(notOver(session), exitCodes.usage);
	return signFinished(session, options);
}

const notOver = ({name, status}: SessionSummary): string =>
	status === 'elsewhere'
		? `${name} is guarded on another machine: sign there.`
		: `${name} has no controller and is not over: canary run --resume ${name} takes it up again, canary rollback ends it.`;

async function signFinished({folder, name: session}: SessionSummary, options: SignOptions): Promise<ExitCode> {
	const folded = await foldRecord(folder);
	if (!folded.ok) throw new CommandError(`${folder} can't be signed: ${folded.error.message}`, exitCodes.unreachable);
	const refusal = whyNotSign(folded.value.state, options.role);
	if (refusal !== undefined) throw new CommandError(`not signed: ${refusal}.`, exitCodes.usage);
	const line = (text: string, columns: number): string => sanitize(redact(text.trim()), columns);
	const [role, name] = [line(options.role, nameColumnsMax), line(options.as, nameColumnsMax)];
	if (name === '') throw new CommandError('who signs? --as NAME names the person.', exitCodes.usage);
	const by = whoAmI(options.operator);
	const added = await appendFinished(folder, [{type: 'signed-off', by, role, name, note: line(options.note, noteColumnsMax)}]);
	if (!added.ok) throw new CommandError(added.error, exitCodes.unreachable);
	for (const text of await renewDocuments(folder)) tell(`canary: signed, but not in every document: ${safe(text)}`);
	const {summary} = await tellSession(folder);
	const written = await writeDecision(folder, summary);
	if (!written.ok)
		throw new CommandError(`signed, but the decision could not be written: ${written.error}`, exitCodes.unreachable);
	const {verdict} = summary.decision;
	const seq = added.value[0]?.seq ?? 0;
	if (options.json) sayJson({command: 'sign', ok: true, session, role, name, seq, verdict, exitCode: exitCodes.good});
	else say(`signed off by ${safe(name)} for ${safe(role)} [#${seq}]; the decision is ${verdict}`);
	return exitCodes.good;
}
