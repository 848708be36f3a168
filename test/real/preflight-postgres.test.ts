import {expect, test} from 'vitest';
import {redact} from '../../src/base/redact.ts';
import type {PostgresCheck} from '../../src/core/preflight-options.ts';
import type {HookPorts} from '../../src/hooks/ports.ts';
import {checkPostgres} from '../../src/hooks/preflight/check-postgres.ts';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {startPostgres} from '../helpers/postgres.ts';

/** As relay-r1 has it: rows belong to a user, and the application's own role sees none but its user's. */
const schema = `
CREATE ROLE app_rw LOGIN;
CREATE ROLE deployer LOGIN;
GRANT app_rw TO deployer;
CREATE TABLE memory_chunks (id int PRIMARY KEY, user_id text NOT NULL, chunk text);
INSERT INTO memory_chunks VALUES (1, 'ana', 'a'), (2, 'ben', 'b');
GRANT SELECT, INSERT, UPDATE, DELETE ON memory_chunks TO app_rw;
CREATE POLICY chunks_select ON memory_chunks FOR SELECT TO app_rw USING (user_id = current_setting('app.user_id', true));
CREATE POLICY chunks_insert ON memory_chunks FOR INSERT TO app_rw WITH CHECK (user_id = current_setting('app.user_id', true));
CREATE POLICY chunks_update ON memory_chunks FOR UPDATE TO app_rw USING (user_id = current_setting('app.user_id', true));
CREATE POLICY chunks_delete ON memory_chunks FOR DELETE TO app_rw USING (user_id = current_setting('app.user_id', true));
`;

describeWithServers(['postgres'], 'a pre-flight check of PostgreSQL', () => {
	test('row-level security, as relay-r1 needs it', {timeout: 60_000}, async () => {
		await using postgres = await startPostgres();
		postgres.sql(schema);
		const check = (
			ask: PostgresCheck['ask'],
			{user = 'app_rw', role}: {user?: string; role?: string} = {},
			url = postgres.url(user),
		) => {
			const ports = {resolve: async () => ({ok: true, value: url}), redact} as unknown as HookPorts;
			const options: PostgresCheck = {url: {env: 'DATABASE_URL'}, ask, ...(role !== undefined && {role})};
			return checkPostgres(options, 5_000, ports, AbortSignal.timeout(10_000));
		};
		const rls = {
			kind: 'rls',
			table: 'memory_chunks',
			policies: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
			allowTrue: false,
		} as const;
		const policies = {
			kind: 'query',
			query: "SELECT cmd FROM pg_policies WHERE tablename = 'memory_chunks' ORDER BY policyname",
			rows: [['DELETE'], ['INSERT'], ['SELECT'], ['UPDATE']],
		} as const;

		// The policies are listed, and nothing applies them: the runbook's own query is content, the check is not.
		expect(await check(policies)).toEqual({ok: true, message: '4 rows, as expected'});
		expect(await check(rls)).toMatchObject({
			ok: false,
			message: expect.stringContaining(
				'row-level security is off for public.memory_chunks (its policies are there, but nothing applies them)',
			),
			remedy: 'ALTER TABLE public.memory_chunks ENABLE ROW LEVEL SECURITY.',
		});
		expect(postgres.sql('SET ROLE app_rw; SELECT count(*) FROM memory_chunks')).toBe('2');

		postgres.sql('ALTER TABLE memory_chunks ENABLE ROW LEVEL SECURITY');
		expect(postgres.sql('SET ROLE app_rw; SELECT count(*) FROM memory_chunks')).toBe('0');
		expect(await check(rls)).toMatchObject({
			ok: true,
			message: expect.stringMatching(/SELECT, INSERT, UPDATE, DELETE, as app_rw$/),
		});
		expect(await check(rls, {user: 'deployer', role: 'app_rw'})).toMatchObject({
			ok: true,
			message: expect.stringContaining('as app_rw'),
		});

		// Asked as somebody whom the policies don't bind.
		expect(await check(rls, {user: 'postgres'})).toMatchObject({
			ok: false,
			message: expect.stringContaining("don't bind postgres: it is a superuser"),
		});
		postgres.sql('ALTER ROLE app_rw BYPASSRLS');
		expect(await check(rls)).toMatchObject({ok: false, message: expect.stringContaining('it has BYPASSRLS')});
		postgres.sql('ALTER ROLE app_rw NOBYPASSRLS; ALTER TABLE memory_chunks OWNER TO app_rw');
		expect(await check(rls)).toMatchObject({
			ok: false,
			message: expect.stringContaining('it owns the table'),
			remedy: expect.stringContaining('FORCE ROW LEVEL SECURITY'),
		});
		postgres.sql('ALTER TABLE memory_chunks OWNER TO postgres');

		// A policy that is gone, one for another role, one that lets everything through.
		postgres.sql('DROP POLICY chunks_delete ON memory_chunks');
		expect(await check(rls)).toMatchObject({
			ok: false,
			message: expect.stringContaining('no policy for DELETE that applies to app_rw'),
		});
		expect(await check(policies)).toMatchObject({ok: false, message: expect.stringContaining('must')});
		postgres.sql(
			'CREATE ROLE other; CREATE POLICY chunks_delete ON memory_chunks FOR DELETE TO other USING (user_id IS NOT NULL)',
		);
		expect(await check(rls)).toMatchObject({ok: false, message: expect.stringContaining('no policy for DELETE')});
		postgres.sql(
			'DROP POLICY chunks_delete ON memory_chunks; CREATE POLICY chunks_delete ON memory_chunks FOR DELETE TO app_rw USING (true)',
		);
		expect(await check(rls)).toMatchObject({
			ok: false,
			message: expect.stringContaining('lets every row through: chunks_delete (DELETE)'),
		});
		expect(await check({...rls, allowTrue: true})).toMatchObject({ok: true});

		// What can't be asked is told as that.
		expect(await check({...rls, table: 'nonesuch'})).toMatchObject({
			ok: false,
			message: expect.stringContaining('there is no table nonesuch'),
		});
		expect(await check({kind: 'query', query: 'DELETE FROM memory_chunks', count: 0})).toMatchObject({
			ok: false,
			message: expect.stringContaining('read-only'),
		});
		expect(await check({kind: 'query', query: 'SELECT nonsense', count: 0})).toMatchObject({
			ok: false,
			remedy: expect.stringContaining('psql'),
		});
		expect(await check(rls, {role: 'postgres'})).toMatchObject({
			ok: false,
			message: expect.stringContaining('permission denied'),
			remedy: expect.stringContaining('member of postgres'),
		});
		const shut = await check(rls, {}, 'postgres://app_rw:hunter2@127.0.0.1:1/postgres');
		expect(shut).toMatchObject({ok: false, unreachable: true});
		expect(JSON.stringify(shut)).not.toContain('hunter2');
	});
});
