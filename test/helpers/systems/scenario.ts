import {spawn} from 'node:child_process';
import {existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {promoteBlockers} from '../../../src/core/next.ts';
import type {SessionState} from '../../../src/core/state.ts';
import {foldRecord} from '../../../src/journal/fold.ts';
import type {Summary} from '../../../src/report/model.ts';
import {startLoad} from '../load.ts';
import {createTempFolder} from '../process.ts';
import {waitUntil} from '../wait.ts';
import {endController, program} from '../world.ts';
import {quickProfile} from './quick-profile.ts';
import {receiverEnv, startReceivers, type Told} from './receivers.ts';
import type {Running, Shared, System, Trigger} from './systems.ts';

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
	readonly bundle: Bundle;
	/** The same after one of its files was taken away; only of a promoted one. */
	readonly robbed?: Bundle & {readonly name: string};
	readonly told: readonly Told[];
	/** What `canary check` said of the profile while the candidate had traffic; only of a promoted one. */
	readonly checked?: {readonly code: number; readonly text: string};
	readonly transcript: string;
};

/** What the decision says of the files. */
export type Bundle = {
	/** Required, and on the disk with the sum that is in the journal; checkpoints as `T+15m`. */
	readonly present: readonly string[];
	/** What else the session left in artifacts/. */
	readonly others: readonly string[];
	readonly missing: readonly string[];
	readonly verdict: string;
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
		const receivers = stack.use(await startReceivers());
		const env = {
			...process.env,
			...receiverEnv(receivers),
			...running.env,
			CANARY_HOME: home,
			HOME: home,
			XDG_RUNTIME_DIR: home,
			NO_COLOR: '1',
		};
		const profile = join(folder.path, 'profile.yaml');
		const policies = {watchAfterEnd: '1s', splitReadEvery: '1s', finalPromote: 'manual'};
		writeFileSync(
			profile,
			quickProfile(system.name, system.hurry, {poll: '500ms', policies, ...running.profile}, receivers.smtpPort),
		);
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
		let checking: Promise<{readonly code: number; readonly text: string}> | undefined;
		const ask = (...args: readonly string[]) => canary([...args, '--operator', 'ana'], env).ended;
		const sign = (role: string) => ask('sign', '--role', role, '--as', 'Ana Lima', '--note', 'no complaints');
		if (trigger?.pull) {
			await sleep(warmUpMs);
			trigger.pull(running.candidate);
		} else {
			for (const name of trigger ? [] : (system.commands ?? [])) await ask('command', session, name);
			const isFar = async (): Promise<boolean> => trigger !== undefined && isBaking(await state());
			if (!trigger) checking = checkUntilGood(profile, env);
			await promoteAll(state, over, () => ask('promote', '--reason', 'every gate holds'), sign, isFar);
			if (trigger) await loseStandby(running, async () => (await state())?.alarms['standby'] !== undefined);
			if (trigger) await ask('rollback', '--reason', 'seen in the bake');
		}
		const exitCode = await Promise.race([over, late(`${system.name}: ${trigger?.name ?? 'promoted'} does not end`, said)]);
		await waitUntil('its controller is gone', () => !existsSync(join(path, 'controller.pid')), {timeoutMs: 60_000, seen: said});
		const end = await foldRecord(path);
		if (!end.ok) throw new Error(end.error.message);
		const {rollback, guardrails} = end.value.state;
		const since = trigger?.guardrail === undefined ? undefined : guardrails[trigger.guardrail];
		if (!trigger) for (const role of end.value.state.plan?.signOffs ?? []) await sign(role);
		const bundle = bundleOf(path);
		return {
			system: system.name,
			trigger: trigger?.name ?? '',
			exitCode,
			state: end.value.state,
			finalPercent: await running.splitNow(),
			...(rollback && since?.breachingSinceMs !== undefined && {provedMs: rollback.askedAtMs - since.breachingSinceMs}),
			...(rollback?.verifiedAtMs !== undefined && {verifiedMs: rollback.verifiedAtMs - rollback.askedAtMs}),
			checkpoints: list(join(path, 'checkpoints')).filter(name => name.endsWith('.json')).length,
			bundle,
			...(!trigger && {robbed: await rob(path, () => canary(['report', path, '--write'], env).ended)}),
			told: receivers.told,
			...(checking && {checked: await checking}),
			transcript: said(),
		};
	} finally {
		await stack.disposeAsync();
	}
}

/** `canary check` once every query has an answer: ranges must be full before a ratio of rates has a value. */
async function checkUntilGood(profile: string, env: NodeJS.ProcessEnv): Promise<{readonly code: number; readonly text: string}> {
	for (let tries = 1; ; tries++) {
		const run = canary(['check', profile], env);
		const code = await run.ended;
		if (code === 0 || tries === 8) return {code, text: run.output()};
		await sleep(1_500);
	}
}

/** By SUMMARY.json, as it stands in the session's folder. */
function bundleOf(path: string): Bundle {
	const {files, missingFiles, shortFiles, decision} = JSON.parse(readFileSync(join(path, 'SUMMARY.json'), 'utf8')) as Summary;
	const names = files.filter(({required, onDisk}) => required && onDisk === 'same').map(({name}) => name);
	const others = files.filter(({kind, required}) => kind === 'artifact' && !required).map(({name}) => name);
	const gone = files.filter(({required, onDisk}) => required && onDisk !== 'same').map(({name}) => name);
	const missing = [...missingFiles, ...shortFiles.map(({name, have, need}) => `${name}: ${have} of ${need}`), ...gone];
	return {present: names.toSorted(), others: others.toSorted(), missing, verdict: decision.verdict};
}

/** Takes a required file away that can't be made again, and asks for the decision once more. */
async function rob(path: string, report: () => Promise<unknown>): Promise<Bundle & {readonly name: string}> {
	const name = 'LB_DIFF.txt';
	rmSync(join(path, 'artifacts', name));
	await report();
	return {...bundleOf(path), name};
}

/** While it bakes a server of the baseline falls, which is an alarm, and comes back. */
async function loseStandby({standby}: Running, isAlarm: () => Promise<boolean>): Promise<void> {
	if (!standby) return;
	standby(1);
	await waitUntil('a standby that falls is an alarm', isAlarm, {timeoutMs: 15_000, everyMs: 500});
	standby(2);
	await waitUntil('it is over', async () => !(await isAlarm()), {timeoutMs: 15_000, everyMs: 500});
}

const isBaking = (now: SessionState | undefined): boolean =>
	now?.plan?.stages[now.stage.index]?.bake === true && now.action === undefined && now.stage.elapsedMs > 1_000;

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
	isFarEnough: () => Promise<boolean>,
): Promise<void> {
	let hasEnded = false;
	const signed = new Set<string>();
	void over.then(() => {
		hasEnded = true;
	});
	const endsAt = performance.now() + secondsMax * 1_000;
	while (!hasEnded && performance.now() < endsAt) {
		if (await isFarEnough()) return;
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
