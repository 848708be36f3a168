import {spawn} from 'node:child_process';
import {mkdirSync, readdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {promoteBlockers} from '../../../src/core/next.ts';
import type {SessionState} from '../../../src/core/state.ts';
import {foldRecord} from '../../../src/journal/fold.ts';
import {startLoad} from '../load.ts';
import {createTempFolder} from '../process.ts';
import {waitUntil} from '../wait.ts';
import {endController, program} from '../world.ts';
import {quickProfile} from './quick-profile.ts';
import type {Shared, System, Trigger} from './systems.ts';

/** How one canary went. Times in ms, by the journal. */
export type Outcome = {
	readonly system: string;
	readonly trigger: string;
	readonly exitCode: number;
	readonly state: SessionState;
	readonly finalPercent: number;
	/** From the first poll outside the bound to the rollback asked for; what `for` asks for, made short. */
	readonly provedMs?: number;
	/** From asked for to verified. */
	readonly verifiedMs?: number;
	readonly checkpoints: number;
	readonly artifacts: readonly string[];
	readonly transcript: string;
};

const secondsMax = 170;
/** Verdicts need a few scrapes with traffic before a fault says anything. */
const warmUpMs = 9_000;

/** A canary by the shipped profile of the system, in a hurry, on the built program: to its end, or until the trigger rolled it back. */
export async function play(system: System, shared: Shared, trigger?: Trigger): Promise<Outcome> {
	const folder = createTempFolder(`system-${system.name}`);
	const stack = new AsyncDisposableStack();
	stack.defer(async () => folder.remove());
	try {
		const running = stack.use(await system.start(folder.path, shared));
		const home = join(folder.path, 'home');
		mkdirSync(home);
		const env = {...process.env, ...running.env, CANARY_HOME: home, HOME: home, XDG_RUNTIME_DIR: home, NO_COLOR: '1'};
		const profile = join(folder.path, 'profile.yaml');
		const policies = {watchAfterEnd: '1s', splitReadEvery: '1s', metricsCheckEvery: '5s', finalPromote: 'manual'};
		writeFileSync(profile, quickProfile(system.name, system.hurry, {poll: '500ms', policies, ...running.profile}));
		const load = startLoad({
			url: running.url,
			requestsPerSecond: system.requestsPerSecond,
			seconds: secondsMax,
			connections: 'fresh',
		});
		stack.defer(async () => void (await load.stop()));
		const sessions = join(home, 'sessions');
		stack.defer(async () => {
			for (const name of list(sessions)) await endController(join(sessions, name, 'controller.pid'));
		});
		const run = canary(['run', profile, '--headless', '--start', '--operator', 'ana'], env);
		const said = (): string => run.output();
		const session = await waitUntil('a session begins', () => list(sessions)[0], {timeoutMs: 30_000, everyMs: 200, seen: said});
		const path = join(sessions, session);
		const state = async (): Promise<SessionState | undefined> => {
			const folded = await foldRecord(path);
			return folded.ok ? folded.value.state : undefined;
		};
		await waitUntil('the candidate has traffic and every guard is green', () => isGreen(state), {
			timeoutMs: 60_000,
			everyMs: 1_000,
			seen: said,
		});
		const over = run.ended;
		if (trigger) {
			await sleep(warmUpMs);
			trigger.pull(running.candidate);
		} else {
			const ask = (...args: readonly string[]) => canary([...args, '--operator', 'ana'], env).ended;
			for (const name of system.commands ?? []) await ask('command', session, name);
			await promoteAll(
				state,
				over,
				() => ask('promote', '--reason', 'every gate holds'),
				role => ask('sign', '--role', role, '--as', 'Ana Lima'),
			);
		}
		const exitCode = await Promise.race([over, late(`${system.name}: ${trigger?.name ?? 'promoted'} does not end`, said)]);
		const end = await foldRecord(path);
		if (!end.ok) throw new Error(end.error.message);
		const {rollback, guardrails} = end.value.state;
		const since = trigger && guardrails[trigger.guardrail];
		return {
			system: system.name,
			trigger: trigger?.name ?? '',
			exitCode,
			state: end.value.state,
			finalPercent: await running.splitNow(),
			...(rollback && since?.breachingSinceMs !== undefined && {provedMs: rollback.askedAtMs - since.breachingSinceMs}),
			...(rollback?.verifiedAtMs !== undefined && {verifiedMs: rollback.verifiedAtMs - rollback.askedAtMs}),
			checkpoints: list(join(path, 'checkpoints')).filter(name => name.endsWith('.json')).length,
			artifacts: end.value.state.artifacts.map(({name}) => name),
			transcript: said(),
		};
	} finally {
		await stack.disposeAsync();
	}
}

async function isGreen(state: () => Promise<SessionState | undefined>): Promise<boolean> {
	const now = await state();
	if (now?.ended) throw new Error(`it ended: ${now.ended.reason}`);
	return now?.canaryStartedAtMs !== undefined && now.plan !== undefined && now.stage.elapsedMs > 0;
}

/** What an operator does at each stage's end: look, and go on. */
async function promoteAll(
	state: () => Promise<SessionState | undefined>,
	over: Promise<unknown>,
	promote: () => Promise<unknown>,
	sign: (role: string) => Promise<unknown>,
): Promise<void> {
	let hasEnded = false;
	const signed = new Set<string>();
	void over.then(() => {
		hasEnded = true;
	});
	const endsAt = performance.now() + secondsMax * 1_000;
	while (!hasEnded && performance.now() < endsAt) {
		const now = await state();
		const stage = now?.plan?.stages[now.stage.index];
		// The team agrees before each step.
		const roles = now && stage && now.stage.elapsedMs >= stage.durationMs ? (stage.signOffs ?? []) : [];
		for (const role of roles) {
			const key = `${now?.stage.index}:${role}`;
			if (!signed.has(key)) await sign(role);
			signed.add(key);
		}
		const isDue =
			now && stage?.promote === 'manual' && now.stage.elapsedMs >= stage.durationMs && promoteBlockers(now).length === 0;
		if (isDue) await promote();
		await sleep(1_000);
	}
}

const list = (folder: string): string[] => {
	try {
		return readdirSync(folder).sort();
	} catch {
		return [];
	}
};

function canary(args: readonly string[], env: NodeJS.ProcessEnv): {readonly ended: Promise<number>; output(): string} {
	const child = spawn(process.execPath, [program, ...args], {env, stdio: ['ignore', 'pipe', 'pipe']});
	let output = '';
	for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output = `${output}${chunk}`.slice(-20_000)));
	const ended = new Promise<number>(resolve => child.once('exit', code => resolve(code ?? -1)));
	return {ended, output: () => output};
}

const late = (what: string, seen: () => string): Promise<never> =>
	new Promise((_, reject) => {
		setTimeout(() => reject(new Error(`${what}.\n${seen()}`)), secondsMax * 1_000).unref();
	});
