import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {describe, expect, test} from 'vitest';
import {describeWithServers} from '../helpers/describe-with-servers.ts';
import {runLoad} from '../helpers/load.ts';
import {createTempFolder, freePort, isAlive, startProcess, waitUntil} from '../helpers/process.ts';
import {startTerminal} from '../helpers/pty.ts';
import {startService} from '../helpers/service.ts';

const helpers = new URL('../helpers/', import.meta.url).pathname;

describe('a process that a test starts', () => {
	test('tells its output when it ends before it is ready', async () => {
		const start = startProcess({name: 'broken', command: 'sh', args: ['-c', 'echo no such option; exit 3'], ready: () => false});
		await expect(start).rejects.toThrow(/broken ended before it was ready\.\nno such option/);
	});

	test('is told to be missing when there is no such program', async () => {
		const start = startProcess({name: 'nothing', command: '/no/such/program', ready: () => false});
		await expect(start).rejects.toThrow(/could not be started.*ENOENT/);
	});

	test('is killed when it ignores SIGTERM, with its children', async () => {
		const script = "trap '' TERM; sleep 1000 & echo child $!; while :; do wait; done";
		await using stubborn = await startProcess({name: 'stubborn', command: 'sh', args: ['-c', script], stopTimeoutMs: 200});
		const [, child] = await waitUntil('the child is known', () => /child (\d+)/.exec(stubborn.output()));
		expect(await stubborn.stop()).toEqual({code: null, signal: 'SIGKILL'});
		await waitUntil('the child has gone', () => !isAlive(Number(child)));
	});

	test('keeps the end of what it wrote, and no more than 64 KiB', async () => {
		const script = 'i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done; sleep 1000';
		await using chatty = await startProcess({name: 'chatty', command: 'sh', args: ['-c', script]});
		await waitUntil('the last line is in', () => chatty.output().endsWith('line 19999\n'));
		expect(chatty.output().length).toBeLessThanOrEqual(64 * 1024);
	});

	test('ends, and its folder goes, when the test process is killed by -9', async () => {
		const port = await freePort();
		using folder = createTempFolder('orphan');
		const note = join(folder.path, 'note.json');
		const script = `
			import {writeFileSync} from 'node:fs';
			import {startService} from '${helpers}service.ts';
			const {process: {pid}, errorLog} = await startService({version: 'orphan', port: ${port}});
			writeFileSync('${note}', JSON.stringify({pid, errorLog}));
			setInterval(() => {}, 1000);
		`;
		await using parent = await startProcess({
			name: 'parent',
			command: process.execPath,
			args: ['--input-type=module-typescript', '-e', script],
			ready: () => existsSync(note),
		});
		const {pid, errorLog} = JSON.parse(readFileSync(note, 'utf8')) as {readonly pid: number; readonly errorLog: string};
		expect([isAlive(pid), existsSync(join(errorLog, '..'))]).toEqual([true, true]);
		parent.signal('SIGKILL');
		await waitUntil('the service has gone', () => !isAlive(pid));
		await waitUntil('its folder has gone', () => !existsSync(join(errorLog, '..')));
	});
});

