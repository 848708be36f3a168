import {execFile} from 'node:child_process';
import {appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {stringify} from 'yaml';
import {recordForm} from '../../src/journal/record.ts';
import {recordText} from '../helpers/journal.ts';
import {createTempFolder, waitUntil} from '../helpers/process.ts';
import {endController, program, readEvents} from '../helpers/world.ts';

/** Each planted in a place of its own; none may be found anywhere in what is kept. */
const secrets = {
	bearerFile: 'b3ar3r-File-9f8e7d',
	header: 'h3ad3r-Val-5a6b7c',
	toolEnv: 't00l-Env-1q2w3e',
	toolFile: 't00l-File-4r5t6y',
	stderrShape: 'std3rr-Pw-7u8i9o',
	body: 'b0dy-Key-zxcvbn',
	logLine: 'l0g-Tok-asdfgh',
	logPattern: 'cust-48151623',
	note: 'n0te-Pw-qwerty',
	reason: 'r3ason-Tok-poiuyt',
	url: 'url-Pw-mnbvcx',
} as const;

/** Everything below a folder, the packed journal as the lines it stands for. */
function textsOf(folder: string): readonly (readonly [string, string])[] {
	return readdirSync(folder, {recursive: true, encoding: 'utf8'})
		.map(name => join(folder, name))
		.filter(path => statSync(path).isFile())
		.map(path => [path, readFileSync(path, 'latin1')] as const);
}

test('secrets planted everywhere are found nowhere in what is kept', {timeout: 90_000}, async () => {
	using temp = createTempFolder('redaction');
	const at = (name: string): string => join(temp.path, name);
	let asked = 0;
	// Says no to each second question, and quotes what it was sent, as proxies and debug servers do.
	const server = createServer((request, response) => {
		const {authorization = '', 'x-scope-key': scope = ''} = request.headers;
		const isBad = ++asked % 2 === 0;
		response.writeHead(isBad ? 403 : 200, {'content-type': 'application/json'});
		const error = `denied: ${String(authorization).replace(/^bearer /i, '')} / ${scope} / apiKey=${secrets.body} ${'.'.repeat(300)}`;
		response.end(
			JSON.stringify(
				isBad ? {status: 'error', errorType: 'bad_data', error} : {status: 'success', data: {resultType: 'vector', result: []}},
			),
		);
	});
	await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
	const {port} = server.address() as AddressInfo;
	const home = at('home');
	mkdirSync(home);
	writeFileSync(at('bearer'), `${secrets.bearerFile}\n`);
	writeFileSync(at('tool-file'), secrets.toolFile);
	writeFileSync(at('weight'), '0');
	writeFileSync(at('errors.log'), '');
	const tool = `#!/bin/sh
echo "as $TOOL_TOKEN / $TOOL_FILE, password=${secrets.stderrShape}, ${secrets.url}" >&2
case "$1" in
	show) echo "weight:$(cat ${at('weight')}) via $TOOL_TOKEN" ;;
	set) if [ ! -e ${at('once')} ]; then touch ${at('once')}; exit 3; fi; echo "$2" > ${at('weight')}; echo "set with $TOOL_FILE" ;;
esac
`;
	writeFileSync(at('tool'), tool, {mode: 0o755});
	const env = {TOOL_TOKEN: {env: 'PLANTED_TOKEN'}, TOOL_FILE: {file: at('tool-file')}, PROXY: {env: 'PLANTED_URL'}};
	const profile = {
		name: 'secretive',
		baseline: {name: 'stable'},
		candidate: {name: 'canary'},
		metrics: {
			prometheus: {
				url: `http://127.0.0.1:${port}`,
				auth: {bearerTokenFile: at('bearer')},
				headers: {'X-Scope-Key': {env: 'PLANTED_HEADER'}},
			},
		},
		poll: '250ms',
		guardrails: [{title: 'Errors', query: 'up', healthy: '< 5', severity: 'warning'}],
		stages: [{weight: 5, duration: '1h', promote: 'manual'}],
		logs: [{path: at('errors.log'), side: 'candidate', format: 'json'}],
		redact: ['cust-\\d+'],
		policies: {watchAfterEnd: '0s', splitReadEvery: '1s'},
		router: {
			command: {
				read: {argv: [at('tool'), 'show'], env, parse: {regex: 'weight:(\\d+)'}},
				write: {argv: [at('tool'), 'set', '{candidate}'], env},
			},
		},
	};
	writeFileSync(at('profile.yaml'), stringify(profile));
	const processEnv = {
		...process.env,
		CANARY_HOME: home,
		HOME: home,
		XDG_RUNTIME_DIR: home,
		PLANTED_TOKEN: secrets.toolEnv,
		PLANTED_HEADER: secrets.header,
		PLANTED_URL: `postgres://app:${secrets.url}@db:5432/x`,
	};
	const canary = (...args: readonly string[]) =>
		new Promise<string>(resolve => {
			execFile(process.execPath, [program, ...args], {env: processEnv}, (_error, stdout, stderr) => resolve(stdout + stderr));
		});
	const sessions = join(home, 'sessions');
	const folder = (): string => join(sessions, readdirSync(sessions)[0] ?? '');
	const has = (type: string) => () => {
		try {
			return readEvents(folder()).some(event => event.type === type);
		} catch {
			return false;
		}
	};
	const waitFor = (type: string) =>
		waitUntil(`${type} is in the record`, has(type), {timeoutMs: 30_000, seen: () => output.join('\n')});
	const output: string[] = [];
	const run = canary('run', at('profile.yaml'), '--headless', '--start').then(text => output.push(text));
	try {
		await waitFor('action-failed');
		await waitFor('action-verified');
		const message = `login of ${secrets.logPattern} failed token=${secrets.logLine} as ${secrets.toolFile}`;
		appendFileSync(at('errors.log'), `${JSON.stringify({level: 'error', message})}\n`);
		await waitFor('errors-seen');
		output.push(await canary('note', `the password: ${secrets.note} was used with ${secrets.bearerFile}`));
		output.push(await canary('snapshot', '--reason', `before ${secrets.toolEnv}`));
		await waitFor('checkpoint-written');
		output.push(await canary('rollback', '--reason', `Authorization: Bearer ${secrets.reason}`));
		await run;
		await waitUntil('the record is packed', () => recordForm(folder()) === 'packed', {timeoutMs: 20_000});
	} finally {
		await endController(join(folder(), 'controller.pid')).catch(() => {});
		server.close();
	}
	const kept = [
		...textsOf(home),
		['the journal unpacked', recordText(folder())] as const,
		['what was printed', output.join('\n')] as const,
	];
	const found = kept.flatMap(([path, text]) =>
		Object.entries(secrets).flatMap(([what, secret]) =>
			text.includes(secret) || text.includes(secret.slice(0, -1)) ? [`${what} in ${path}`] : [],
		),
	);
	expect(found).toEqual([]);
	// They did come by: what stood there is there, masked.
	const journal = recordText(folder());
	for (const piece of ['denied: •••', 'as ••• / •••', 'login of ••• failed', 'the password: •••', 'before •••'])
		expect(journal).toContain(piece);
	expect(kept.length).toBeGreaterThan(8);
});
