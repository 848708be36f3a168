/**
 * A hundred hours of recorded session (a tick a second, twenty guardrails, a batch of error lines every ten) judged by another
 * profile, by the built program, on the cores of this machine. Aim: ≤ 10 s on two. The records are the real format, made by the
 * journal's own encoder; nine of the ten sessions are copies of the first in folders of their own.
 */
import {spawnSync} from 'node:child_process';
import {copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {makeSession} from './backtest/session.ts';

const hoursEach = 10;
const sessions = 10;
const root = new URL('..', import.meta.url).pathname;

export async function run(): Promise<object> {
	const home = mkdtempSync(join(tmpdir(), 'bench-backtest-'));
	try {
		const folder = (index: number): string => join(home, 'sessions', `2026-01-0${index}T00-00-00Z-day`);
		const first = folder(0);
		mkdirSync(first, {recursive: true});
		const {ticks, values} = makeSession(join(first, 'journal.ndjson'), hoursEach * 3_600);
		for (let index = 1; index < sessions; index++) {
			mkdirSync(folder(index), {recursive: true});
			copyFileSync(join(first, 'journal.ndjson'), join(folder(index), 'journal.ndjson'));
		}
		const profile = join(home, 'stricter.yaml');
		writeFileSync(profile, stricter);
		const startedAt = performance.now();
		// `times` of the shell tells what the program used of the cores, whoever else was busy.
		const script = '"$0" "$@"; code=$?; times >&2; exit $code';
		const program = [join(root, 'dist/canary.js'), 'backtest', '--all', '--profile', profile, '--json'];
		const ran = spawnSync('bash', ['-c', script, process.execPath, ...program], {
			env: {...process.env, CANARY_HOME: home},
			encoding: 'utf8',
			maxBuffer: 64 * 1024 * 1024,
		});
		const seconds = (performance.now() - startedAt) / 1_000;
		if (ran.status !== 0 && ran.status !== 1 && ran.status !== 3) throw new Error(ran.stderr || ran.stdout);
		const {summary, sessions: results} = JSON.parse(ran.stdout) as {summary: object; sessions: {ticks: number}[]};
		const judged = results.reduce((sum, one) => sum + one.ticks, 0);
		return {
			hours: hoursEach * sessions,
			seconds: Math.round(seconds * 100) / 100,
			aimSeconds: 10,
			cpuSeconds: Math.round(cpuOf(ran.stderr) * 100) / 100,
			ticksJudged: judged,
			valuesJudged: judged * (values / ticks),
			journalMb: Math.round((statSync(join(first, 'journal.ndjson')).size * sessions) / 1e6),
			summary,
		};
	} finally {
		rmSync(home, {recursive: true, force: true});
	}
}

/** User and system time of the shell's children: its last line, `0m14.2s 0m1.1s`. */
function cpuOf(text: string): number {
	const last = text.trim().split('\n').at(-1) ?? '';
	return [...last.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
		(sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds),
		0,
	);
}

/** The guardrails of the record with another wait: every value is judged, and the end is the same. */
const stricter = `name: stricter
baseline: {name: stable}
candidate: {name: canary}
metrics: {prometheus: {url: 'http://127.0.0.1:9'}}
guardrails:
${Array.from(
	{length: 20},
	(_, index) =>
		`  - {id: g${index}, title: Guardrail ${index}, query: errors_${index}, healthy: '< 9.5', for: 5s, severity: critical}`,
).join('\n')}
stages:
  - {weight: 5, duration: 48h}
router: {command: {read: {argv: ['true'], parse: {regex: '(?P<weight>[0-9]+)'}}, write: {argv: ['true', '{canary}']}}}
`;
