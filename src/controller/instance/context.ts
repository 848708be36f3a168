import {basename, join} from 'node:path';
import {maskPlain} from '../../base/mask-plain.ts';
import type {Result} from '../../base/result.ts';
import type {Fact} from '../../core/event.ts';
import type {ProcessMark} from '../../core/facts/instance.ts';
import type {InstanceOptions} from '../../core/instance-options.ts';
import type {SessionState} from '../../core/state.ts';
import type {HookPorts} from '../../hooks/ports.ts';
import {lastWords} from '../../hooks/values.ts';
import {sessionFiles} from '../../journal/session-folder.ts';
import {writeWhole} from '../../journal/whole-file.ts';
import type {ControllerClock} from '../clock.ts';
import {lastLines, tellingLines} from './log-file.ts';

/** The instance as the profile says it, with what it takes to ask for its health. */
export type GivenInstance = {readonly options: InstanceOptions; readonly ports: HookPorts};

export type KeeperPorts = {
	readonly folder: string;
	readonly given: GivenInstance | undefined;
	readonly clock: ControllerClock;
	readonly take: (fact: Fact) => void;
	readonly state: () => SessionState;
	readonly tMs: () => number;
	readonly sync: (timeoutMs: number) => Promise<Result<void, string>>;
	readonly complain: (fault: unknown) => void;
	readonly signal: AbortSignal;
};

/** What all that is done about one instance shares. */
export type InstanceContext = Omit<KeeperPorts, 'given' | 'folder'> & {
	readonly options: InstanceOptions;
	readonly hooks: HookPorts;
	/** The session's name: the marker of its processes. */
	readonly session: string;
	readonly logPath: string;
	readonly restartLogPath: string;
	/** Processes whose end we hear of by ourselves. */
	readonly children: Set<number>;
	/** Does something beside everything else; `settle` waits for it. */
	work(job: Promise<unknown>): void;
	settle(): Promise<unknown>;
	/** The last words of its log, masked, for a sentence. */
	said(): Promise<string>;
	/** Whether the state still speaks of this process. */
	isPresent(process: ProcessMark): boolean;
	/** Keeps the end of its log, masked, as an artifact: the log itself is raw, and no part of the record. */
	keepLog(): Promise<void>;
};

export const recordMs = 3_000;
/** As long as a trace is. */
const wordsLines = 40;
const artifactLines = 1_000;
const artifactName = 'INSTANCE.log';

export function createContext({folder, given: {options, ports: hooks}, ...ports}: KeeperPorts & {given: GivenInstance}) {
	const logPath = join(folder, 'instance.log');
	const working = new Set<Promise<unknown>>();
	const context: InstanceContext = {
		...ports,
		options,
		hooks,
		session: basename(folder),
		logPath,
		restartLogPath: join(folder, 'baseline-restart.log'),
		children: new Set(),
		work(job) {
			const done = job.catch(ports.complain).finally(() => working.delete(done));
			working.add(done);
		},
		settle: () => Promise.all(working),
		said: async () => lastWords(maskPlain(tellingLines(await lastLines(logPath, wordsLines)).join('\n'), hooks.redact), ''),
		isPresent({pid, startTicks}) {
			const present = ports.state().instance?.process;
			return present?.pid === pid && present.startTicks === startTicks;
		},
		async keepLog() {
			const lines = await lastLines(logPath, artifactLines);
			if (lines.length === 0) return;
			const path = join(sessionFiles(folder).artifacts, artifactName);
			const written = await writeWhole(path, maskPlain(`${lines.join('\n')}\n`, hooks.redact));
			if (!written.ok) ports.take({type: 'noticed', level: 'warning', text: `${artifactName} is not kept: ${written.error}`});
			else ports.take({type: 'artifact-written', name: artifactName, ...written.value});
		},
	};
	return context;
}
