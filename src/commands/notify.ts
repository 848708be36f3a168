import {systemClock} from '../controller/clock.ts';
import type {Notice} from '../core/facts/notify.ts';
import {deliver} from '../hooks/notify/deliver.ts';
import {messageOf} from '../hooks/notify/render.ts';
import {compilePlan} from '../profile/compile.ts';
import {secretResolver} from '../profile/secrets.ts';
import {type ExitCode, exitCodes} from './exit-codes.ts';
import {loadOrThrow} from './load.ts';
import {CommandError, outputColumns, safe, say, sayJson} from './output.ts';
import {tableText} from './table.ts';
import {whoAmI} from './who.ts';

const testDeadlineMs = 20_000;

/** `canary notify PROFILE --test`: one message to every receiver, and what each answered. Moves nothing. */
export async function notifyCommand(path: string, {json}: {json?: boolean}): Promise<ExitCode> {
	const {plan, receivers} = compilePlan(await loadOrThrow(path));
	if (receivers.length === 0)
		throw new CommandError(
			plan.notify === undefined
				? `${path} names nobody to tell: list receivers under "notify".`
				: `${path} has but bells, which open consoles ring: there is nobody to send a test to.`,
			exitCodes.usage,
		);
	const nowMs = Date.now();
	const notice: Notice = {
		id: `test:${nowMs}`,
		event: 'stage',
		key: 'test',
		phase: 'update',
		subject: 'test',
		text: `a test by ${whoAmI(undefined)}: nothing has happened`,
		atMs: nowMs,
		fields: {
			profile: plan.profile,
			title: plan.title,
			environment: plan.environment,
			baseline: plan.baseline.name,
			candidate: plan.candidate.name,
		},
		owed: [],
	};
	const ports = {resolve: secretResolver(process.env), clock: systemClock, signal: AbortSignal.timeout(testDeadlineMs * 2)};
	const rows = await Promise.all(
		receivers.map(async receiver => {
			const bounded = {...receiver, deadlineMs: Math.min(receiver.deadlineMs, testDeadlineMs)};
			const delivery = await deliver(bounded, messageOf(notice, 'test', receiver), undefined, ports);
			return {receiver, delivery};
		}),
	);
	const allOk = rows.every(({delivery}) => delivery.ok);
	if (json)
		sayJson({ok: allOk, receivers: rows.map(({receiver: {name, to, on}, delivery}) => ({name, kind: to.kind, on, ...delivery}))});
	else await print(rows);
	return allOk ? exitCodes.good : exitCodes.unreachable;
}

type Row = {
	readonly receiver: {readonly name: string; readonly on: readonly string[]; readonly to: {readonly kind: string}};
	readonly delivery: {readonly ok: boolean; readonly message: string; readonly attempts: number};
};

async function print(rows: readonly Row[]): Promise<void> {
	const table = rows.map(({receiver: {name, on, to}, delivery: {ok, message, attempts}}) => ({
		receiver: safe(name),
		kind: to.kind,
		'told of': on.join(', '),
		test: ok ? '✓ told' : '✗ not told',
		tries: String(attempts),
		answer: safe(message),
	}));
	say(await tableText(table, outputColumns()));
}
