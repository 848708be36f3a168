import type {CheckResult} from '../../core/facts/preflight.ts';
import type {PolicyCommand, PostgresCheck} from '../../core/preflight-options.ts';

type Rls = Extract<PostgresCheck['ask'], {kind: 'rls'}>;

/** One table as the asking role sees it. `exempt`: why its policies don't bind that role. */
export type TableRow = {
	readonly oid: number;
	readonly name: string;
	readonly enabled: boolean;
	readonly forced: boolean;
	readonly role: string;
	readonly superuser: boolean;
	readonly bypasses: boolean;
	readonly owns: boolean;
};

/** One policy that applies to the asking role. `condition` is what decides about its command: for INSERT the check, else the filter. */
export type PolicyRow = {
	readonly name: string;
	readonly command: PolicyCommand | 'ALL';
	readonly permissive: boolean;
	readonly condition: string | null;
};

/** `pg_policies` lists policies even where row-level security is off for the table: so the table itself is asked. $1 may be null. */
export const tableQuery = `
SELECT c.oid::int8::int AS oid, n.nspname || '.' || c.relname AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
	current_user::text AS role, r.rolsuper AS superuser, r.rolbypassrls AS bypasses, pg_has_role(current_user, c.relowner, 'USAGE') AS owns
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles r ON r.rolname = current_user
WHERE c.relname = $2 AND c.relkind IN ('r', 'p') AND CASE WHEN $1::text IS NULL THEN pg_table_is_visible(c.oid) ELSE n.nspname = $1 END`;

export const policiesQuery = `
SELECT polname AS name, polpermissive AS permissive,
	CASE polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END AS command,
	CASE polcmd WHEN 'a' THEN pg_get_expr(polwithcheck, polrelid) ELSE pg_get_expr(polqual, polrelid) END AS condition
FROM pg_policy
WHERE polrelid = $1 AND EXISTS (
	SELECT FROM unnest(polroles) AS one
	WHERE CASE WHEN one = 0 THEN true ELSE pg_has_role(current_user, one, 'USAGE') END)
ORDER BY polname`;

/** Whether the policies that must be there bind the role. Each way in which they would not is told by its name. */
export function judgePolicies(
	{table: asked, policies: wanted, allowTrue}: Rls,
	table: TableRow | undefined,
	rows: readonly PolicyRow[],
): CheckResult {
	if (!table) {
		return {ok: false, message: `there is no table ${asked}, or this role can't see its schema.`, remedy: 'Write schema.table.'};
	}
	const {name, role} = table;
	if (!table.enabled) {
		const remedy = `ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY.`;
		const there = rows.length === 0 ? '' : ' (its policies are there, but nothing applies them)';
		return {ok: false, message: `row-level security is off for ${name}${there}.`, remedy};
	}
	const exempt = exemptionOf(table);
	if (exempt !== undefined)
		return {ok: false, message: `the policies of ${name} don't bind ${role}: ${exempt}.`, remedy: remedyFor(table)};
	const permissive = rows.filter(row => row.permissive);
	const missing = wanted.filter(command => !permissive.some(row => row.command === command || row.command === 'ALL'));
	if (missing.length > 0) {
		const there = rows.map(row => row.command).join(', ') || 'none';
		return {ok: false, message: `${name} has no policy for ${missing.join(', ')} that applies to ${role}; there is ${there}.`};
	}
	const open = permissive.filter(({condition}) => condition === 'true').map(row => `${row.name} (${row.command})`);
	if (open.length > 0 && !allowTrue) {
		const remedy = 'Give it a condition; where it is meant so, set "allowTrue: true".';
		return {ok: false, message: `a policy of ${name} lets every row through: ${open.join(', ')}.`, remedy};
	}
	const forAll = permissive.some(row => row.command === 'ALL') ? ' (some by a policy FOR ALL)' : '';
	return {ok: true, message: `${name}: row-level security is on, with policies for ${wanted.join(', ')}${forAll}, as ${role}`};
}

function exemptionOf({superuser, bypasses, owns, forced}: TableRow): string | undefined {
	if (superuser) return 'it is a superuser';
	if (bypasses) return 'it has BYPASSRLS';
	return owns && !forced ? 'it owns the table, and row-level security is not forced' : undefined;
}

const remedyFor = ({superuser, bypasses, name}: TableRow): string =>
	superuser || bypasses
		? 'Ask as the role of the application: "role", or another user in the connection URL.'
		: `ALTER TABLE ${name} FORCE ROW LEVEL SECURITY, or let another role own it.`;
