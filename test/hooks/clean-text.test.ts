import {readFileSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {afterAll, expect, test} from 'vitest';
import {createRedactor} from '../../src/base/redact.ts';
import {ok} from '../../src/base/result.ts';
import {createContext, type KeeperPorts} from '../../src/controller/instance/context.ts';
import type {Fact} from '../../src/core/event.ts';
import {collect, type EvidencePorts} from '../../src/hooks/evidence/collect.ts';
import type {HookPorts} from '../../src/hooks/ports.ts';
import {checkCommand} from '../../src/hooks/preflight/check-command.ts';
import {checkHttp} from '../../src/hooks/preflight/check-http.ts';
import {createSession} from '../../src/journal/session-folder.ts';
import {runProcess} from '../../src/routers/run-process.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';

const temp = createTempFolder('clean-text');
afterAll(() => temp.remove());

/** A secret with a colour in the middle of it, and the sequence that sets a terminal's title. */
const hostile = 'key=hunt\x1b[31mer2-hunter2 \x1b]0;owned\x07end';
const redact = createRedactor({literals: ['hunter2-hunter2']});
const ports = {run: runProcess, resolve: async () => ok(''), redact, errorCodes: () => ''};
const soon = (): AbortSignal => AbortSignal.timeout(10_000);

function expectClean(text: string): void {
	expect(text).toContain('key=•••');
	expect(text).toContain('end');
	expect(text).not.toMatch(/hunt|er2|\x1b|\x07/);
}

const print = (code: number) => ['/bin/sh', '-c', `printf '%s\\n' "$OUT"; exit ${code}`];

test('a log and the output of a command are evidence without what a terminal obeys, and a coloured secret is masked', async () => {
	const path = join(temp.path, 'app.log');
	writeFileSync(path, `first\n${hostile}\n`);
	const log = await collect(
		{name: 'a', kind: 'log', after: 'rollback', path, lines: 5, timeoutMs: 5_000},
		ports as EvidencePorts,
		soon(),
	);
	if (!log.ok) throw new Error(log.error);
	expect(log.value.text).toMatch(/^first\n.*\n$/s);
	expectClean(log.value.text);
	const command = {
		name: 'b',
		kind: 'command',
		after: 'rollback',
		argv: print(0),
		cwd: '/',
		env: {OUT: hostile},
		timeoutMs: 5_000,
	} as const;
	const printed = await collect(command, ports as EvidencePorts, soon());
	if (!printed.ok) throw new Error(printed.error);
	expectClean(printed.value.text);
});

test('so is what a check before the first weight says', async () => {
	const check = {argv: print(3), cwd: '/', env: {OUT: hostile}};
	const result = await checkCommand(check, 5_000, ports as unknown as HookPorts, soon());
	expect(result.ok).toBe(false);
	expectClean(result.message);
});

test.each([{status: 204}, {status: 200, match: 'all well'}])('so is a page that is not as it must be: %o', async wanted => {
	const server = createServer((_, answer) => answer.end(hostile));
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
	const result = await checkHttp({url, headers: {}, ...wanted}, ports as unknown as HookPorts, soon());
	server.close();
	expect(result.ok).toBe(false);
	expectClean(result.message);
});

test('so is the log of an instance that is kept as an artifact, and what is said of it', async () => {
	const made = createSession({sessionsFolder: temp.path, profile: 'test', version: '1', startedAtMs: 0});
	if (!made.ok) throw new Error(made.error);
	const {folder} = made.value;
	writeFileSync(join(folder, 'instance.log'), `${hostile}\n`);
	const facts: Fact[] = [];
	const given = {options: {}, ports: {redact}};
	const context = createContext({folder, given, take: (fact: Fact) => void facts.push(fact)} as unknown as Parameters<
		typeof createContext
	>[0] satisfies KeeperPorts);
	await context.keepLog();
	expect(facts.map(({type}) => type)).toEqual(['artifact-written']);
	expectClean(readFileSync(join(folder, 'artifacts', 'INSTANCE.log'), 'utf8'));
	expectClean(await context.said());
});
