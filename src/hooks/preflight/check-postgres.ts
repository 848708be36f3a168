import type {Client} from 'pg';
import type {CheckResult} from '../../core/facts/preflight.ts';
import type {PostgresCheck} from '../../core/preflight-options.ts';
import type {HookPorts} from '../ports.ts';
import {causeOf} from '../tls.ts';
import {quote} from '../values.ts';
import {judgePolicies, type PolicyRow, policiesQuery, type TableRow, tableQuery} from './row-level-security.ts';

/** A question to PostgreSQL, in a read-only transaction, as the application's own role. */
export async function checkPostgres(
	check: PostgresCheck,
	timeoutMs: number,
	{resolve}: HookPorts,
	signal: AbortSignal,
): Promise<CheckResult> {
	const url = await resolve(check.url);
	if (!url.ok) return {ok: false, message: `${url.error}.`, remedy: 'It must hold postgres://user:password@host/database.'};
	let client: Client;
	try {
		const {default: pg} = await import('pg');
		client = new pg.Client({
			connectionString: url.value,
			connectionTimeoutMillis: timeoutMs,
			statement_timeout: timeoutMs,
			query_timeout: timeoutMs,
			application_name: 'canary pre-flight',
		});
	} catch (error) {
		return {ok: false, message: `the connection URL can't be used: ${withoutUrl(causeOf(error), url.value)}.`};
	}
	// A connection that breaks off says so by an event too; the call says it as well.
	client.on('error', () => {});
	const stop = (): void => void client.end().catch(() => {});
	signal.addEventListener('abort', stop, {once: true});
	try {
		await client.connect();
		await client.query('BEGIN READ ONLY');
		if (check.role !== undefined) await client.query(`SET LOCAL ROLE ${pgName(check.role)}`);
		return await ask(check, client);
	} catch (error) {
		const {code = ''} = error as {code?: string};
		const isAnswer = /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('08') && !code.startsWith('57');
		const message = `PostgreSQL: ${withoutUrl(causeOf(error), url.value)}${isAnswer ? ` (${code})` : ''}.`;
		return {ok: false, ...(!isAnswer && {unreachable: true}), message, remedy: remedyOf(code, check.role)};
	} finally {
		signal.removeEventListener('abort', stop);
		await client.end().catch(() => {});
	}
}

async function ask({ask: question}: PostgresCheck, client: Client): Promise<CheckResult> {
	if (question.kind === 'rls') {
		const names = question.table.includes('.') ? question.table.split('.', 2) : [undefined, question.table];
		const [table] = (await client.query<TableRow>(tableQuery, names)).rows;
		const policies = table ? (await client.query<PolicyRow>(policiesQuery, [table.oid])).rows : [];
		return judgePolicies(question, table, policies);
	}
	const {query, count, rows: wanted} = question;
	const answer = await client.query<unknown[]>({text: query, rowMode: 'array'});
	const rows = answer.rows.map(row => row.map(textOf));
	if (count !== undefined && rows.length !== count) {
		return {
			ok: false,
			message: `${rowsText(rows.length)} came, and ${count} must: ${shown(rows)}.`,
			remedy: `The query: ${query}`,
		};
	}
	if (wanted && JSON.stringify(rows) !== JSON.stringify(wanted)) {
		return {ok: false, message: `${shown(rows)} came, and ${shown(wanted)} must.`, remedy: `The query: ${query}`};
	}
	return {ok: true, message: `${rowsText(rows.length)}, as expected`};
}

const rowsText = (count: number): string => (count === 1 ? 'one row' : `${count} rows`);

const textOf = (value: unknown): string | null =>
	value === null
		? null
		: value instanceof Date
			? value.toISOString()
			: typeof value === 'object'
				? JSON.stringify(value)
				: String(value);

const shown = (rows: readonly (readonly (string | null)[])[]): string =>
	rows.length === 0 ? 'nothing' : quote(rows.map(row => row.map(value => value ?? 'NULL').join(' | ')).join('; '), 200);

/** Identifiers can't be parameters. */
const pgName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** The URL holds a password. */
function withoutUrl(text: string, url: string): string {
	const password = URL.parse(url)?.password ?? '';
	const plain = text.replaceAll(url, '•••');
	return password === '' ? plain : plain.replaceAll(password, '•••').replaceAll(decodeURIComponent(password), '•••');
}

function remedyOf(code: string, role: string | undefined): string {
	if (code === '42501' && role !== undefined) return `Is the user of the connection a member of ${role}, and may it read that?`;
	if (code.startsWith('28')) return 'Are user and password of the connection URL right?';
	if (code === '42704' || code === '22023') return role === undefined ? '' : `Is there a role ${role}?`;
	if (code.startsWith('42')) return 'The query itself is refused: try it in psql.';
	return 'Is the server up, and does the connection URL name it?';
}