describe('the service', () => {
	const page = async (url: string, timeoutMs = 2000): Promise<string> =>
		(await fetch(url, {signal: AbortSignal.timeout(timeoutMs)})).text();

	test('fails exactly the share asked for, counts it and logs it', async () => {
		await using service = await startService({version: 'faulty'});
		await service.fault({errorRate: 0.25});
		const report = await runLoad({url: service.url, requestsPerSecond: 200, seconds: 1});
		expect(report).toMatchObject({ok: 150, failed: 50, failures: {500: 50}, byVersion: {faulty: 200}});
		expect(await page(`${service.url}/metrics`)).toContain('http_requests_total{code="500"} 50');
		expect(readFileSync(service.errorLog, 'utf8').trim().split('\n')).toHaveLength(50);
	});

	test('hangs, empties, spoils and heals its metrics page', async () => {
		await using service = await startService({version: 'canary'});
		const metrics = `${service.url}/metrics/memory`;
		await service.fault({metricsPage: 'hung'});
		await expect(page(metrics, 300)).rejects.toThrow(/timeout/i);
		await service.fault({metricsPage: 'empty'});
		expect(await page(metrics)).toBe('');
		await service.fault({metricsPage: 'garbage'});
		expect(await page(metrics)).toContain('not metrics');
		await service.fault({metricsPage: 'reset'});
		await expect(page(metrics)).rejects.toThrow();
		await service.heal();
		await service.fault({rlsViolations: 2, crossTenantAttempts: 1});
		expect(await page(metrics)).toMatch(/^memory_rls_policy_errors_total 2$[\s\S]*^memory_cross_tenant_attempts_total 1$/m);
	});

	test('takes longer when told, and its histogram sees it', async () => {
		await using service = await startService({version: 'slow'});
		await service.fault({latencyMs: 120});
		const report = await runLoad({url: service.url, requestsPerSecond: 50, seconds: 0.2});
		expect(Math.min(...report.latenciesMs)).toBeGreaterThan(115);
		expect(await page(`${service.url}/metrics`)).toMatch(/^ttfv_ms_bucket\{le="100"\} 0$/m);
	});

	test('ends its streams well, or breaks them off when told', async () => {
		await using service = await startService({version: 'stable'});
		const stream = `${service.url}/events?count=4&interval-ms=1`;
		expect(await page(stream)).toContain('event: done');
		await service.fault({sseBreakRate: 1});
		await expect(page(stream)).rejects.toThrow();
		expect(await page(`${service.url}/metrics/sse`)).toMatch(/^sse_total 2$[\s\S]*^sse_complete_total 1$/m);
	});

	test('leaks memory and crashes when told', async () => {
		await using service = await startService({version: 'leaky'});
		const residentBytes = async (): Promise<number> =>
			Number(/^memory_usage_bytes (\d+)$/m.exec(await page(`${service.url}/metrics/system`))?.[1]);
		const before = await residentBytes();
		await service.fault({leakBytesPerSecond: 100_000_000});
		await sleep(1000);
		expect(await residentBytes()).toBeGreaterThan(before + 40_000_000);
		await service.fault({crash: true});
		expect(await service.process.exit).toEqual({code: 70, signal: null});
	});

	test('refuses a fault that it does not know', async () => {
		await using service = await startService({version: 'stable'});
		await expect(service.fault({errorRate: 7})).rejects.toThrow(/errorRate/);
	});
});

describeWithServers(['tmux'], 'a terminal', () => {
	test('shows text, colours, title and exit code of a program', async () => {
		await using terminal = await startTerminal({command: ['sh'], env: {PS1: '$ '}, columns: 80, rows: 24});
		await terminal.type(`printf '\\033[31mred;\\033[0m plain\\033]2;hello\\007\\n' ;`);
		await terminal.keys('Enter');
		await terminal.waitForText(/^red; plain$/m);
		expect(await terminal.screenWithColours()).toContain('\u001b[31mred;');
		expect(await terminal.title()).toBe('hello');
		expect(terminal.rawOutput()).toContain('\u001b]2;hello\u0007');
		await terminal.type('exit 7');
		await terminal.keys('Enter');
		expect(await terminal.exitCode()).toBe(7);
	});

	test('is resized, and the program hears of it', async () => {
		await using terminal = await startTerminal({command: ['sh', '-c', 'trap "stty size" WINCH; while :; do sleep 0.05; done']});
		await sleep(200);
		await terminal.resize(100, 30);
		await terminal.waitForText('30 100');
	});

	test('blocks the program that writes while it is frozen', async () => {
		using folder = createTempFolder('frozen');
		const file = join(folder.path, 'written');
		const script = `i=0; while :; do echo "a line of some length, number $i"; i=$((i+1)); echo $i > ${file}; done`;
		await using terminal = await startTerminal({command: ['sh', '-c', script]});
		const written = (): string => readFileSync(file, 'utf8');
		await waitUntil('it writes', () => existsSync(file));
		terminal.freeze();
		await sleep(500);
		const before = written();
		await sleep(300);
		expect(written()).toBe(before);
		terminal.thaw();
		await waitUntil('it writes again', () => written() !== before);
	});

	test('is gone after it was stopped, with the program in it', async () => {
		const terminal = await startTerminal({command: ['sleep', '1000']});
		expect(isAlive(terminal.pid)).toBe(true);
		await terminal.stop();
		await waitUntil('the program has gone', () => !isAlive(terminal.pid));
	});
});
