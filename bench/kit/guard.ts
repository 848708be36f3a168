import {existsSync, mkdirSync, readdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {stringify} from 'yaml';
import type {SessionEvent} from '../../src/core/event.ts';
import {recordForm} from '../../src/journal/record.ts';
import {type RunningProcess, startProcess, waitUntil} from '../../test/helpers/process.ts';
import {endController, program, readEvents} from '../../test/helpers/world.ts';

export type Guard = AsyncDisposable & {
	/** All events of the present session's journal; none before it has one. */
	events(): SessionEvent[];
	/** Starts `canary run --headless` and waits until its first weight is verified. */
	start(): Promise<void>;
	/** Waits until the present run has ended by itself. */
	over(): Promise<void>;
};

/** Our program on one profile, with a home of its own below `folder`. */
export function createGuard(name: string, folder: string, profile: object): Guard {
	const home = join(folder, name);
	mkdirSync(home, {recursive: true});
	const profilePath = join(home, 'profile.yaml');
	writeFileSync(profilePath, stringify({name, ...profile}));
	const sessions = join(home, 'sessions');
	const names = (): string[] => (existsSync(sessions) ? readdirSync(sessions).sort() : []);
	let run: RunningProcess | undefined;
	const newest = (): string => join(sessions, names().at(-1) ?? '');
	const events = (): SessionEvent[] => (recordForm(newest()) ? readEvents(newest()) : []);
	return {
		events,
		async start() {
			const before = names().length;
			run = await startProcess({
				name: `canary run (${name})`,
				command: process.execPath,
				args: [program, 'run', '--headless', profilePath],
				env: {CANARY_HOME: home, HOME: home, XDG_RUNTIME_DIR: home},
			});
			const isUp = (): boolean => names().length > before && events().some(({type}) => type === 'action-verified');
			await waitUntil(`${name} has set its first weight`, isUp, {timeoutMs: 20_000, seen: () => run?.output() ?? ''});
		},
		async over() {
			await waitUntil(`${name} has ended`, () => run?.isRunning() === false, {
				timeoutMs: 20_000,
				seen: () => run?.output() ?? '',
			});
		},
		async [Symbol.asyncDispose]() {
			for (const session of names()) await endController(join(sessions, session, 'controller.pid'));
			await run?.stop();
		},
	};
}
