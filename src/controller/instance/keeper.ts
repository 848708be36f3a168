import type {ProcessMark} from '../../core/facts/instance.ts';
import type {CheckResult} from '../../core/facts/preflight.ts';
import type {Intent} from '../../core/intent.ts';
import {startInstance} from './begin.ts';
import {createContext, type InstanceContext, type KeeperPorts, recordMs} from './context.ts';
import {restartBaseline} from './restart.ts';
import {stopInstance} from './stop.ts';
import {takeUpRestart} from './take-up-restart.ts';
import {findAgain, watchInstance} from './watch.ts';

export type InstanceIntent = Extract<Intent, {type: 'start-instance' | 'stop-instance' | 'restart-baseline'}>;

/** Starts, watches and stops the candidate's own instance. What comes of it are facts. */
export type InstanceKeeper = {
	/** Journals the intent at once and carries it out beside everything else. */
	perform(intent: InstanceIntent): void;
	/** Looks for what the journal says is running, and goes on watching it. */
	begin(): void;
	/** Resolves when nothing of it is under way. */
	settle(): Promise<unknown>;
};

export function createInstanceKeeper(ports: KeeperPorts): InstanceKeeper {
	const {given} = ports;
	if (!given) return {perform: () => {}, begin: () => {}, settle: async () => {}};
	const context = createContext({...ports, given});
	return {
		perform: intent => perform(context, intent),
		begin() {
			findAgain(context);
			void watchInstance(context).catch(context.complain);
		},
		settle: context.settle,
	};
}

function perform(context: InstanceContext, intent: InstanceIntent): void {
	const {take, work, state} = context;
	const {instance, plan} = state();
	const {id: intentId} = intent;
	switch (intent.type) {
		case 'start-instance': {
			const isUnsettled = instance?.isUnsettled === true;
			take({type: 'instance-start-intended', intentId, command: plan?.instance?.command ?? ''});
			work(startInstance(context, isUnsettled));
			break;
		}
		case 'stop-instance': {
			const process = instance?.process;
			if (!process) break;
			take({type: 'instance-stop-intended', intentId, reason: intent.reason, by: intent.by});
			work(stop(context, process));
			break;
		}
		case 'restart-baseline': {
			const isCutOff = state().baseline?.status === 'interrupted' && state().baseline?.run !== undefined;
			take({type: 'baseline-restart-intended', intentId, command: plan?.instance?.restartBaseline?.command ?? ''});
			work(restart(context, isCutOff));
		}
	}
}

async function stop(context: InstanceContext, process: ProcessMark): Promise<void> {
	const {clock, options, session, take} = context;
	const startedMs = clock.monoMs();
	// A record that can't be kept must not keep it running.
	await context.sync(recordMs);
	const stopped = await stopInstance(process, {...options.stop, session});
	await context.keepLog();
	if (!stopped.ok) return take({type: 'instance-stop-failed', message: stopped.error});
	take({type: 'instance-stopped', message: stopped.value, tookMs: Math.round(clock.monoMs() - startedMs)});
}

async function restart(context: InstanceContext, isCutOff: boolean): Promise<void> {
	const {clock, options, signal, take, sync} = context;
	const {restartBaseline: what} = options;
	if (!what) return;
	const startedMs = clock.monoMs();
	const kept = await sync(recordMs);
	// Also without its record: what runs already is waited for.
	const taken = isCutOff ? await takeUpRestart(what, context) : undefined;
	const begun = (): Promise<CheckResult> | CheckResult =>
		kept.ok ? restartBaseline(what, context) : {ok: false, message: `${kept.error}. It was not begun.`};
	const result = taken ?? (await begun());
	// What it leaves under way is not over: the next controller takes it up.
	if (signal.aborted) return;
	const {ok, message, remedy = ''} = result;
	const tookMs = Math.round(clock.monoMs() - startedMs);
	take({type: 'baseline-restarted', ok, message, tookMs, ...(remedy !== '' && {remedy})});
}
