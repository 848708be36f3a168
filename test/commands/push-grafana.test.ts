import {readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {exportCommand} from '../../src/commands/export.ts';
import {tellSession} from '../../src/commands/report-read.ts';
import {pushedDashboards} from '../../src/journal/dashboards.ts';
import {verifySession} from '../../src/journal/verify.ts';
import {decisionMarkdown} from '../../src/report/decision-md.ts';
import {startControlled} from '../helpers/controlled-session.ts';
import {splitRead, started, tick} from '../helpers/given.ts';
import {type GrafanaStub, startGrafanaStub} from '../helpers/grafana-stub.ts';
import {createTestJournal} from '../helpers/journal.ts';
import {createTempFolder, type TempFolder} from '../helpers/temp-folder.ts';
import {waitUntil} from '../helpers/wait.ts';

let temp: TempFolder;
let grafana: GrafanaStub;
let profile: string;
const said: string[] = [];
beforeEach(async () => {
	temp = createTempFolder('push-grafana');
	grafana = await startGrafanaStub();
	process.env['CANARY_HOME'] = temp.path;
	process.env['GRAFANA_TOKEN'] = 's3cret-token';
	profile = join(temp.path, 'test.yaml');
	writeFileSync(
		profile,
		`name: test
baseline: {name: stable}
candidate: {name: canary}
metrics: {prometheus: {url: 'http://127.0.0.1:9090'}}
router: {command: {read: {argv: [echo, '5'], parse: {regex: '([0-9]+)'}}, write: {argv: [echo, '{candidate}']}}}
guardrails:
  - {id: p95, query: a, unit: ms, healthy: < 1500, for: 1m, group: Latency}
  - {id: errors, query: b, unit: percent, healthy: < 1, for: 1m, group: Errors}
stages: [{weight: 5, duration: 1h}, {weight: 100, duration: 0s}]
`,
	);
	vi.spyOn(process.stdout, 'write').mockImplementation(text => {
		said.push(String(text));
		return true;
	});
});
afterEach(() => {
	vi.restoreAllMocks();
	said.length = 0;
	grafana.close();
	delete process.env['CANARY_HOME'];
	delete process.env['GRAFANA_TOKEN'];
	temp.remove();
});

const push = (more: object = {}) => exportCommand('grafana', profile, {push: `${grafana.url}/grafana`, ...more});
const uids = ['canary-test-Latency', 'canary-test-Errors'];

test('pushed twice it is the same dashboards, remembered once, readable by their owner alone', async () => {
	expect(await push()).toBe(0);
	const first = pushedDashboards('test', temp.path);
	expect(await push()).toBe(0);
	expect([...grafana.kept].map(([uid, {version}]) => [uid, version])).toEqual(uids.map(uid => [uid, 2]));
	const kept = pushedDashboards('test', temp.path);
	expect(kept.map(({uid}) => uid)).toEqual(uids);
	expect(kept.map(({url}) => url)).toEqual(first.map(({url}) => url));
	expect(kept[0]?.url).toBe(`${grafana.url}/grafana/d/canary-test-Latency/canary-test-latency`);
	expect(said.join('')).toContain(`uid canary-test-Latency\nurl ${kept[0]?.url}\n`);
	expect(statSync(join(temp.path, 'dashboards.json')).mode & 0o777).toBe(0o600);
	expect(readFileSync(join(temp.path, 'dashboards.json'), 'utf8')).not.toContain('s3cret');
	// A profile that is called like a member of every object has its own, which are none.
	expect(pushedDashboards('constructor', temp.path)).toEqual([]);
});

test('a damaged memory is as none, and is written anew', async () => {
	writeFileSync(join(temp.path, 'dashboards.json'), '{"test": [{"uid": 7}, null], "other": 3}');
	expect(pushedDashboards('test', temp.path)).toEqual([]);
	expect(await push()).toBe(0);
	expect(pushedDashboards('test', temp.path)).toHaveLength(2);
});

test('what was pushed and can not be remembered is pushed all the same, and said', async () => {
	process.env['CANARY_HOME'] = join(profile, 'no-folder');
	const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
	expect(await push()).toBe(0);
	expect([...grafana.kept.keys()]).toEqual(uids);
	expect(told.mock.calls.join('')).toMatch(/pushed, but not remembered for the sessions to come: .*no-folder.*Set CANARY_HOME/);
});

test('a session knows what was pushed before it, what is pushed while it runs, and after its end; the record stays sound', async () => {
	expect(await push({group: 'Latency'})).toBe(0);
	const session = await startControlled(temp.path, {dashboards: pushedDashboards('test', temp.path)});
	await waitUntil('1 noted', () => session.controller.state.dashboards?.length === 1);
	expect(await push({session: session.folder})).toBe(0);
	await waitUntil('2 noted', () => session.controller.state.dashboards?.length === 2);
	expect(session.controller.state.dashboards?.map(({uid}) => uid).toSorted()).toEqual(uids.toSorted());
	// Known already at that address: no line again.
	expect(session.controller.state.timeline.filter(({text}) => text.startsWith('dashboard '))).toHaveLength(2);
	await session.controller.stop('the test is over');
	const {summary} = await tellSession(session.folder);
	expect(summary.dashboards.map(({uid, url}) => [uid, url.startsWith(grafana.url)])).toEqual(
		expect.arrayContaining(uids.map(uid => [uid, true])),
	);
	expect(decisionMarkdown(summary)).toMatch(/## Dashboards[\s\S]*\| Canary test: Latency \|/);
	const verified = await verifySession(session.folder);
	expect(verified.problems).toEqual([]);
});

test('into a session that is over: added to its record, and its decision names it', async () => {
	const over = createTestJournal(join(temp.path, 'sessions'));
	over.add(started(), splitRead(0), tick(2_000, 1), {type: 'session-ended', outcome: 'ended', reason: 'by hand'});
	await over.journal.close(5_000);
	expect(await push({session: over.folder})).toBe(0);
	const {summary} = await tellSession(over.folder);
	expect(summary.dashboards.map(({uid}) => uid)).toEqual(uids);
	expect(readFileSync(join(over.folder, 'DECISION.md'), 'utf8')).toMatch(/\| Canary test: Errors \|.*canary-test-Errors/);
	expect((await verifySession(over.folder)).problems).toEqual([]);
	// Pushed again it is in the record again, and once in the report.
	expect(await push({session: over.folder})).toBe(0);
	expect((await tellSession(over.folder)).summary.dashboards).toHaveLength(2);
});

test('--session without --push, and a session that is not there, are told', async () => {
	await expect(exportCommand('grafana', profile, {session: 'test'})).rejects.toThrow('--session goes with --push');
	await expect(push({session: 'nobody'})).rejects.toThrow(/nobody/);
	expect(grafana.kept.size).toBe(0);
});
