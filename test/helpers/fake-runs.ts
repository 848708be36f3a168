import {admit} from '../../src/core/admit.ts';
import type {CommandFinished} from '../../src/core/facts/runbook.ts';
import type {Plan} from '../../src/core/plan.ts';
import type {RunbookPlan} from '../../src/core/runbook-options.ts';
import {breachingSession, type FakeSession, fakePlan} from './fake-session.ts';

const base = {timeoutMs: 30_000, dangerous: false, output: 'pane'} as const;

/** What a runbook may hold: harmless, for the pager, dangerous, and one that needs a selection. */
export const fakeCommands: readonly RunbookPlan[] = [
	{...base, key: 'D', title: 'errors by type', argv: ['hal9-migrate', 'errors', '--analyze', '--group-by', 'type,endpoint']},
	{...base, key: 'L', title: 'logs', argv: ['kubectl', 'logs', 'deploy/{{candidate}}'], output: 'pager'},
	{
		...base,
		key: 'X',
		title: 'drop the cache',
		argv: ['./drop-cache.sh', '--side', '{{candidate}}'],
		dangerous: true,
		timeoutMs: 60_000,
	},
	{...base, title: 'explain', argv: ['explain', '{{guardrail}}', '--code={{error}}']},
];

export const sessionWithCommands = (make: (plan: Plan) => FakeSession = breachingSession): FakeSession =>
	make({...fakePlan, commands: fakeCommands});

/** Has a command run by the real rules; with `end`, to its end. Gives the number of the run. */
export function runIn(session: FakeSession, title: string, end?: Omit<CommandFinished, 'type' | 'run'>): number {
	const asker = {role: 'owner', who: 'ana@bastion', session: 'x'} as const;
	const {fact, reason} = admit(session.state(), {command: 'run', title, confirmed: true}, asker, session.now().tMs);
	if (fact.type !== 'command-asked') throw new Error(reason);
	session.take(fact);
	if (end) session.take({type: 'command-finished', run: fact.run, ...end}, 1_200);
	return fact.run;
}
